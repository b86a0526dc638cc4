"""Errors on the wire: RFC 9457 problem documents with a stable code and a text in Chinese or English.

    Problem
    ├── InvalidRequestError         400  a header or cursor that cannot be used
    ├── NotSignedInError            401
    ├── RoleNotAllowedError         403
    ├── NotFoundError               404  also for what belongs to another division
    ├── PreconditionFailedError     412
    ├── RuleBrokenError             422  a rule of the domain, by its number
    ├── PreconditionRequiredError   428
    ├── TooManyRequestsError        429
    └── UnavailableError            503

`CATALOGUE` holds every code; a code that is not in it cannot be raised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from shared.platform.language import FieldValueError, Language, Text, negotiate
from shared.platform.logs import current_correlation_id, logger

MEDIA_TYPE = "application/problem+json"
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of problem: what its code means, whatever the occasion."""

    code: str
    status: int
    title: Text


CATALOGUE: dict[str, ProblemType] = {
    kind.code: kind
    for kind in (
        ProblemType("invalid-request", 400, Text("请求无法识别", "The request cannot be understood")),
        ProblemType("invalid-idempotency-key", 400, Text("幂等键无效", "The Idempotency-Key is invalid")),
        ProblemType("invalid-if-match", 400, Text("If-Match 无效", "The If-Match header is invalid")),
        ProblemType("invalid-min-version", 400, Text("HXS-Min-Version 无效", "HXS-Min-Version is invalid")),
        ProblemType("invalid-cursor", 400, Text("分页游标无效", "The cursor is invalid")),
        ProblemType("not-signed-in", 401, Text("请先登录", "Sign in first")),
        ProblemType("sign-in-refused", 401, Text("用户名或密码错误", "Wrong user name or password")),
        ProblemType("role-not-allowed", 403, Text("您的角色无权执行此操作", "Your role may not do this")),
        ProblemType("not-found", 404, Text("未找到", "Not found")),
        ProblemType("method-not-allowed", 405, Text("不支持的请求方法", "Method not allowed")),
        ProblemType("conflict", 409, Text("与现有数据冲突", "In conflict with what is there")),
        ProblemType(
            "version-conflict", 412, Text("数据已被他人修改", "Somebody else changed this in the meantime")
        ),
        ProblemType("body-too-large", 413, Text("提交内容过大", "The request body is too large")),
        ProblemType("unsupported-media-type", 415, Text("不支持的内容类型", "Unsupported media type")),
        ProblemType("invalid-fields", 422, Text("填写内容有误", "Some fields are not valid")),
        ProblemType("rule-broken", 422, Text("不符合业务规则", "A rule does not allow this")),
        ProblemType("version-required", 428, Text("需要 If-Match 版本号", "If-Match is required")),
        ProblemType("too-many-requests", 429, Text("请求过于频繁", "Too many requests")),
        ProblemType("internal-error", 500, Text("系统内部错误", "Internal error")),
        ProblemType("unavailable", 503, Text("服务暂不可用", "Temporarily unavailable")),
        ProblemType("not-caught-up", 503, Text("数据尚未更新到所需版本", "Not yet at the version asked for")),
    )
}

# What the framework itself answers with, by status.
_BY_STATUS = {
    kind.status: kind.code
    for kind in reversed(CATALOGUE.values())
    if kind.code not in {"sign-in-refused", "rule-broken", "not-caught-up"}
} | {400: "invalid-request"}


