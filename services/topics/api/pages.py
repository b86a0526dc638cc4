"""The public pages: propose a topic, keep the receipt, come back to it (T08). For phones, without a script.

There are no cookies, and no other right that a browser would send along by itself, so a page of somebody
else can do nothing in a visitor's name; no token against forged requests is needed. What it could do is make
its visitors send submissions, each from an address of its own: forms of other sites are refused.

Number and code travel in the bodies of forms only: addresses are logged, and kept in histories.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from services.topics.api.submissions import (
    FOLLOWING,
    SUBMITTING,
    OwnSupplement,
    OwnWithdrawal,
    Submission,
    check_tries,
)
from services.topics.page import PAGES, Entry, Place, follow_page, receipt_page, submit_page
from services.topics.projections.venues import VENUES
from services.topics.submitting import Desk, DeskOf
from services.topics.words import PAGE
from shared.contracts.refusal import RefusedError
from shared.eventsourcing.http import Written, problem_of
from shared.eventsourcing.projection import Document
from shared.platform.authorisation import Access, anyone
from shared.platform.divisions import load_divisions
from shared.platform.http import Lang
from shared.platform.language import Language, Text, negotiate
from shared.platform.problems import (
    InvalidRequestError,
    NotFoundError,
    Problem,
    ProblemType,
    add_types,
    field_errors,
)
from shared.platform.rate_limit import LimitsOf
from shared.platform.settings import Settings
from shared.platform.working_days import today

MOST_FIELDS = 20
FORM = "/submit"
_FIELDS = {"division", "title", "description", "name", "phone", "receipt", "code", "text", "reason"}

M = TypeVar("M", bound=BaseModel)

add_types(
    [ProblemType("sent-from-elsewhere", 403, Text("表单来自其他网站", "The form comes from another site"))]
)


# what was sent


def _check_site(request: Request) -> None:
    """Let pass what our own page sent, or no browser at all.

    Raises:
        Problem: another site's page sent it.
    """
    settings: Settings = request.app.state.settings
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        ours = site in ("same-origin", "none")
    else:  # an older browser
        known = {urlsplit(settings.public_url).netloc, request.headers.get("host")}
        ours = origin is None or origin.partition("://")[2] in known
    if not ours:
        raise Problem("sent-from-elsewhere", Text("请从本页面提交。", "Please send it from this page."))


async def _typed(request: Request) -> dict[str, str]:
    """Return the fields of a form that somebody filled in.

    Raises:
        InvalidRequestError: it is no form.
    """
    try:
        sent = parse_qsl((await request.body()).decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise InvalidRequestError(
            "invalid-request", Text("表单无法识别。", "The form cannot be read."), field="body"
        ) from None
    return {name: value.strip().replace("\r\n", "\n") for name, value in sent if value.strip()}


async def _sent(request: Request) -> dict[str, str]:
    _check_site(request)
    return await _typed(request)


Typed = Annotated[dict[str, str], Depends(_sent)]


def _form(*fields: str) -> dict[str, Any]:
    """Return how OpenAPI describes a form."""
    properties = {name: {"type": "string"} for name in fields}
    content = {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": properties}}}
    return {"requestBody": {"content": content}}


def _key(typed: Mapping[str, str]) -> str:
    return typed.get("key") or str(uuid.uuid4())


def _valid(model: type[M], typed: Mapping[str, str], names: Mapping[str, str]) -> M:
    """Return what a form says, by the names of its fields.

    Raises:
        Problem: fields are missing or cannot be accepted.
    """
    said = {name: typed[field] for name, field in names.items() if field in typed}
    try:
        return model.model_validate(said)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise Problem("invalid-fields", errors=field_errors(map(dict, faults))) from None


# what is shown


async def _place(app: FastAPI, venue_id: str | None) -> Place:
    settings: Settings = app.state.settings
    divisions = load_divisions()
    found: Document | None = await app.state.read_models[VENUES.name].get(venue_id) if venue_id else None
    venue = None
    if found is not None and found["division"].startswith(settings.county):
        venue = {"id": str(venue_id), "title": found["title"], "town": divisions.name(found["division"])}
    return Place(
        county=divisions.name(settings.county),
        county_code=settings.county,
        towns=divisions.towns(settings.county),
        venue=venue,
    )


def _page(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> HTMLResponse:
    # Without a referrer a browser also hides the origin of a form, by which ours are told from others'.
    said = {"Vary": "Accept-Language", "Referrer-Policy": "same-origin", **(headers or {})}
    return HTMLResponse(text, status, headers=said)


def _told(problem: Problem, typed: Mapping[str, str]) -> Entry:
    """Return what was typed, with what is wrong beside the fields."""
    errors = {error.field: error.message for error in problem.errors if error.field in _FIELDS}
    notice = None if errors else problem.detail or problem.kind.title
    if isinstance(problem, NotFoundError):
        notice = PAGE["no_such"]
    return Entry(values=typed, errors=errors, notice=notice, key=_key(typed))


async def _problem_page(request: Request, problem: Problem) -> Response:
    try:
        typed = await _typed(request)
    except InvalidRequestError:
        typed = {}
    language = negotiate(request.headers.get("accept-language", ""))
    path = request.url.path
    entry = _told(problem, typed)
    place = await _place(request.app, typed.get("venue"))
    if path == FORM:
        text = submit_page(place, entry, language)
    else:
        text = follow_page(place, None, entry, language, depth=_depth(path))
    return _page(text, problem.status, problem.headers)


def _depth(path: str) -> int:
    return path.removeprefix(FORM).count("/")


class PageRoute(APIRoute):
    """A route whose problems are told on the page, with all that was typed still there."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        handle = super().get_route_handler()

        async def on_page(request: Request) -> Response:
            try:
                return await handle(request)
            except Problem as problem:
                return await _problem_page(request, problem)
            except Exception as error:
                return await _problem_page(request, problem_of(error))

        return on_page


