"""The public pages: without a script, kind to who mistypes, closed to forms of other sites (T08)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI

from services.topics.page import PAGES
from services.topics.projections.venues import VENUES
from shared.contracts.meetings import VenueChanged, VenueOpened
from shared.contracts.topics import TopicProposed
from shared.contracts.types import Channel, Tier
from shared.eventsourcing.testing import assert_interleaving_does_not_matter, stream_of
from shared.platform.http import CONTENT_SECURITY_POLICY
from shared.platform.pages import COMMON
from tests.http import Log
from tests.unit.topics.visitors import MORNING, Clock, Visitor, hidden, service

TOWN = "371621104"
OPENED = VenueOpened(venue_id="hu-ji-room", division=TOWN, title="胡集镇协商议事室", tier=Tier.ROOM)
FORM = {"division": TOWN, "title": "村东路口的路灯不亮", "key": "of-this-form", "phone": "13912345678"}


@pytest.fixture
def log() -> Log:
    """A log on which a venue was opened."""
    log = Log()
    log.hear("venue-hu-ji-room", OPENED)
    return log


@pytest.fixture
def clock() -> Clock:
    """A morning in May."""
    return Clock()


@pytest.fixture
def app(log: Log, clock: Clock) -> FastAPI:
    """The service on that log."""
    return service(log, clock)


@pytest.fixture
def visitor(app: FastAPI) -> Visitor:
    """Somebody with a telephone."""
    return Visitor(app)


class _Page(HTMLParser):
    """What of a page matters to a screen reader and to a content security policy."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labelled: set[str] = set()
        self.controls: set[str] = set()
        self.ids: list[str] = []
        self.described: set[str] = set()
        self.foreign: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "label":
            self.labelled.add(said["for"] or "")
        if tag in ("input", "select", "textarea") and said.get("type") != "hidden":
            self.controls.add(said["id"] or "")
        if "id" in said:
            self.ids.append(said["id"] or "")
        self.described |= set((said.get("aria-describedby") or "").split())
        if tag in ("script", "style", "iframe") or "style" in said or any(n.startswith("on") for n in said):
            self.foreign.append(tag)
        self.foreign += [v or "" for n, v in attrs if n in ("src", "href", "action") and "//" in (v or "")]


def _proposals(log: Log) -> list[TopicProposed]:
    return [r.event for r in log.events if isinstance(r.event, TopicProposed)]


def _numbers(page: str) -> tuple[str, str]:
    return hidden(page, "receipt"), hidden(page, "code")


async def _receipt(visitor: Visitor) -> dict[str, str]:
    number, code = _numbers((await visitor.send("/submit", FORM)).text)
    return {"receipt": number, "code": code}


# the form


@pytest.mark.rule("T08")
async def test_the_form_asks_for_the_town_in_the_official_order(visitor: Visitor) -> None:
    page = await visitor.page("/submit?division=371621105")

    assert page.status_code == 200
    towns = re.findall(r'<option value="(\d{9})"( selected)?>([^<]+)', page.text)
    assert [code for code, _, _ in towns] == sorted(code for code, _, _ in towns)
    assert [name for _, selected, name in towns if selected] == ["李庄镇"]


@pytest.mark.rule("T08")
async def test_the_code_of_a_venue_says_where_one_is_and_fills_in_the_town(
    visitor: Visitor, log: Log
) -> None:
    page = await visitor.page("/submit?venue=hu-ji-room")
    done = await visitor.send(
        "/submit", {"venue": "hu-ji-room", "title": "路灯", "key": hidden(page.text, "key")}
    )

    assert "胡集镇协商议事室" in page.text
    assert 'name="division"' not in page.text
    assert done.status_code == 201
    proposal = _proposals(log)[0]
    assert (proposal.division, proposal.venue_id, proposal.channel) == (TOWN, "hu-ji-room", Channel.QR)


@pytest.mark.rule("T08")
@pytest.mark.parametrize("venue", ["not-heard-of-yet", "%00", "../etc", "a" * 500])
async def test_a_venue_that_is_unknown_here_is_no_obstacle(visitor: Visitor, venue: str) -> None:
    page = await visitor.page(f"/submit?venue={venue}")

    assert page.status_code == 200
    assert 'name="division"' in page.text


@pytest.mark.rule("T08")
async def test_the_receipt_shows_both_numbers_and_where_to_come_back(visitor: Visitor, log: Log) -> None:
    done = await visitor.send("/submit", FORM)
    number, code = _numbers(done.text)

    assert done.status_code == 201
    assert done.text.count(number) == 2  # seen, and sent along with the button
    assert done.text.count(code) == 2
    assert "/submit/follow" in done.text
    assert _proposals(log)[0].receipt == number


