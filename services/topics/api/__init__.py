"""Topics over HTTP: commands in, read models out."""

from __future__ import annotations

from services.topics.api import plans, procedures, topics

ROUTERS = (topics.router, plans.router, procedures.router)