router = APIRouter(route_class=PageRoute, default_response_class=HTMLResponse, tags=["pages"])


@router.get(FORM, dependencies=[Depends(anyone())])
async def show_form(
    request: Request,
    language: Lang,
    venue: Annotated[str | None, Query(description="Of the venue whose QR code it is")] = None,
    division: Annotated[str | None, Query(description="Town that is chosen already")] = None,
) -> HTMLResponse:
    """Show the form by which anybody proposes a topic."""
    values = {"division": division} if division else {}
    entry = Entry(values=values, key=str(uuid.uuid4()))
    return _page(submit_page(await _place(request.app, venue), entry, language))


@router.post(
    FORM,
    status_code=201,
    dependencies=[Depends(SUBMITTING), Depends(anyone(Access.WRITE))],
    openapi_extra=_form("key", "venue", "division", "title", "description", "name", "phone"),
)
async def send_form(request: Request, typed: Typed, desk: DeskOf, language: Lang) -> HTMLResponse:
    """Put a topic forward, and show the receipt; sent twice, it is one topic with one receipt."""
    fields = {name: name for name in ("title", "description", "division", "name", "phone")}
    said = _valid(Submission, typed, {**fields, "venue_id": "venue"})
    done = await desk.for_anybody().keyed("submission", _key(typed)).submit(said.draft())
    address = f"{desk.settings.public_url}{FORM}/follow"
    place = await _place(request.app, said.venue_id)
    on = today(done.received_at)
    return _page(receipt_page(place, done.receipt, done.title, on, address, language), 201)


@router.get(f"{FORM}/follow", dependencies=[Depends(anyone())])
async def ask_which(request: Request, language: Lang) -> HTMLResponse:
    """Show the form that asks for receipt number and query code."""
    return _page(follow_page(await _place(request.app, None), None, Entry(), language))


