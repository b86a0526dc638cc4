"""The public pages and a year in figures: for everybody, in words, without a script."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import pytest

from services.board.public_summary import year_in_figures
from services.board.public_words import WORDS
from services.board.statistics import By, statistics_of
from shared.contracts.types import Rating
from shared.eventsourcing.testing import stream_of
from tests.http import Caller
from tests.unit.board.memory import application_of, caller_of
from tests.unit.board.streams import adopted, proposed
from tests.unit.board.test_public import CODE, NUMBER, a_county, county_streams
from tests.unit.board.test_summary import example_activities, example_board


async def page(address: str, county: Caller | None = None, **headers: str) -> str:
    """Return a page, which must be there."""
    answer = await (county or a_county()).ask(address, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    return answer.text


async def looked_up(receipt: str, code: str) -> httpx.Response:
    """Return what the form answers."""
    transport = httpx.ASGITransport(application_of(*county_streams()))
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        return await client.post("/public/receipt", data={"receipt": receipt, "code": code})


async def test_the_page_lists_what_was_taken_up_and_leads_to_it() -> None:
    text = await page("/public")

    assert 'href="public/pages/t-1"' in text
    assert 'href="public/pages/t-3"' not in text  # only proposed
    assert "/submit" in text
    assert "2024 年工作数据" in text


async def test_the_page_is_narrowed_and_says_so_where_nothing_is_left() -> None:
    assert "public/pages/t-1" not in await page("/public?q=路灯&town=&class=&year=")
    assert WORDS["none"].zh in await page("/public?q=无此议题")
    assert 'value="路灯"' in await page("/public?q=路灯")


async def test_the_page_goes_on_where_it_ends() -> None:
    many = [stream_of(f"topic-t-{n}", proposed(f"t-{n}"), adopted(f"t-{n}")) for n in range(1, 33)]
    county = caller_of(*many)
    first = await page("/public", county)
    following = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0]
    second = await page("/" + following.replace("&amp;", "&"), county)

    assert first.count("public/pages/") == 30
    assert second.count("public/pages/") == 2
    assert 'rel="next"' not in second


async def test_a_topics_page_tells_what_happened_and_shows_its_case() -> None:
    text = await page("/public/pages/t-1")

    assert "交办石庙镇政府" in text
    assert "村道不再积水" in text
    assert (await a_county().ask("/public/pages/t-3")).status_code == 404


async def test_pages_are_in_the_readers_language() -> None:
    text = await page("/public", accept_language="en")

    assert '<html lang="en">' in text
    assert "Propose a topic" in text


@pytest.mark.parametrize("address", ["/public", "/public/pages/t-1", "/public/receipt"])
async def test_pages_carry_nothing_inline_and_no_script(address: str) -> None:
    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "style", "iframe")
            assert not {name for name, _ in attributes if name == "style" or name.startswith("on")}

    Reader().feed(await page(address))


@pytest.mark.rule("T08")
async def test_the_form_opens_ones_own_topic_with_its_replies() -> None:
    opened = await looked_up(NUMBER, CODE)

    assert opened.status_code == 200, opened.text
    assert "已经解决" in opened.text
    assert CODE not in opened.text


@pytest.mark.rule("T08")
@pytest.mark.parametrize(
    ("receipt", "code"),
    [(NUMBER, "AAAA-AAAA"), ("HM-AAAAA-AAAAA", CODE), ("", "")],
    ids=["another code", "an unknown receipt", "nothing"],
)
async def test_the_form_says_the_same_whatever_was_wrong(receipt: str, code: str) -> None:
    refused = await looked_up(receipt, code)

    assert refused.status_code == 404
    assert WORDS["no_such"].zh in refused.text


# a year in figures


def test_the_years_figures_are_those_of_the_board() -> None:
    months = statistics_of(example_activities(), By.MONTH)
    found, counts = year_in_figures(example_activities(), months, []), example_board().counts

    assert (found.tally.proposed, found.tally.problems_solved, found.tally.loops_closed) == (
        counts.activities,
        counts.problems_solved,
        counts.loops_closed,
    )
    assert found.ratings == dict.fromkeys(Rating, 0)


async def test_the_summary_says_a_year_in_the_official_words() -> None:
    found = await a_county().get("/public/summary")

    assert (found["county_name"], found["year"], found["cases"], found["reports"]) == ("惠民县", 2024, 1, 1)
    assert [each["text"] for each in found["ratings"]] == ["满意", "基本满意", "不满意"]
    assert (found["figures"]["proposed"], found["figures"]["problems_solved"]) == (3, 1)
