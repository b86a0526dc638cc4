"""Files over HTTP: an upload that is kept as it comes, and what a download looks like.

    @router.get("/topics/{topic_id}/files/{file_id}", response_class=Response, responses=DOWNLOAD)
    async def download(…) -> Response:
        stored = await files.open(file_id)
        if stored.stream != TOPIC.stream(topic_id): raise NotFoundError
        return await file_response(stored, request)

Who may download is known by the endpoint whose thing the file belongs to; there is no `GET /files`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.responses import StreamingResponse

from shared.contracts.types import FileRef
from shared.platform.auth import Principal, Role
from shared.platform.authorisation import require
from shared.platform.file_types import EXTENSIONS
from shared.platform.files import Files, StoredFile
from shared.platform.language import Text
from shared.platform.problems import FieldError, InvalidRequestError, Problem

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

UPLOADS = "/files"
FORM_OVERHEAD_BYTES = 65_536
"""What a form adds to the bytes of its file."""

DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file",
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in EXTENSIONS},
    },
    304: {"description": "The reader has it: `If-None-Match` names its SHA-256"},
}

_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}


async def _files(request: Request) -> Files:
    files: Files = request.app.state.files
    return files


FilesOf = Annotated[Files, Depends(_files)]
"""Dependency: the files of this service."""

Sender = Annotated[Principal, Depends(require(Role.MEMBER, Role.DEPARTMENT))]


def _malformed() -> InvalidRequestError:
    return InvalidRequestError(
        "invalid-request",
        Text("应为 multipart/form-data 表单。", "Send a form, multipart/form-data."),
        field="body",
    )


@dataclass
class _Form:
    """What a parser finds in a form, of which only the first file counts."""

    name: str = ""
    found: bool = False
    ended: bool = False
    waiting: list[bytes] = field(default_factory=list)
    _in_file: bool = False
    _header: bytes = b""
    _value: bytes = b""

    def callbacks(self) -> MultipartCallbacks:
        """Return what the parser calls."""
        return {
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            options = parse_options_header(self._value)[1]
            if options.get(b"name") == b"file" and b"filename" in options and not self.found:
                self.found = self._in_file = True
                self.name = options[b"filename"].decode("utf-8", "replace")
        self._header = self._value = b""

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self.waiting.append(data[start:end])

    def _on_part_end(self) -> None:
        self._in_file = False

    def _on_end(self) -> None:
        self.ended = True


class Upload:
    """The file in a form, read as it comes.

    Attributes:
        name: as its sender calls it.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise _malformed()
        self._form = _Form()
        try:
            self._parser = MultipartParser(boundary, self._form.callbacks())
        except FormParserError:
            raise _malformed() from None
        self._body = request.stream()

    @property
    def name(self) -> str:
        """Return its name, once `begin` has found it."""
        return self._form.name

    async def begin(self) -> None:
        """Read up to the beginning of the file.

        Raises:
            Problem: there is no file in it, or it is no form.
        """
        while not self._form.found:
            if not await self._more():
                missing = FieldError("file", Text("请选择文件。", "Choose a file."))
                raise Problem("invalid-fields", errors=[missing])

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the file's bytes.

        Raises:
            InvalidRequestError: the form ends in its midst.
        """
        while True:
            for chunk in self._form.waiting:
                yield chunk
            self._form.waiting.clear()
            if self._form.ended or not await self._more():
                break
        if not self._form.ended:
            raise _malformed()

    async def _more(self) -> bool:
        data = await anext(self._body, b"")
        try:
            self._parser.write(data)
        except FormParserError:
            raise _malformed() from None
        return bool(data)


files_router = APIRouter(tags=["files"])


@files_router.post(
    UPLOADS,
    status_code=201,
    openapi_extra=_FORM,
    responses={415: {"description": "A type of file that is not taken"}},
)
async def upload_file(request: Request, caller: Sender, files: FilesOf) -> FileRef:
    """Put a file (PDF, OFD, JPEG, PNG, WebP, Word or Excel without macros); its `file_id` goes into commands.

    A file that nothing names within a day is removed. Sent again it is another file.
    """
    upload = Upload(request)
    await upload.begin()
    by = files.identify(caller.subject)
    return await files.put(upload.chunks(), name=upload.name, division=caller.division, by=by)


async def file_response(stored: StoredFile, request: Request) -> Response:
    """Return a file to somebody who may read it: to be saved, never to be shown by the browser itself."""
    entity = f'"{stored.ref.sha256}"'
    headers = {
        "ETag": entity,
        "Cache-Control": "private, no-cache",  # the right may be gone tomorrow: ask each time
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    asked = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
    if entity in asked:
        return Response(status_code=304, headers=headers)
    plain = f"file.{EXTENSIONS[stored.ref.media_type]}"  # for clients that know RFC 2183 only
    headers["Content-Disposition"] = (
        f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(stored.name)}"
    )
    headers["Content-Length"] = str(stored.ref.size)
    return StreamingResponse(stored.chunks, media_type=stored.ref.media_type, headers=headers)