async def _opened(typed: Mapping[str, str], desk: Desk, limits: LimitsOf) -> Document:
    """Return the topic that somebody wants to see; raises as `Desk.find`, or says which field is missing."""
    _valid(_Opening, typed, {"receipt": "receipt", "code": "code"})
    await check_tries(limits, typed["receipt"])
    return await desk.find(typed["receipt"], typed["code"])


class _Opening(BaseModel):
    receipt: str
    code: str


@router.post(
    f"{FORM}/follow",
    dependencies=[Depends(FOLLOWING), Depends(anyone())],
    openapi_extra=_form("receipt", "code"),
)
async def show_topic(
    request: Request, typed: Typed, desk: DeskOf, limits: LimitsOf, language: Lang
) -> HTMLResponse:
    """Show what became of a topic, to whoever has its receipt number and query code."""
    topic = await _opened(typed, desk, limits)
    return await _topic_page(request, desk, topic, Entry(values=_pair(typed)), language)


@router.post(
    f"{FORM}/follow/supplement",
    dependencies=[Depends(FOLLOWING), Depends(anyone(Access.WRITE))],
    openapi_extra=_form("key", "receipt", "code", "text"),
)
async def send_supplement(
    request: Request, typed: Typed, desk: DeskOf, limits: LimitsOf, language: Lang
) -> HTMLResponse:
    """Add to one's own topic, and show it."""
    desk = desk.for_anybody().keyed("supplement", _key(typed))
    topic = await _opened(typed, desk, limits)

    async def add() -> Written:
        said = _valid(OwnSupplement, typed, {"text": "text"})
        return await desk.supplement(topic, said.text)

    return await _done_page(request, desk, topic, typed, language, add, PAGE["supplemented"])


@router.post(
    f"{FORM}/follow/withdrawal",
    dependencies=[Depends(FOLLOWING), Depends(anyone(Access.WRITE))],
    openapi_extra=_form("key", "receipt", "code", "reason"),
)
async def send_withdrawal(
    request: Request, typed: Typed, desk: DeskOf, limits: LimitsOf, language: Lang
) -> HTMLResponse:
    """Take one's own topic back, and show it."""
    desk = desk.for_anybody().keyed("withdrawal", _key(typed))
    topic = await _opened(typed, desk, limits)

    async def take_back() -> Written:
        said = _valid(OwnWithdrawal, typed, {"reason": "reason"})
        return await desk.withdraw(topic, said.reason)

    return await _done_page(request, desk, topic, typed, language, take_back, PAGE["withdrew"])


def _pair(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: typed[name] for name in ("receipt", "code")}


async def _done_page(
    request: Request,
    desk: Desk,
    topic: Document,
    typed: Mapping[str, str],
    language: Language,
    do: Callable[[], Awaitable[Written]],
    done: Text,
) -> HTMLResponse:
    """Do something to a topic, and show it afterwards, or what was wrong."""
    try:
        written = await do()
    except (Problem, RefusedError) as error:
        problem = error if isinstance(error, Problem) else problem_of(error)
        page = await _topic_page(request, desk, topic, _told(problem, typed), language)
        page.status_code = problem.status
        return page
    after = await desk.find(typed["receipt"], typed["code"], version=written.version)
    return await _topic_page(request, desk, after, Entry(values=_pair(typed)), language, done)


async def _topic_page(
    request: Request, desk: Desk, topic: Document, entry: Entry, language: Language, done: Text | None = None
) -> HTMLResponse:
    place = await _place(request.app, None)
    followed = await desk.followed(topic)
    entry = replace(entry, key=entry.key or str(uuid.uuid4()))
    depth = _depth(request.url.path)
    return _page(follow_page(place, followed, entry, language, now=desk.now, done=done, depth=depth))


def install(app: FastAPI) -> None:
    """Give the application the files of the pages."""
    PAGES.mount(app, "/static")
