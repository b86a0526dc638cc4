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
    Database,
    Document,
    IndexModel,
    ReturnDocument,
    bucket,
)

BUCKET, WAITING = "files", "files_waiting"


class GridFileStore:
    """See `files.FileStore`."""

    def __init__(self, database: Database) -> None:
        self._bucket = bucket(database, BUCKET)
        self._files = database[f"{BUCKET}.files"]
        self._chunks = database[f"{BUCKET}.chunks"]
        self._waiting = database[WAITING]

    async def prepare(self) -> None:
        """See `files.FileStore`."""
        unique = IndexModel([("files_id", ASCENDING), ("n", ASCENDING)], unique=True)
        await self._chunks.create_indexes([unique])
        await self._waiting.create_indexes([IndexModel([("begun_at", ASCENDING)])])

    async def keep(
        self, file_id: str, chunks: Chunks, describe: Callable[[], Document], at: datetime
    ) -> None:
        """See `files.FileStore`."""
        await self._waiting.insert_one({"_id": file_id, "begun_at": at})
        try:
            upload = self._bucket.open_upload_stream_with_id(file_id, "")
            async for chunk in chunks:
                await upload.write(chunk)
            for name, value in describe().items():
                await upload.set(name, value)
            await upload.close()  # now the file is there, and before not
        except BaseException:
            # Also where the client went away; what a kill prevents here, the sweeping does.
            await asyncio.shield(self.remove(file_id))
            raise

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
        download = await self._bucket.open_download_stream(file_id)
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
