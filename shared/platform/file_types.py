"""What a file is, by its own bytes: neither its name nor what the browser says of it counts.

Taken are the formats that offices, phones and scanners make, without macros: PDF, OFD (the Chinese standard
for official documents, GB/T 33190), JPEG, PNG, WebP, Word and Excel.
"""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import dataclass

HEAD_BYTES = 12
"""So many are needed to tell whether a file may be one of those taken."""

TAIL_BYTES = 131_072
"""The names in a ZIP archive are listed at its end; so much of it is looked at."""

_OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class FileType:
    """A format that is taken."""

    media_type: str
    extension: str


PDF = FileType("application/pdf", "pdf")
JPEG = FileType("image/jpeg", "jpg")
PNG = FileType("image/png", "png")
WEBP = FileType("image/webp", "webp")
OFD = FileType("application/ofd", "ofd")
WORD = FileType(f"{_OFFICE}.wordprocessingml.document", "docx")
EXCEL = FileType(f"{_OFFICE}.spreadsheetml.sheet", "xlsx")

TYPES = (PDF, OFD, JPEG, PNG, WEBP, WORD, EXCEL)
EXTENSIONS = {each.media_type: each.extension for each in TYPES}

_ZIP = b"PK\x03\x04"
_INSIDE = {"word/document.xml": WORD, "xl/workbook.xml": EXCEL, "OFD.xml": OFD}
_MACROS = "vbaProject"


def _by_head(head: bytes) -> FileType | None:
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    return None


def _listed(tail: bytes) -> list[str]:
    """Return the names in a ZIP archive, none where its end cannot be read."""
    try:
        # It reads the list at the end alone, so it does not mind that the beginning is missing.
        with zipfile.ZipFile(io.BytesIO(tail)) as found:
            return found.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return []


def may_be_taken(head: bytes) -> bool:
    """Tell by a file's first bytes whether it is worth reading the rest."""
    return head.startswith(_ZIP) or _by_head(head) is not None


def type_of(head: bytes, tail: bytes) -> FileType | None:
    """Return what a file is, None where it is nothing that is taken.

    Args:
        head: its first `HEAD_BYTES`.
        tail: its last `TAIL_BYTES`.
    """
    if not head.startswith(_ZIP):
        return _by_head(head)
    listed = _listed(tail)
    if any(_MACROS in name for name in listed):
        return None
    return next((kind for name, kind in _INSIDE.items() if name in listed), None)
