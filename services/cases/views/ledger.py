"""The shape of what an import asks about the ledger, as OpenAPI shows it."""

from __future__ import annotations

from services.cases.views.base import View


class RecordedView(View):
    """When things of the ledger were first recorded; moments in RFC 3339, by id."""

    recorded_at: dict[str, str]
