"""Moments in requests, and the present one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.platform.clock import Now, current_time

Moment = Annotated[
    AwareDatetime, Field(ge=datetime(1949, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))
]

__all__ = ["Moment", "Now", "current_time"]
