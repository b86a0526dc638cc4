"""Files in MongoDB: the GridFS bucket `files`, and the collection `files_waiting`.

`files_waiting` has one document for each file that is not attached, written before its first byte: so what a
killed process left half done is found without looking through the pieces of all files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from shared.platform.files import Chunks
from shared.platform.mongo import (
    ASCENDING,
    Bucket,
    Database,
    Document,
    IndexModel,
    ReturnDocument,
    bucket,
)

BUCKET, WAITING = "files", "files_waiting"
PIECE_BYTES = 2**20
"""What an upload holds in memory."""


class GridFileStore:
    """See `files.FileStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._files = database[f"{BUCKET}.files"]
        self._chunks = database[f"{BUCKET}.chunks"]
        self._waiting = database[WAITING]

    def _bucket(self) -> Bucket:
        # Only now: it takes the loop that runs, and there is none when the service is put together.
        return bucket(self._database, BUCKET)

    async def prepare(self) -> None:
        """See `files.FileStore`; the index is GridFS's own."""
        unique = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
        await self._chunks.create_indexes([unique])
        await self._waiting.create_indexes([IndexModel([("begun_at", ASCENDING)])])

    async def keep(
        self, file_id: str, chunks: Chunks, describe: Callable[[], Document], at: datetime
    ) -> None:
        """See `files.FileStore`."""
        await self._waiting.insert_one({"_id": file_id, "begun_at": at})
        try:
            length = await self._write(file_id, chunks)
            document = {"_id": file_id, "length": length, "chunkSize": PIECE_BYTES, "uploadDate": at}
            await self._files.insert_one({**document, **describe()})  # now the file is there, and before not
        except asyncio.CancelledError:
            # A piece may still be on its way: the note in `files_waiting` stays, so the sweeping looks again.
            await asyncio.shield(self._chunks.delete_many({"files_id": file_id}))
            raise
        except BaseException:
            await self.remove(file_id)
            raise

    async def _write(self, file_id: str, chunks: Chunks) -> int:
        # Not by the driver's own writer, which gathers up to 48 MB before it writes anything.
        length, n, piece = 0, 0, bytearray()

        async def flush() -> None:
            nonlocal n
            await self._chunks.insert_one({"files_id": file_id, "n": n, "data": bytes(piece[:PIECE_BYTES])})
            del piece[:PIECE_BYTES]
            n += 1

        async for chunk in chunks:
            length += len(chunk)
            piece += chunk
            while len(piece) >= PIECE_BYTES:
                await flush()
        if piece:
            await flush()
        return length

    async def find(self, file_id: str) -> Document | None:
        """See `files.FileStore`."""
        return await self._files.find_one({"_id": file_id})

    async def attach(self, file_id: str, within: str, stream: str) -> Document | None:
        """See `files.FileStore`."""
        inside = {"$gte": within, "$lt": within + ":"}
        query = {
            "_id": file_id,
            "metadata.division": inside,
            "metadata.stream": {"$in": [None, stream]},
        }
        change = {"$set": {"metadata.stream": stream}}
        found = await self._files.find_one_and_update(query, change, return_document=ReturnDocument.AFTER)
        if found is not None:
            await self._waiting.delete_one({"_id": file_id})
        return found

    async def read(self, file_id: str) -> Chunks:
        """See `files.FileStore`."""
        download = await self._bucket().open_download_stream(file_id)
        while chunk := await download.readchunk():
            yield chunk

    async def unattached(self, before: datetime) -> list[str]:
        """See `files.FileStore`."""
        found = self._waiting.find({"begun_at": {"$lt": before}}, {"_id": 1}).sort("begun_at")
        return [document["_id"] async for document in found]

    async def remove(self, file_id: str) -> bool:
        """See `files.FileStore`."""
        await self._files.delete_one({"_id": file_id, "metadata.stream": None})
        attached = await self._files.find_one({"_id": file_id}, {"_id": 1}) is not None
        if not attached:
            await self._chunks.delete_many({"files_id": file_id})
        await self._waiting.delete_one({"_id": file_id})
        return not attached
