"""What OpenAPI says of tokens and problems: of each endpoint just those statuses with which it may answer.

They follow from what the endpoint is made of: who may use it, what it takes, whether it writes. An endpoint
says itself only what cannot be seen so, e.g. `responses={409: {"description": "…"}}` of one that reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from shared.platform.authorisation import BEARER, Anyone, Require
from shared.platform.problems import MEDIA_TYPE
from shared.platform.rate_limit import Limited

PROBLEM_SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457; further members depend on the code",
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable, for programs"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "description": "Dotted path"},
                    "message": {"type": "string"},
                    "rule": {"type": "string"},
                },
            },
        },
    },
}

_UNCHANGED = "`If-None-Match` names the ETag of what would be answered"
_DESCRIPTIONS = {
    400: "A header, a cursor or the body cannot be read",
    401: "Not signed in, or the token is not accepted",
    403: "No role of the caller may do this",
    404: "Not there, or outside the caller's reach: the two are answered alike",
    409: "A rule does not allow it as things stand",
    412: "Somebody else changed it: `If-Match` names an older version",
    413: "The body is too large",
    422: "A field is not valid, or a rule does not allow it",
    429: "Too often; `Retry-After` says when to come again",
    503: "Not possible just now; `Retry-After` says when to come again",
}
_READ_AS_ONE = {"idempotency-key", "if-match", "hxs-min-version", "cursor", "version"}
"""Parameters that are refused as a whole, with 400."""

_FRAMEWORKS_OWN = ("HTTPValidationError", "ValidationError")
"""Schemas of an answer that is never given here."""


def _calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    for dependency in dependant.dependencies:
        if dependency.call is not None:
            yield dependency.call
        yield from _calls(dependency)


def _by_who(calls: list[Callable[..., Any]]) -> Iterator[int]:
    if any(isinstance(call, Require) for call in calls):
        yield from (401, 403)
    if any(isinstance(call, Anyone) for call in calls):
        yield 401
    if any(isinstance(call, Limited) for call in calls):
        yield 429


def _by_what(method: str, operation: Mapping[str, Any]) -> Iterator[int]:
    parameters = operation.get("parameters", ())
    names = {parameter["name"].lower() for parameter in parameters}
    if names & _READ_AS_ONE:
        yield 400
    if parameters:
        yield 422
    if "requestBody" in operation:
        yield from (400, 413, 422)
    if "division" in names or any(parameter["in"] == "path" for parameter in parameters):
        yield 404
    if method != "get" and "if-match" in names:  # a command
        yield from (404, 409, 412, 422)


def _content(operation: Mapping[str, Any]) -> dict[str, Any]:
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = [answer.get("content", {}) for answer in operation["responses"].values()]
    if any("text/html" in each for each in answers):  # a page tells problems as a page
        content["text/html"] = {"schema": {"type": "string"}}
    return content


def _describe(method: str, operation: dict[str, Any], calls: list[Callable[..., Any]]) -> None:
    content = _content(operation)
    if any(isinstance(call, (Require, Anyone)) for call in calls):
        operation["security"] = [{BEARER.scheme_name: []}]
    responses: dict[str, Any] = operation["responses"]
    responses.pop("422", None)  # the framework's own words for it, which are not ours
    if method == "get" and "application/json" in responses.get("200", {}).get("content", {}):
        responses["304"] = {"description": _UNCHANGED}
    for status in {*_by_who(calls), *_by_what(method, operation), 503}:
        responses.setdefault(str(status), {"description": _DESCRIPTIONS[status]})
    for status_code, answer in responses.items():
        if status_code >= "400":
            answer.setdefault("content", content)
    operation["responses"] = dict(sorted(responses.items()))


def _complete(document: dict[str, Any], app: FastAPI) -> None:
    for route in iter_route_contexts(app.routes):
        dependant = getattr(route, "dependant", None)
        operations = document["paths"].get(route.path_format or "", {})
        if isinstance(dependant, Dependant):
            for method in (m.lower() for m in route.methods or ()):
                if method in operations:
                    _describe(method, operations[method], list(_calls(dependant)))
    components = document.setdefault("components", {})
    components["securitySchemes"] = {
        BEARER.scheme_name: BEARER.model.model_dump(mode="json", by_alias=True, exclude_none=True)
    }
    schemas = components.setdefault("schemas", {})
    for name in _FRAMEWORKS_OWN:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA


def describe_problems(app: FastAPI) -> None:
    """Let an application's OpenAPI document tell the problems with which each operation may answer."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:  # made when it is first asked for
            _complete(make(), app)
        return make()

    app.openapi = openapi  # type: ignore[method-assign] # the framework's documented way to extend it