def add_types(types: Iterable[ProblemType]) -> None:
    """Add a service's own kinds of problem to the catalogue.

    Raises:
        ValueError: a code is there already with another meaning.
    """
    for kind in types:
        if CATALOGUE.setdefault(kind.code, kind) != kind:
            raise ValueError(f"{kind.code}: already a problem of another meaning")


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field.

    Attributes:
        field: dotted path from the body's root, e.g. `attendance.0.kind`; outside the body with its place,
            e.g. `query.limit`.
        message: for the person who filled it in.
        rule: number of the domain's rule, e.g. `M05`, where it is one.
    """

    field: str
    message: Text
    rule: str | None = None


class Problem(Exception):
    """An answer other than the one wanted, told to the caller.

    Attributes:
        kind: from the catalogue; gives code, status and title.
        detail: what happened this time and what can be done.
        errors: one for each field or rule.
        headers: for the response.
        facts: further members of the document, e.g. `current_version`.
    """

    def __init__(
        self,
        code: str,
        detail: Text | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind = CATALOGUE[code]
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.facts = dict(facts or {})
        super().__init__(f"{code}: {(detail or self.kind.title).en}")

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.kind.status

    @property
    def code(self) -> str:
        """Stable code, for programs."""
        return self.kind.code


class InvalidRequestError(Problem):
    """A header, a cursor or a body that cannot be read; sending it again unchanged will not help."""

    def __init__(self, code: str, detail: Text, *, field: str) -> None:
        super().__init__(code, detail, errors=[FieldError(field, detail)])


class NotSignedInError(Problem):
    """No token, or one that is not accepted; the reason is logged, not told."""

    def __init__(self, *, token_sent: bool) -> None:
        detail = (
            Text("登录已失效，请重新登录。", "The token is not accepted or has expired: sign in again.")
            if token_sent
            else Text("此操作需要登录。", "This needs a bearer token.")
        )
        challenge = 'Bearer realm="hxs"' + (', error="invalid_token"' if token_sent else "")
        super().__init__("not-signed-in", detail, headers={"WWW-Authenticate": challenge})


class RoleNotAllowedError(Problem):
    """Signed in, but with no role that may do this.

    Attributes:
        needed: the roles that may.
    """

    def __init__(self, needed: Iterable[str]) -> None:
        self.needed = sorted(needed)
        super().__init__("role-not-allowed", facts={"roles": self.needed})


class NotFoundError(Problem):
    """It is not there, or not for this caller: the two answers are the same on purpose."""

    def __init__(self, detail: Text | None = None) -> None:
        super().__init__("not-found", detail)


class PreconditionFailedError(Problem):
    """`If-Match` names a version that is no longer current.

    Attributes:
        current_version: what it is now; None where the caller may not know.
    """

    def __init__(self, current_version: int | None = None) -> None:
        self.current_version = current_version
        known = current_version is not None
        super().__init__(
            "version-conflict",
            Text("请刷新后重新提交。", "Read it again, then repeat the change."),
            headers={"ETag": f'"{current_version}"'} if known else None,
            facts={"current_version": current_version} if known else None,
        )


class PreconditionRequiredError(Problem):
    """The write needs an `If-Match` header."""

    def __init__(self) -> None:
        super().__init__(
            "version-required",
            Text("请在 If-Match 中给出所依据的版本号。", "Send the version you read in If-Match."),
        )


class RuleBrokenError(Problem):
    """A numbered rule of the domain refuses the command; nothing was written.

    Attributes:
        rule: its number, e.g. `C04`.
    """

    def __init__(self, rule: str, message: Text, *, field: str = "", code: str = "rule-broken") -> None:
        self.rule = rule
        super().__init__(code, message, errors=[FieldError(field, message, rule)], facts={"rule": rule})


class TooManyRequestsError(Problem):
    """Tried too often.

    Attributes:
        retry_after_seconds: when to try again.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        self.retry_after_seconds = retry_after_seconds
        super().__init__(
            "too-many-requests",
            Text(
                f"请在 {retry_after_seconds} 秒后再试。",
                f"Try again in {retry_after_seconds} seconds.",
            ),
            headers={"Retry-After": str(retry_after_seconds)},
        )


class UnavailableError(Problem):
    """Something this answer needs is not there just now; the same request will do later."""

    def __init__(
        self, detail: Text | None = None, *, code: str = "unavailable", retry_after_seconds: int = 1
    ) -> None:
        super().__init__(code, detail, headers={"Retry-After": str(retry_after_seconds)})


