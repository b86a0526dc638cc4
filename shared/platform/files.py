"""Files of the record: bytes in GridFS, their SHA-256 in the event (T18).

A file is put first, and then attached to the stream whose event names it, before the event is written:

    ref = await files.put(chunks, name="调查报告.pdf", division=town, by=person)    # FileRef
    ref = await files.attach(body.file_id, f"topic-{topic_id}", within=caller.division)
    await commands.execute(…SurveyRecorded(files=(ref,)))

A kill in between leaves a file without an event, never an event without its file. What was never attached is
swept away after a day. A file belongs to one stream: nobody gets to read another's file by attaching it to a
stream of their own. Its name may name people; it stays here, and no event has it.
"""

from __future__ import annotations

import hashlib
import unicodedata
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.contracts.types import FileRef
from shared.platform.file_types import EXTENSIONS, HEAD_BYTES, TAIL_BYTES, FileType, may_be_taken, type_of
from shared.platform.language import Text
from shared.platform.mongo import Document
from shared.platform.problems import NotFoundError, Problem, ProblemType, add_types

KEPT_UNATTACHED = timedelta(days=1)
LONGEST_NAME = 120  # characters

Chunks = AsyncIterator[bytes]

add_types(
    [
        ProblemType("file-too-large", 413, Text("文件过大", "The file is too large")),
        ProblemType("file-type-not-taken", 415, Text("不接受此类文件", "Files of this type are not taken")),
        ProblemType("file-empty", 422, Text("文件为空", "The file is empty")),
    ]
)


class FileTooLargeError(Problem):
    """More bytes than `HXS_MAX_FILE_MIB` allows."""

    def __init__(self, most_bytes: int) -> None:
        mib = most_bytes // 2**20
        super().__init__(
            "file-too-large", Text(f"文件不得超过 {mib} MiB。", f"A file has at most {mib} MiB.")
        )


class FileTypeNotTakenError(Problem):
    """The bytes are of none of the formats that are taken."""

    def __init__(self) -> None:
        listed = "、".join(EXTENSIONS.values())
        super().__init__(
            "file-type-not-taken",
            Text(
                f"可上传 {listed} 文件（不含宏）；文件类型按内容判断，与扩展名无关。",
                f"Send one of {listed.replace('、', ', ')}, without macros; what counts is the content.",
            ),
        )


class FileEmptyError(Problem):
    """A file without a byte."""

    def __init__(self) -> None:
        super().__init__("file-empty", Text("请选择有内容的文件。", "Choose a file that has content."))


class FileStore(Protocol):
    """Where files are kept. A document has `_id`, `length`, `filename` and `metadata`."""

    async def prepare(self) -> None:
        """Make the indexes."""

    async def keep(
        self, file_id: str, chunks: Chunks, describe: Callable[[], Document], at: datetime
    ) -> None:
        """Keep what comes; whatever fails, nothing is left of it.

        Args:
            file_id: new.
            chunks: its bytes.
            describe: returns `filename` and `metadata`, called when all bytes are there.
            at: when it was begun.
        """

    async def find(self, file_id: str) -> Document | None:
        """Return the document of a file that is there completely."""

    async def attach(self, file_id: str, within: str, stream: str) -> Document | None:
        """Note the stream of a file inside a division; None where there is none, or it has another stream."""

    def read(self, file_id: str) -> Chunks:
        """Return a file's bytes."""

    async def unattached(self, before: datetime) -> list[str]:
        """Return the ids of files begun before a moment that were not attached, complete or not."""

    async def remove(self, file_id: str) -> bool:
        """Remove a file unless it is attached, and tell whether it was removed."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is there.

    Attributes:
        name: for whoever downloads it; may name people.
        division: of who put it.
        stream: that it is attached to; None for none.
        chunks: its bytes; to be read once.
    """

    ref: FileRef
    name: str
    division: str
    stream: str | None
    chunks: Chunks


