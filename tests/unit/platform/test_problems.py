"""Problem documents: stable code, the caller's language, the field or rule named, nothing leaked."""

from collections.abc import AsyncIterator
from datetime import date
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Query
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

from shared.platform import problems
from shared.platform.language import FieldValueError, Text
from shared.platform.problems import (
    CATALOGUE,
    MEDIA_TYPE,
    FieldError,
    InvalidRequestError,
    NotFoundError,
    NotSignedInError,
    PreconditionFailedError,
    PreconditionRequiredError,
    Problem,
    ProblemType,
    RoleNotAllowedError,
    RuleBrokenError,
    TooManyRequestsError,
    UnavailableError,
    add_types,
    document,
    field_errors,
)


class Attendance(BaseModel):
    kind: str
    count: int = Field(ge=0)


class Meeting(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=2)
    day: date
    attendance: list[Attendance] = []

    @field_validator("title")
    @classmethod
    def _named(cls, value: str) -> str:
        if value == "无题":
            raise FieldValueError("请写明议题", "Give the topic a title")
        return value


def application() -> FastAPI:
    app = FastAPI()
    problems.install(app)

    @app.post("/meetings")
    async def schedule(meeting: Meeting, limit: Annotated[int, Query(le=9)] = 1) -> Meeting:
        return meeting

    @app.get("/rule")
    async def rule() -> None:
        raise RuleBrokenError(
            "M05", Text("主持人与记录人应为不同的人。", "Host and recorder differ."), field="recorder"
        )

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as found:
        yield found


async def test_every_bad_field_is_named_by_its_dotted_path_in_chinese(client: httpx.AsyncClient) -> None:
    body = {"title": "x", "day": "2024-13-01", "attendance": [{"kind": "居民", "count": -1}], "extra": 1}
    response = await client.post("/meetings?limit=10", json=body)
    found = {error["field"]: error["message"] for error in response.json()["errors"]}
    assert response.status_code == 422
    assert response.headers["content-type"] == MEDIA_TYPE
    assert found == {
        "title": "至少 2 个字符",
        "day": "应为日期（YYYY-MM-DD）",
        "attendance.0.count": "应不小于 0",
        "extra": "不接受此字段",
        "query.limit": "应不大于 9",
    }


async def test_english_is_spoken_to_who_asks_for_it(client: httpx.AsyncClient) -> None:
    response = await client.post("/meetings", json={"title": "xx"}, headers={"accept-language": "en"})
    assert response.json()["title"] == "Some fields are not valid"
    assert response.json()["errors"] == [{"field": "day", "message": "Field required"}]
    assert response.headers["content-language"] == "en"


async def test_a_validator_of_ours_speaks_both_languages(client: httpx.AsyncClient) -> None:
    body = {"title": "无题", "day": "2024-09-05"}
    for accepted, message in (("zh", "请写明议题"), ("en", "Give the topic a title")):
        response = await client.post("/meetings", json=body, headers={"accept-language": accepted})
        assert response.json()["errors"] == [{"field": "title", "message": message}]


async def test_what_was_entered_is_not_repeated(client: httpx.AsyncClient) -> None:
    response = await client.post("/meetings", json={"title": "xx", "day": "13800138000-secret"})
    assert "13800138000" not in response.text


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
async def test_what_is_no_json_is_a_problem_of_the_body(client: httpx.AsyncClient, content: bytes) -> None:
    headers = {"content-type": "application/json"}
    response = await client.post("/meetings", content=content, headers=headers)
    assert response.status_code in {400, 422}
    assert response.headers["content-type"] == MEDIA_TYPE


async def test_the_json_fault_is_told_for_the_body(client: httpx.AsyncClient) -> None:
    response = await client.post("/meetings", content=b"{", headers={"content-type": "application/json"})
    assert response.json()["errors"] == [{"field": "body", "message": "不是有效的 JSON"}]


async def test_a_broken_rule_is_named_by_its_number(client: httpx.AsyncClient) -> None:
    response = await client.get("/rule")
    assert response.status_code == 422
    assert response.json() == {
        "type": "urn:hxs:problem:rule-broken",
        "title": "不符合业务规则",
        "status": 422,
        "detail": "主持人与记录人应为不同的人。",
        "code": "rule-broken",
        "rule": "M05",
        "errors": [{"field": "recorder", "message": "主持人与记录人应为不同的人。", "rule": "M05"}],
    }


@pytest.mark.parametrize(
    ("method", "path", "code"), [("GET", "/x", "not-found"), ("GET", "/meetings", "method-not-allowed")]
)
async def test_what_the_framework_refuses_is_a_problem_too(
    client: httpx.AsyncClient, method: str, path: str, code: str
) -> None:
    response = await client.request(method, path)
    assert response.json()["code"] == code
    assert response.status_code == CATALOGUE[code].status


