"""Reads the Excel ledger that a county's office keeps."""

from __future__ import annotations

from shared.cli.ledger.divisions import Divisions, DivisionsFileError
from shared.cli.ledger.errors import LedgerFileError
from shared.cli.ledger.findings import Difference, Finding, Severity
from shared.cli.ledger.identity import RowIdentity
from shared.cli.ledger.reading import LedgerReading, SheetSummary, read_ledger
from shared.cli.ledger.rows import ActivityRow, PlanItemRow, VenueRow

__all__ = [
    "ActivityRow",
    "Difference",
    "Divisions",
    "DivisionsFileError",
    "Finding",
    "LedgerFileError",
    "LedgerReading",
    "PlanItemRow",
    "RowIdentity",
    "Severity",
    "SheetSummary",
    "VenueRow",
    "read_ledger",
]