@pytest.mark.rule("T08")
async def test_a_form_sent_twice_gets_the_same_receipt(visitor: Visitor, log: Log) -> None:
    first, again = await visitor.send("/submit", FORM), await visitor.send("/submit", FORM)

    assert _numbers(first.text) == _numbers(again.text)
    assert len(_proposals(log)) == 1


@pytest.mark.rule("T08")
async def test_a_mistake_is_shown_beside_its_field_and_nothing_has_to_be_typed_again(
    visitor: Visitor, log: Log
) -> None:
    typed = {"division": TOWN, "description": "东头<三盏>", "phone": "没有", "key": "of-this-form"}
    page = await visitor.send("/submit", typed)

    assert page.status_code == 422
    assert 'id="title-fault"' in page.text
    assert 'id="phone-fault"' in page.text
    assert "东头&lt;三盏&gt;" in page.text
    assert hidden(page.text, "phone") == "没有"
    assert hidden(page.text, "key") == "of-this-form"
    assert _proposals(log) == []


@pytest.mark.rule("T08")
async def test_who_chose_no_town_is_asked_for_it(visitor: Visitor) -> None:
    page = await visitor.send("/submit", {"title": "路灯", "key": "k"})

    assert page.status_code == 422
    assert 'id="division-fault"' in page.text


async def test_who_sends_too_often_is_told_so_on_the_page(visitor: Visitor) -> None:
    pages = [await visitor.send("/submit", FORM) for _ in range(31)]

    assert pages[-1].status_code == 429
    assert "text/html" in pages[-1].headers["content-type"]
    assert FORM["title"] in pages[-1].text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec_fetch_site": "same-origin"}, 201),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-site"}, 403),
        ({"origin": "http://service"}, 201),
        ({"origin": "http://127.0.0.1:8001"}, 201),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[broken"}, 403),
        ({}, 201),
    ],
)
async def test_forms_of_other_sites_are_refused(
    visitor: Visitor, log: Log, headers: dict[str, str], status: int
) -> None:
    page = await visitor.send("/submit", FORM, **headers)

    assert page.status_code == status
    assert len(_proposals(log)) == (status == 201)


async def test_a_browser_is_told_to_send_the_origin_of_a_form(visitor: Visitor) -> None:
    page = await visitor.page("/submit")

    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"


async def test_what_is_no_form_is_refused(visitor: Visitor, log: Log) -> None:
    page = await visitor.send("/submit", {f"field{n}": "x" for n in range(50)})

    assert page.status_code == 400
    assert "text/html" in page.headers["content-type"]
    assert _proposals(log) == []


# following


@pytest.mark.rule("T08")
async def test_number_and_code_show_the_topic_and_no_address_carries_them(visitor: Visitor) -> None:
    pair = await _receipt(visitor)
    page = await visitor.send("/submit/follow", pair)

    assert page.status_code == 200
    assert FORM["title"] in page.text
    assert "已收到，等待受理" in page.text
    links = re.findall(r'(?:href|action)="([^"]*)"', page.text)
    assert not [link for link in links if pair["receipt"] in link or pair["code"] in link]


@pytest.mark.rule("T08")
async def test_a_wrong_code_is_told_and_what_was_typed_stays(visitor: Visitor) -> None:
    pair = {**await _receipt(visitor), "code": "3333-3333"}
    page = await visitor.send("/submit/follow", pair)

    assert page.status_code == 404
    assert "没有查到" in page.text
    assert hidden(page.text, "receipt") == pair["receipt"]


@pytest.mark.rule("T08")
async def test_nothing_typed_is_told_beside_both_fields(visitor: Visitor) -> None:
    page = await visitor.send("/submit/follow", {})

    assert page.status_code == 422
    assert 'id="receipt-fault"' in page.text
    assert 'id="code-fault"' in page.text


@pytest.mark.rule("T08")
async def test_a_topic_is_added_to_once_and_shown_with_what_was_added(visitor: Visitor, log: Log) -> None:
    pair = await _receipt(visitor)
    opened = await visitor.send("/submit/follow", pair)
    form = {**pair, "text": "又坏了一盏\r\n共四盏", "key": hidden(opened.text, "key")}
    page = await visitor.send("/submit/follow/supplement", form)
    again = await visitor.send("/submit/follow/supplement", form)

    assert page.status_code == again.status_code == 200
    assert "又坏了一盏\n共四盏" in page.text
    assert hidden(page.text, "key") != form["key"]
    assert log.names(f"topic-{_proposals(log)[0].topic_id}") == ["TopicProposed", "TopicSupplemented"]