@pytest.mark.parametrize(
    ("problem", "status", "code", "headers"),
    [
        (
            InvalidRequestError("invalid-cursor", Text("无效", "invalid"), field="query.cursor"),
            400,
            "invalid-cursor",
            {},
        ),
        (
            NotSignedInError(token_sent=False),
            401,
            "not-signed-in",
            {"WWW-Authenticate": 'Bearer realm="hxs"'},
        ),
        (
            NotSignedInError(token_sent=True),
            401,
            "not-signed-in",
            {"WWW-Authenticate": 'Bearer realm="hxs", error="invalid_token"'},
        ),
        (RoleNotAllowedError(["office"]), 403, "role-not-allowed", {}),
        (NotFoundError(), 404, "not-found", {}),
        (PreconditionFailedError(3), 412, "version-conflict", {"ETag": '"3"'}),
        (PreconditionFailedError(), 412, "version-conflict", {}),
        (PreconditionRequiredError(), 428, "version-required", {}),
        (TooManyRequestsError(7), 429, "too-many-requests", {"Retry-After": "7"}),
        (UnavailableError(), 503, "unavailable", {"Retry-After": "1"}),
    ],
)
def test_each_problem_has_its_status_code_and_headers(
    problem: Problem, status: int, code: str, headers: dict[str, str]
) -> None:
    assert (problem.status, problem.code, problem.headers) == (status, code, headers)


def test_a_document_names_the_request_and_its_facts_never_overwrite_its_members() -> None:
    problem = Problem("conflict", facts={"status": 1, "seats": 2}, errors=[FieldError("a", Text("甲", "A"))])
    found = document(problem, "en", "c-1")
    assert (found["status"], found["seats"], found["instance"]) == (409, 2, "urn:hxs:request:c-1")


def test_a_code_outside_the_catalogue_cannot_be_raised() -> None:
    with pytest.raises(KeyError):
        Problem("made-up")


def test_a_service_adds_its_own_codes_and_cannot_change_what_one_means() -> None:
    kind = ProblemType("test-only", 422, Text("仅供测试", "Test only"))
    try:
        add_types([kind])
        add_types([kind])
        assert Problem("test-only").status == 422
        with pytest.raises(ValueError, match="test-only"):
            add_types([ProblemType("test-only", 409, Text("别的", "Other"))])
    finally:
        del CATALOGUE["test-only"]


def test_every_code_is_spelt_alike_and_has_both_texts() -> None:
    for code, kind in CATALOGUE.items():
        assert code == kind.code == code.lower().replace("_", "-")
        assert kind.title.zh
        assert kind.title.en


# One value that does not fit, for each type of error that a form of ours can meet.
FAULTS: list[tuple[Any, Any, str]] = [
    (int, "x", "应为整数"),
    (int, 1.5, "应为整数"),
    (float, "x", "应为数字"),
    (bool, "x", "应为是或否（true/false）"),
    (str, 1, "应为文字"),
    (Annotated[str, Field(max_length=2)], "xyz", "至多 2 个字符"),
    (Annotated[str, Field(pattern="^a$")], "b", "格式不正确"),
    (Annotated[list[int], Field(min_length=1)], [], "至少 1 项"),
    (list[int], 1, "应为列表"),
    (dict[str, int], 1, "应为对象"),
]


@pytest.mark.parametrize(("type_", "value", "message"), FAULTS)
def test_common_faults_are_told_in_chinese(type_: Any, value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(type_).validate_python(value)
    (fault,) = field_errors([{**dict(e), "loc": ("body", "f")} for e in caught.value.errors()])
    assert (fault.field, fault.message.zh) == ("f", message)


def test_every_chinese_text_can_be_filled_in() -> None:
    """The names in braces are those pydantic gives; a wrong one would fail while answering."""
    known = {
        "multiple_of", "gt", "ge", "lt", "le", "min_length", "max_length", "expected", "expected_version",
        "expected_schemes", "expected_tags", "discriminator",
    }  # fmt: skip
    for template in problems._CHINESE.values():
        template.format(**dict.fromkeys(known, "x"))


def test_a_plain_value_error_of_a_validator_is_told_without_pydantics_prefix() -> None:
    (fault,) = field_errors([{"type": "value_error", "loc": ("body", "f"), "msg": "Value error, Too late"}])
    assert fault.message == Text("填写有误", "Too late")


def test_an_unknown_fault_is_told_in_general_words() -> None:
    (fault,) = field_errors([{"type": "brand_new", "loc": ("path", "id"), "msg": "Odd"}])
    assert fault == FieldError("path.id", Text("填写有误", "Odd"))