# pydantic's error types in Chinese; {…} are the members of its `ctx`. Types not listed get `_OTHERWISE`.
_CHINESE: dict[str, str] = {
    "missing": "必填",
    "extra_forbidden": "不接受此字段",
    "json_invalid": "不是有效的 JSON",
    "json_type": "应为 JSON",
    "none_required": "应为空",
    "bool_parsing": "应为是或否（true/false）",
    "bool_type": "应为是或否（true/false）",
    "int_parsing": "应为整数",
    "int_parsing_size": "数字过大",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "finite_number": "应为有限的数字",
    "decimal_parsing": "应为数字",
    "decimal_type": "应为数字",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "string_type": "应为文字",
    "string_unicode": "文字编码有误",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "至多 {max_length} 个字符",
    "string_pattern_mismatch": "格式不正确",
    "literal_error": "应为 {expected} 之一",
    "enum": "应为 {expected} 之一",
    "too_short": "至少 {min_length} 项",
    "too_long": "至多 {max_length} 项",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
    "set_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "dataclass_type": "应为对象",
    "date_type": "应为日期（YYYY-MM-DD）",
    "date_parsing": "应为日期（YYYY-MM-DD）",
    "date_from_datetime_parsing": "应为日期（YYYY-MM-DD）",
    "date_from_datetime_inexact": "应为日期，不带时刻",
    "date_past": "应为过去的日期",
    "date_future": "应为将来的日期",
    "time_type": "应为时刻（HH:MM）",
    "time_parsing": "应为时刻（HH:MM）",
    "datetime_type": "应为日期和时刻",
    "datetime_parsing": "应为日期和时刻",
    "datetime_from_date_parsing": "应为日期和时刻",
    "datetime_object_invalid": "应为日期和时刻",
    "datetime_past": "应为过去的时间",
    "datetime_future": "应为将来的时间",
    "timezone_aware": "应带时区",
    "timezone_naive": "不应带时区",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "应为 UUID",
    "uuid_version": "应为版本 {expected_version} 的 UUID",
    "url_type": "应为网址",
    "url_parsing": "应为网址",
    "url_syntax_violation": "应为网址",
    "url_too_long": "网址至多 {max_length} 个字符",
    "url_scheme": "网址应以 {expected_schemes} 开头",
    "union_tag_invalid": "类型应为 {expected_tags} 之一",
    "union_tag_not_found": "缺少类型字段 {discriminator}",
}
_OTHERWISE = "填写有误"


def _field_of(loc: Sequence[str | int]) -> str:
    place, *path = (str(part) for part in loc)
    if place == "body":
        return ".".join(path) or "body"
    return ".".join([place, *path])


def _text_of(error: Mapping[str, Any]) -> Text:
    context: Mapping[str, Any] = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, FieldValueError):
        return cause.text
    english = str(error["msg"]).removeprefix("Value error, ")
    template = _CHINESE.get(str(error["type"]))
    return Text(template.format(**context) if template else _OTHERWISE, english)


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Return pydantic's errors as fields and texts; what was entered is never repeated."""
    return [
        FieldError(
            "body" if error["type"] == "json_invalid" else _field_of(error["loc"]),
            _text_of(error),
        )
        for error in errors
    ]


def document(problem: Problem, language: Language, correlation_id: str | None) -> dict[str, Any]:
    """Return the problem document in one language."""
    title = problem.kind.title.in_(language)
    body: dict[str, Any] = {
        "type": f"urn:hxs:problem:{problem.code}",
        "title": title,
        "status": problem.status,
        "detail": problem.detail.in_(language) if problem.detail else title,
        "code": problem.code,
    }
    if correlation_id is not None:
        body["instance"] = f"urn:hxs:request:{correlation_id}"
    if problem.errors:
        body["errors"] = [
            {"field": e.field, "message": e.message.in_(language)} | ({"rule": e.rule} if e.rule else {})
            for e in problem.errors
        ]
    return problem.facts | body


def response_to(problem: Problem, accept_language: str) -> Response:
    """Return the response that tells a problem to the caller."""
    language = negotiate(accept_language)
    return Response(
        orjson.dumps(document(problem, language, current_correlation_id())),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=problem.headers | {"Content-Language": language, "Vary": "Accept-Language"},
    )


def _language_header(request: Request) -> str:
    return request.headers.get("accept-language", "")


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    return response_to(error, _language_header(request))


async def _on_invalid_fields(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    problem = Problem("invalid-fields", errors=field_errors(error.errors()))
    return response_to(problem, _language_header(request))


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    if error.status_code < 400:
        return Response(status_code=error.status_code, headers=error.headers)
    fallback = "internal-error" if error.status_code >= 500 else "invalid-request"
    problem = Problem(_BY_STATUS.get(error.status_code, fallback), headers=error.headers)
    return response_to(problem, _language_header(request))


def answer_unhandled(error: Exception, accept_language: str) -> Response:
    """Log an exception nobody expected and return a 500 that tells nothing of it but the request's id."""
    _log.error("unhandled exception", exc_info=error)
    detail = Text(
        "请稍后重试；如仍有问题，请将请求编号告知管理员。",
        "Try again later; if it persists, tell the administrator the request's id.",
    )
    return response_to(Problem("internal-error", detail), accept_language)


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid_fields)
    app.add_exception_handler(HTTPException, _on_http_exception)
