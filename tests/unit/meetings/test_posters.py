"""Posters: what a phone reads from them, whether it fits on the page, and where the code leads."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
import zxingcpp
from PIL import Image

from services.meetings.documents import poster
from services.meetings.documents.fields import About
from services.meetings.documents.poster import HEIGHT, MARGIN, WIDTH, FontMissingError, Poster
from shared.contracts.meetings import ParticipantRegistered
from shared.contracts.types import AttendeeKind
from shared.platform.auth import Role
from tests.http import SETTINGS
from tests.unit.meetings.examples import (
    CANCELLED,
    COUNTY,
    EVENING,
    LAMPS,
    NEXT_TOWN,
    OPENED_AT,
    SCHEDULED,
    STATION,
)
from tests.unit.meetings.http_tools import Caller, Log, problem
from tests.unit.meetings.past import meeting_to_come

LINK = "https://hxs.example.gov.cn/submit?venue=1b2c3d4e-aaaa-bbbb-cccc-0123456789ab"
VENUE = poster.of_venue("孙武街道协商议事站", "孙武街道", LINK)


@pytest.fixture(scope="module")
def font() -> Path:
    """A font of this machine."""
    try:
        return poster.font_file(None)
    except FontMissingError:
        pytest.skip("no font with Chinese characters: install fonts-wqy-microhei or fonts-noto-cjk")


def about(topic: str, address: str = "文安路 8 号") -> About:
    meeting = SCHEDULED.model_dump(mode="json")
    return About(meeting, topic, {"title": "孙武街道协商议事站", "address": address}, "孙武街道")


def read(image: Image.Image) -> list[str]:
    """Return what a scanner finds, in an image as a camera takes it."""
    return [found.text for found in zxingcpp.read_barcodes(image.convert("L"))]


def drawn(sign: str, font: Path) -> bytes:
    return bytes(poster._font(font, 92).getmask(sign, mode="1"))


# the image


@pytest.mark.parametrize(
    "page",
    [
        VENUE,
        poster.of_meeting(about("路灯补亮"), LINK),
        poster.of_meeting(about("补" * 200, "长" * 190), LINK),
    ],
    ids=["venue", "meeting", "longest"],
)
def test_a_phone_reads_the_link_from_every_poster_also_from_afar(page: Poster, font: Path) -> None:
    image = poster.draw(page, font)
    assert read(image) == [LINK]
    assert read(image.convert("L").resize((WIDTH // 6, HEIGHT // 6))) == [LINK], (
        "printed small, or two metres away"
    )


@pytest.mark.parametrize("topic", ["补亮", "路灯补亮与夜间停车秩序整治", "补" * 200])
def test_nothing_is_printed_into_the_margins(topic: str, font: Path) -> None:
    image = poster.draw(poster.of_meeting(about(topic, "长" * 100), LINK), font)
    ink = Image.eval(image.convert("L"), lambda dot: 255 - dot).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert min(left, WIDTH - right) >= MARGIN - 50, "only closing punctuation hangs over"
    assert min(top, HEIGHT - bottom) >= MARGIN


def bands(image: Image.Image) -> list[tuple[int, int]]:
    """Return where lines of ink begin and end, from top to bottom."""
    has_ink = [min(image.crop((0, y, WIDTH, y + 1)).getextrema()) == 0 for y in range(HEIGHT)]
    edges = [y for y in range(1, HEIGHT) if has_ink[y] != has_ink[y - 1]]
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("topic", ["补亮", "路灯补亮与夜间停车秩序整治", "补" * 200])
def test_lines_stand_apart_however_much_is_said_above_the_code(topic: str, font: Path) -> None:
    image = poster.draw(poster.of_meeting(about(topic, "长" * 40), LINK), font)
    *_, steps, issuer = bands(image)
    assert issuer[1] - issuer[0] < 100, "one line, into which no other is written"
    assert issuer[0] - steps[1] > 20


def test_a_code_has_the_white_around_it_that_phones_look_for(font: Path) -> None:
    image = poster.draw(VENUE, font)
    (found,) = zxingcpp.read_barcodes(image.convert("L"))
    top, bottom = found.position.top_left.y, found.position.bottom_left.y
    modules = len(segno.make(LINK, error="q", micro=False).matrix)
    white = poster.QUIET_MODULES * (bottom - top) // modules
    around = image.crop((MARGIN, top - white + 5, WIDTH - MARGIN, top - 5))
    below = image.crop((MARGIN, bottom + 5, WIDTH - MARGIN, bottom + white - 5))
    assert 0 not in (*around.getextrema(), *below.getextrema())


def test_every_sign_of_a_poster_is_in_the_font(font: Path) -> None:
    box = drawn("\U0010fffd", font)  # what stands for a sign that the font does not have
    said = "".join((VENUE.heading, *VENUE.place, VENUE.call, *VENUE.steps, VENUE.issuer))
    assert [sign for sign in said if drawn(sign, font) in (box, b"")] == []


def test_a_pdf_is_one_page_of_a4_without_loss(font: Path) -> None:
    content = poster.written(VENUE, font, "pdf")
    assert content.startswith(b"%PDF-")
    assert b"/CCITTFaxDecode" in content
    assert b"/Count 1" in content
    assert len(content) < 200_000


def test_a_png_says_how_large_it_is_to_be_printed(font: Path) -> None:
    image = Image.open(BytesIO(poster.written(VENUE, font, "png")))
    assert image.size == (WIDTH, HEIGHT)
    assert [round(dots) for dots in image.info["dpi"]] == [300, 300]
    assert read(image) == [LINK]


# fonts


def test_the_font_that_is_set_is_taken(tmp_path: Path) -> None:
    own = tmp_path / "own.ttf"
    own.touch()
    assert poster.font_file(own, (str(tmp_path / "other.ttf"),)) == own
    assert poster.font_file(None, (str(tmp_path / "none.ttf"), str(own))) == own


def test_without_a_font_the_operator_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(FontMissingError) as raised:
        poster.font_file(None, (str(tmp_path / "none.ttf"),))
    assert raised.value.detail is not None
    assert "HXS_FONT" in raised.value.detail.zh


async def test_a_file_that_is_no_font_is_told_as_well(tmp_path: Path) -> None:
    own = tmp_path / "own.ttf"
    own.write_bytes(b"no font")
    log = Log()
    await meeting_to_come(log)
    town = Caller(log)
    town.app.state.settings = SETTINGS.model_copy(update={"font": own})
    assert problem(await town.ask(f"/venues/{STATION}/poster.png")) == (503, "font-missing", None)


# over HTTP


@pytest.fixture
async def log() -> Log:
    log = Log()
    await meeting_to_come(log, SCHEDULED)
    return log


@pytest.mark.parametrize(
    ("path", "link"),
    [
        (f"/venues/{STATION}/poster.png", f"{SETTINGS.public_url}/submit?venue={STATION}"),
        (f"/meetings/{EVENING}/poster.png", f"{SETTINGS.public_meetings_url}/m/{EVENING}"),
    ],
    ids=["venue", "meeting"],
)
async def test_a_code_leads_to_what_it_promises(log: Log, font: Path, path: str, link: str) -> None:
    response = await Caller(log, Role.CONVENER).ask(path)
    assert (response.status_code, response.headers["content-type"]) == (200, "image/png")
    assert read(Image.open(BytesIO(response.content))) == [link]


@pytest.mark.parametrize("path", [f"/venues/{STATION}/poster.pdf", f"/meetings/{EVENING}/poster.pdf"])
async def test_posters_are_printed_by_who_runs_meetings_in_their_own_division(
    log: Log, font: Path, path: str
) -> None:
    town = Caller(log)
    for role in (Role.CONVENER, Role.LIAISON, Role.OFFICE):
        response = await town.beside(role).ask(path)
        assert (response.status_code, response.headers["content-type"]) == (200, "application/pdf")
        assert "attachment" in response.headers["content-disposition"]
    assert await town.beside(Role.MEMBER).status_of(path) == 403
    assert await town.beside(Role.LIAISON, NEXT_TOWN).status_of(path) == 404
    assert await town.status_of(path.replace("pdf", "gif")) == 422


# the page


async def shown(log: Log, **headers: str) -> str:
    response = await Caller(log, None).ask(f"/m/{EVENING}", **headers)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"].startswith("text/html")
    return response.text


async def test_whoever_scans_a_poster_sees_the_meeting_without_an_account(log: Log) -> None:
    page = await shown(log)
    for known in ("路灯补亮", "2024年5月10日", "孙武街道协商议事站", "即将召开", "怎样参加"):
        assert known in page
    english = await shown(log, accept_language="en")
    assert "To take place" in english
    assert 'lang="en"' in english


@pytest.mark.rule("M17")
async def test_an_old_poster_leads_to_a_page_that_says_the_meeting_is_off() -> None:
    log = Log()
    await meeting_to_come(log, SCHEDULED, CANCELLED)
    page = await shown(log)
    assert "已取消" in page
    assert CANCELLED.reason in page
    assert "怎样参加" not in page
    assert "从手机日历中删去" in page


@pytest.mark.rule("M09")
async def test_the_page_tells_neither_who_comes_nor_how_many_seats_are_left() -> None:
    registered: dict[str, Any] = {"meeting_id": EVENING, "topic_id": LAMPS, "kind": AttendeeKind.RESIDENT}
    log = Log()
    came = ParticipantRegistered(**registered, person="person-1", number=1, registered_at=OPENED_AT)
    await meeting_to_come(log, SCHEDULED, came)
    page = await shown(log)
    assert "person-1" not in page
    assert "30" not in page.split("<main>")[1].replace("10:30", "")


async def test_the_page_lives_under_a_strict_policy_and_its_files_are_there(log: Log) -> None:
    nobody = Caller(log, None)
    page = await shown(log)
    assert "<script" not in page
    assert " style=" not in page
    for name in ("base.css", "meeting.css", "icon.svg"):
        (address,) = [part for part in page.split('"') if part.startswith(f"static/{name}?")]
        assert await nobody.status_of(f"/m/{address}") == 200


async def test_what_is_written_into_a_title_is_text(log: Log) -> None:
    from services.meetings.page import meeting_page

    odd = about("<script>alert(1)</script>")
    page = meeting_page(About({**odd.meeting, "situation": "scheduled"}, odd.topic, None, "孙武街道"), "zh")
    assert "<script>" not in page


async def test_from_the_page_the_meeting_goes_into_a_calendar(log: Log) -> None:
    nobody = Caller(log, None)
    response = await nobody.ask(f"/m/{EVENING}/meeting.ics")
    assert response.headers["content-type"].startswith("text/calendar")
    assert f"UID:meeting-{EVENING}@{COUNTY}" in response.text
    assert await nobody.status_of("/m/no-such-meeting") == 404
    assert await nobody.status_of("/m/no-such-meeting/meeting.ics") == 404