@pytest.mark.rule("T08")
async def test_a_topic_is_withdrawn_with_one_press_at_first_and_with_a_reason_later(
    visitor: Visitor, log: Log, clock: Clock
) -> None:
    pair = await _receipt(visitor)
    at_first = await visitor.send("/submit/follow", pair)
    clock.pass_by(minutes=11)
    later = await visitor.send("/submit/follow", pair)
    form = {**pair, "key": hidden(later.text, "key")}
    refused = await visitor.send("/submit/follow/withdrawal", form)
    page = await visitor.send("/submit/follow/withdrawal", {**form, "reason": "已修好"})

    assert 'name="reason"' not in at_first.text
    assert "09:10" in at_first.text  # ten minutes after nine, Beijing time
    assert 'name="reason"' in later.text
    assert refused.status_code == 422
    assert 'id="reason-fault"' in refused.text
    assert page.status_code == 200
    assert "已撤回" in page.text
    assert 'action="../../submit/follow/withdrawal"' not in page.text


@pytest.mark.rule("T08")
async def test_who_adds_goes_back_and_withdraws_does_both(visitor: Visitor, log: Log) -> None:
    pair = await _receipt(visitor)
    page = await visitor.send("/submit/follow", pair)
    form = {**pair, "key": hidden(page.text, "key")}
    added = await visitor.send("/submit/follow/supplement", {**form, "text": "又坏了一盏"})
    withdrawn = await visitor.send("/submit/follow/withdrawal", form)

    assert (added.status_code, withdrawn.status_code) == (200, 200)
    assert log.names(f"topic-{_proposals(log)[0].topic_id}")[1:] == ["TopicSupplemented", "TopicWithdrawn"]


@pytest.mark.rule("T08")
async def test_what_is_added_to_an_ended_topic_is_told_on_its_page(visitor: Visitor) -> None:
    pair = await _receipt(visitor)
    await visitor.send("/submit/follow/withdrawal", {**pair, "key": "w"})
    page = await visitor.send("/submit/follow/supplement", {**pair, "text": "补充", "key": "s"})

    assert page.status_code == 409
    assert FORM["title"] in page.text
    assert 'role="alert"' in page.text


# what holds for all of them


async def _all_pages(visitor: Visitor) -> list[str]:
    pair = await _receipt(visitor)
    sent = [
        await visitor.page("/submit"),
        await visitor.page("/submit?venue=hu-ji-room"),
        await visitor.send("/submit", {"phone": "没有"}),
        await visitor.send("/submit", FORM),
        await visitor.page("/submit/follow"),
        await visitor.send("/submit/follow", {**pair, "code": "x"}),
        await visitor.send("/submit/follow", pair),
        await visitor.send("/submit/follow/supplement", {**pair, "key": "k"}),
    ]
    return [page.text for page in sent]


async def test_the_pages_load_nothing_from_elsewhere_and_carry_nothing_inline(visitor: Visitor) -> None:
    for text in await _all_pages(visitor):
        assert _Page(text).foreign == []
    assert "default-src 'self'" in CONTENT_SECURITY_POLICY
    for style in (PAGES.static / "public.css", COMMON / "base.css"):
        assert "http" not in style.read_text()


async def test_every_field_has_a_label_and_every_hint_is_there(visitor: Visitor) -> None:
    for text in await _all_pages(visitor):
        page = _Page(text)
        assert page.controls <= page.labelled
        assert page.described <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))
        assert '<html lang="zh-CN">' in text


async def test_what_the_pages_refer_to_is_there(visitor: Visitor) -> None:
    page = await visitor.page("/submit/follow")
    for address in re.findall(r'(?:href|src)="\.\./(static/[^"]+)"', page.text):
        assert (await visitor.page(f"/{address}")).status_code == 200, address


async def test_the_pages_are_in_english_for_who_prefers_it(visitor: Visitor) -> None:
    page = await visitor.page("/submit", **{"Accept-Language": "en"})

    assert '<html lang="en">' in page.text
    assert "Propose a topic" in page.text
    assert page.headers["vary"] == "Accept-Language"


def test_a_venue_is_called_as_it_was_called_last() -> None:
    changed = VenueChanged(
        venue_id="hu-ji-room", title="胡集镇有事来商量", reason="改名", changed_on=MORNING.date()
    )
    stream = stream_of("venue-hu-ji-room", OPENED, changed)

    assert assert_interleaving_does_not_matter(VENUES, stream) == {
        "hu-ji-room": {"title": "胡集镇有事来商量", "division": TOWN}
    }
