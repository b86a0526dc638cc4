"""Reads the Excel ledger that a county's office keeps."""

from __future__ import annotations

from shared.ledger.divisions import Divisions, DivisionsFileError
from shared.ledger.errors import LedgerFileError
from shared.ledger.findings import Difference, Finding, Severity
from shared.ledger.reading import LedgerReading, SheetSummary, read_ledger
from shared.ledger.rows import ActivityRow, PlanItemRow, VenueRow

__all__ = [
    "ActivityRow",
    "Difference",
    "Divisions",
    "DivisionsFileError",
    "Finding",
    "LedgerFileError",
    "LedgerReading",
    "PlanItemRow",
    "Severity",
    "SheetSummary",
    "VenueRow",
    "read_ledger",
]