def safe_name(name: str, kind: FileType) -> str:
    """Return a file's name without path and control characters, with the extension of what it is."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if unicodedata.category(c)[0] != "C" and c not in '<>:"|?*').strip(" .")
    stem, dot, extension = plain.rpartition(".")
    if not dot or len(extension) > 5:
        stem = plain
    return f"{stem.strip(' .')[:LONGEST_NAME] or 'file'}.{kind.extension}"


class _Checked:
    """Looks at bytes as they pass: how many, of what kind, their hash."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._hash = hashlib.sha256()
        self._head = b""
        self._tail = b""
        self.size = 0

    async def passing(self, chunks: Chunks) -> Chunks:
        """Pass the bytes on, and refuse as soon as it is clear that they will be."""
        async for chunk in chunks:
            self.size += len(chunk)
            if self.size > self._most_bytes:
                raise FileTooLargeError(self._most_bytes)
            self._hash.update(chunk)
            if len(self._head) < HEAD_BYTES:
                self._head = (self._head + chunk)[:HEAD_BYTES]
                if len(self._head) == HEAD_BYTES and not may_be_taken(self._head):
                    raise FileTypeNotTakenError
            self._tail = (self._tail + chunk)[-TAIL_BYTES:]
            yield chunk
        if not self.size:
            raise FileEmptyError
        self.kind()

    def kind(self) -> FileType:
        """Return what it is, once all bytes have passed.

        Raises:
            FileTypeNotTakenError: nothing that is taken.
        """
        kind = type_of(self._head, self._tail)
        if kind is None:
            raise FileTypeNotTakenError
        return kind

    def digest(self) -> str:
        """Return the SHA-256 of all that has passed."""
        return self._hash.hexdigest()


def _ref(document: Document) -> FileRef:
    metadata = document["metadata"]
    return FileRef(
        file_id=document["_id"],
        media_type=metadata["media_type"],
        size=document["length"],
        sha256=metadata["sha256"],
    )


class Files:
    """The files of one service.

    Args:
        store: where they are kept.
        most_bytes: a larger file is refused, as soon as it is.
        identify: returns the opaque id of a caller's subject.
        clock: returns the aware moment.
    """

    def __init__(
        self,
        store: FileStore,
        *,
        most_bytes: int,
        identify: Callable[[str], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._clock = clock
        self.identify = identify
        self.most_bytes = most_bytes

    async def prepare(self) -> None:
        """Make the indexes; needed once, before anything is put."""
        await self._store.prepare()

    async def put(self, chunks: Chunks, *, name: str, division: str, by: str) -> FileRef:
        """Keep a file, as it comes; it is not held in memory.

        Args:
            chunks: its bytes, in pieces of any size.
            name: as its sender calls it.
            division: of its sender; only from within it the file can be attached.
            by: opaque id of its sender.

        Raises:
            FileTooLargeError, FileTypeNotTakenError, FileEmptyError: and nothing of it is left.
        """
        file_id, checked = str(uuid.uuid4()), _Checked(self.most_bytes)

        def describe() -> Document:
            kind = checked.kind()
            metadata = {
                "media_type": kind.media_type,
                "sha256": checked.digest(),
                "division": division,
                "by": by,
            }
            return {"filename": safe_name(name, kind), "metadata": metadata}

        await self._store.keep(file_id, checked.passing(chunks), describe, self._clock())
        return await self.ref(file_id, division)

    async def ref(self, file_id: str, within: str) -> FileRef:
        """Return what an event says of a file that was put inside a division.

        Raises:
            NotFoundError: there is none.
        """
        document = await self._store.find(file_id)
        if document is None or not document["metadata"]["division"].startswith(within):
            raise NotFoundError(_GONE)
        return _ref(document)

    async def attach(self, file_id: str, stream: str, *, within: str) -> FileRef:
        """Bind a file to the stream whose event is about to name it; again to the same one changes nothing.

        Raises:
            NotFoundError: there is none inside the division, or it belongs to another stream.
        """
        document = await self._store.attach(file_id, within, stream)
        if document is None:
            raise NotFoundError(_GONE)
        return _ref(document)

    async def open(self, file_id: str) -> StoredFile:
        """Return a file; whether the reader may see it is for the caller to know.

        Raises:
            NotFoundError: there is none.
        """
        document = await self._store.find(file_id)
        if document is None:
            raise NotFoundError(_GONE)
        metadata = document["metadata"]
        return StoredFile(
            ref=_ref(document),
            name=document["filename"],
            division=metadata["division"],
            stream=metadata.get("stream"),
            chunks=self._store.read(file_id),
        )

    async def sweep(self, older_than: timedelta = KEPT_UNATTACHED) -> int:
        """Remove what was put longer ago and never attached, and what a kill left; return how many."""
        stale = await self._store.unattached(self._clock() - older_than)
        return sum([await self._store.remove(file_id) for file_id in stale])


_GONE = Text(
    "没有这个文件，或已过期，请重新上传。",
    "There is no such file, or it was not used in time: upload it again.",
)
