"""Files are taken as they come, for what they are, and belong to the stream that names them (T18)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import openpyxl
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.types import FileRef
from shared.eventsourcing.http import person_id
from shared.eventsourcing.service import Service
from shared.platform.auth import Principal, Role, issue_dev_token
from shared.platform.authorisation import Access, require
from shared.platform.file_types import OFD, PDF, TYPES, WORD, type_of
from shared.platform.files import (
    FileEmptyError,
    Files,
    FileTooLargeError,
    FileTypeNotTakenError,
    safe_name,
)
from shared.platform.files_http import DOWNLOAD, FilesOf, file_response
from shared.platform.problems import NotFoundError
from tests.http import SETTINGS, Caller, Log, application, problem, who_may
from tests.stores import MemoryFileStore

NOW = datetime(2024, 9, 5, 1, 0, tzinfo=UTC)
COUNTY, TOWN, OTHER_TOWN = "371621", "371621001", "371621002"
A_PDF = b"%PDF-1.7\n" + b"x" * 1000


def archive(*names: str, comment: bytes = b"") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, "x" * 5000)
        made.comment = comment
    return written.getvalue()


def workbook() -> bytes:
    written = io.BytesIO()
    openpyxl.Workbook().save(written)
    return written.getvalue()


SAMPLES = {
    "pdf": A_PDF,
    "jpg": b"\xff\xd8\xff\xe0" + b"x" * 20,
    "png": b"\x89PNG\r\n\x1a\n" + b"x" * 20,
    "webp": b"RIFF\x10\x00\x00\x00WEBP" + b"x" * 20,
    "docx": archive("[Content_Types].xml", "word/document.xml"),
    "xlsx": workbook(),
    "ofd": archive("OFD.xml", "Doc_0/Document.xml"),
}
NOT_TAKEN = {
    "html": b"<html><script>alert(1)</script></html>",
    "exe": b"MZ" + b"x" * 50,
    "zip": archive("readme.txt"),
    "macros": archive("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
    "old word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 50,
    "named only in its comment": archive("readme.txt", comment=b"word/document.xml") + b"\0",
    "short": b"%P",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
}


async def pieces(content: bytes, size: int = 100) -> AsyncIterator[bytes]:
    for at in range(0, len(content), size):
        yield content[at : at + size]


@pytest.fixture
def store() -> MemoryFileStore:
    return MemoryFileStore()


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def files(store: MemoryFileStore, clock: Clock) -> Files:
    return Files(store, most_bytes=20_000, identify=person_id, clock=clock)


async def put(files: Files, content: bytes = A_PDF, name: str = "报告.pdf") -> FileRef:
    return await files.put(pieces(content), name=name, division=TOWN, by="p-1")


@pytest.mark.rule("T18")
async def test_an_event_is_told_what_the_bytes_are_and_their_hash(files: Files) -> None:
    ref = await put(files)
    assert (ref.media_type, ref.size) == ("application/pdf", len(A_PDF))
    assert ref.sha256 == hashlib.sha256(A_PDF).hexdigest()
    stored = await files.open(ref.file_id)
    assert b"".join([chunk async for chunk in stored.chunks]) == A_PDF
    assert (stored.name, stored.division, stored.stream) == ("报告.pdf", TOWN, None)


@pytest.mark.rule("T18")
@pytest.mark.parametrize("extension", SAMPLES)
async def test_a_file_s_type_is_what_its_bytes_say(files: Files, extension: str) -> None:
    ref = await put(files, SAMPLES[extension], name="骗人的.exe")
    assert (await files.open(ref.file_id)).name == f"骗人的.{extension}"
    assert ref.media_type in {kind.media_type for kind in TYPES}


@pytest.mark.rule("T18")
@pytest.mark.parametrize("what", NOT_TAKEN)
async def test_other_types_are_refused_whatever_their_name(
    files: Files, store: MemoryFileStore, what: str
) -> None:
    with pytest.raises(FileTypeNotTakenError):
        await put(files, NOT_TAKEN[what], name="报告.pdf")
    assert store.documents == {}


@pytest.mark.rule("T18")
async def test_a_file_that_is_too_large_is_not_read_to_its_end(files: Files, store: MemoryFileStore) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1000
            yield b"%PDF-1.7  ".ljust(1000, b"x")

    with pytest.raises(FileTooLargeError):
        await files.put(endless(), name="报告.pdf", division=TOWN, by="p-1")
    assert read == 21_000
    assert store.documents == {}


@pytest.mark.rule("T18")
async def test_of_a_file_of_another_type_only_the_beginning_is_read(files: Files) -> None:
    read = 0

    async def a_program() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(100):
            read += 100
            yield b"MZ".ljust(100, b"x")

    with pytest.raises(FileTypeNotTakenError):
        await files.put(a_program(), name="报告.pdf", division=TOWN, by="p-1")
    assert read == 100


async def test_an_empty_file_is_refused(files: Files) -> None:
    with pytest.raises(FileEmptyError):
        await put(files, b"")


@pytest.mark.rule("T18")
async def test_a_file_is_attached_to_one_stream_and_from_within_its_division(files: Files) -> None:
    ref = await put(files)
    assert await files.attach(ref.file_id, "topic-1", within=COUNTY) == ref
    assert await files.attach(ref.file_id, "topic-1", within=TOWN) == ref
    for stream, within in (("topic-2", TOWN), ("topic-1", OTHER_TOWN)):
        with pytest.raises(NotFoundError):
            await files.attach(ref.file_id, stream, within=within)
    with pytest.raises(NotFoundError):
        await files.ref(ref.file_id, OTHER_TOWN)
    assert (await files.open(ref.file_id)).stream == "topic-1"


async def test_what_nothing_names_within_a_day_is_removed(files: Files, clock: Clock) -> None:
    kept, left = await put(files), await put(files)
    await files.attach(kept.file_id, "topic-1", within=TOWN)
    assert await files.sweep() == 0
    clock.now = NOW + timedelta(days=1, seconds=1)
    recent = await put(files)
    assert await files.sweep() == 1
    await files.ref(kept.file_id, TOWN)
    await files.ref(recent.file_id, TOWN)
    with pytest.raises(NotFoundError):
        await files.attach(left.file_id, "topic-1", within=TOWN)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\王\\报告.docx", "报告.pdf"),
        ("a\r\nX-Evil: 1.pdf", "aX-Evil 1.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("第1.2条说明", "第1.pdf"),
        ("汇总 2024.09.05 版本说明", "汇总 2024.09.05 版本说明.pdf"),
    ],
)
def test_a_file_s_name_is_safe_and_says_what_it_is(given: str, safe: str) -> None:
    assert safe_name(given, PDF) == safe


@given(st.text(max_size=300), st.sampled_from(TYPES))
def test_no_name_is_dangerous(name: str, kind: Any) -> None:
    safe = safe_name(name, kind)
    assert safe.endswith(f".{kind.extension}")
    assert not set(safe) & set('/\\<>:"|?*\r\n\0')
    assert len(safe) <= 130
    safe.encode()


@given(st.data())
def test_a_spoilt_archive_is_of_a_known_type_or_of_none(data: st.DataObject) -> None:
    whole = bytearray(SAMPLES["docx"])
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=20)):
        whole[at] = data.draw(st.integers(0, 255))
    assert type_of(SAMPLES["docx"][:12], bytes(whole)) in {None, *TYPES}


def test_the_end_of_an_archive_is_enough() -> None:
    assert type_of(SAMPLES["docx"][:12], SAMPLES["docx"][-200:]) == WORD


def test_what_is_listed_in_an_archive_counts() -> None:
    assert type_of(SAMPLES["docx"][:12], SAMPLES["docx"]) == WORD
    assert type_of(SAMPLES["ofd"][:12], SAMPLES["ofd"]) == OFD


# over HTTP

router = APIRouter()


@router.get("/downloads/{file_id}", response_class=Response, responses=DOWNLOAD)
async def download(
    file_id: str,
    request: Request,
    caller: Annotated[Principal, Depends(require(Role.LIAISON, access=Access.READ))],
    files: FilesOf,
) -> Response:
    return await file_response(await files.open(file_id), request)


@pytest.fixture
def app() -> FastAPI:
    return application(Service("topics", "议题", routers=(router,), keeps_files=True), Log())


def client(app: FastAPI, role: Role = Role.LIAISON) -> httpx.AsyncClient:
    token = issue_dev_token(SETTINGS, [role], TOWN, "p-1")
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t", headers=headers)


@pytest.mark.rule("T18")
async def test_a_file_is_sent_as_a_form_does_and_comes_back_to_be_saved(app: FastAPI) -> None:
    async with client(app) as http:
        file = ("调查报告.pdf", A_PDF, "text/html")
        sent = await http.post("/files", data={"note": "一"}, files={"file": file})
        assert sent.status_code == 201, sent.text
        ref = FileRef.model_validate(sent.json())
        got = await http.get(f"/downloads/{ref.file_id}")
        again = await http.get(
            f"/downloads/{ref.file_id}", headers={"If-None-Match": f'W/"x", "{ref.sha256}"'}
        )
    assert got.content == A_PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["etag"] == f'"{ref.sha256}"'
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["content-length"] == str(len(A_PDF))
    assert got.headers["content-disposition"] == (
        "attachment; filename=\"file.pdf\"; filename*=UTF-8''%E8%B0%83%E6%9F%A5%E6%8A%A5%E5%91%8A.pdf"
    )
    assert "sandbox" in got.headers["content-security-policy"]
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("content_type", "body", "answer"),
    [
        ("application/json", b"{}", (400, "invalid-request", "body")),
        ("multipart/form-data", b"", (400, "invalid-request", "body")),
        (f"multipart/form-data; boundary={'b' * 300}", b"", (400, "invalid-request", "body")),
        ("multipart/form-data; boundary=b", b"nonsense", (400, "invalid-request", "body")),
        ("multipart/form-data; boundary=b", b"", (422, "invalid-fields", "file")),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n',
            (422, "invalid-fields", "file"),
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + A_PDF,
            (400, "invalid-request", "body"),
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nMZ 3456789012\r\n--b--',
            (415, "file-type-not-taken", None),
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="file"; filename=""\r\n\r\n\r\n--b--\r\n',
            (422, "file-empty", None),
        ),
    ],
)
async def test_what_is_no_file_is_told_so(
    app: FastAPI, content_type: str, body: bytes, answer: tuple[int, str, str | None]
) -> None:
    async with client(app) as http:
        response = await http.post("/files", content=body, headers={"Content-Type": content_type})
    assert problem(response) == answer


async def test_a_form_is_read_in_whatever_pieces_it_comes(app: FastAPI) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    body = head + A_PDF + b"\r\n--b--\r\n"
    async with client(app) as http:
        for size in (1, 7, 64):
            response = await http.post(
                "/files",
                content=pieces(body, size),
                headers={"Content-Type": "multipart/form-data; boundary=b"},
            )
            assert response.json()["sha256"] == hashlib.sha256(A_PDF).hexdigest()


async def test_who_may_send_files(app: FastAPI) -> None:
    let_in = await who_may(app, COUNTY, without=("/downloads",))
    senders = {Role.MEMBER, Role.CONVENER, Role.LIAISON, Role.DEPARTMENT, Role.OFFICE}
    assert let_in == {"POST /files": senders}
    assert await Caller(app, Role.LIAISON, TOWN).status_of("/downloads/none") == 404
