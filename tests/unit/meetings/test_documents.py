"""Papers to print: what stands in them, who may print them, and templates that a county replaces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from docx import Document
from docx.document import Document as Word

from services.meetings.documents import fields, packaged
from services.meetings.documents.fields import About
from services.meetings.documents.suggestion import suggestion
from shared.contracts.meetings import (
    AgendaItem,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
)
from shared.contracts.types import AttendeeKind, SegmentKind
from shared.eventsourcing.http import person_id
from shared.platform import papers
from shared.platform.auth import Principal, Role
from shared.platform.papers import word
from shared.platform.people import Details, People, Person
from shared.platform.texts import ERASED, sha256_of
from tests.http import done
from tests.stores import MemoryPeopleStore
from tests.unit.meetings.examples import EVENING, LAMPS, NEXT_TOWN, SCHEDULED, TOWN
from tests.unit.meetings.http_tools import Caller, Log, problem
from tests.unit.meetings.past import HOST, RECORDER, meeting_held, meeting_to_come
from tests.unit.meetings.text_tools import texts_in_memory

MEETING = f"/meetings/{EVENING}"
MAY_13 = datetime(2024, 5, 13, 1, tzinfo=UTC)
TEXT = "就路灯补亮开展协商。\n同意补装六盏路灯。"


def opened(content: bytes) -> Word:
    return Document(BytesIO(content))


def lines(document: Word) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs if paragraph.text]


def rows(document: Word, table: int = 0) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in document.tables[table].rows]


def half_width(text: str) -> str:
    """Return a text with the punctuation of a keyboard, in which tests are easier to read."""
    return text.translate({ord(full): half for full, half in zip("，：；（）", ",:;()", strict=True)})


AGENDA = (
    AgendaItem(
        item_id="item-1",
        title="情况通报",
        segment=SegmentKind.BRIEFING,
        minutes=20,
        presenter="县住建局",
        children=(AgendaItem(item_id="item-2", title="现场踏勘", minutes=5),),
    ),
    AgendaItem(item_id="item-3", title="讨论", segment=SegmentKind.SPEECHES, minutes=60),
)


def about(topic: str = "路灯补亮", **more: object) -> About:
    meeting = {**SCHEDULED.model_dump(mode="json"), **more}
    return About(meeting, topic, {"title": "孙武街道协商议事站", "address": "文安路 8 号"}, "孙武街道")


def render_with(tmp_path: Path, *paragraphs: str, paper: papers.Paper = fields.NOTICE) -> list[str]:
    """Return what becomes of a county's own template."""
    template = Document()
    for text in paragraphs:
        template.add_paragraph(text)
    template.save(str(tmp_path / paper.file))
    return lines(opened(word.render(paper, fields.notice(about(), date(2024, 5, 6)), tmp_path)))


# what stands in them


def test_a_notice_says_what_when_where_and_with_which_agenda() -> None:
    agenda = [item.model_dump(mode="json") for item in AGENDA]
    said = fields.notice(about(agenda=agenda), date(2024, 5, 6))
    text = [half_width(line) for line in lines(opened(word.render(fields.NOTICE, said)))]
    assert text[0] == "关于召开“路灯补亮”协商会议的通知"
    assert "一、时间:2024年5月10日(星期五)09:00至11:00" in text
    assert "二、地点:孙武街道协商议事站(文安路 8 号)" in text
    assert "三、形式:微协商" in text
    assert text[-6:-3] == ["1 情况通报(通报,20分钟,县住建局)", "1.1 现场踏勘(5分钟)", "2 讨论(发言,60分钟)"]
    assert text[-2:] == ["孙武街道党员委员召集人", "2024年5月6日"]


def test_a_notice_without_an_agenda_has_no_heading_for_one() -> None:
    text = lines(opened(word.render(fields.NOTICE, fields.notice(about(), date(2024, 5, 6)))))
    assert not [line for line in text if "议程" in line]


def test_a_meeting_online_has_its_link_for_a_place_and_an_old_one_its_day_for_a_time() -> None:
    online = About(
        {**SCHEDULED.model_dump(mode="json"), "link": "https://meet.example/1"}, None, None, "孙武街道"
    )
    assert half_width(online.place) == "线上(https://meet.example/1)"
    assert half_width(online.title) == "(议题名称未载明)"
    assert about(starts_at=None, ends_at=None).time == "2024年5月10日"


def test_a_sign_in_sheet_has_a_line_for_everybody_expected_and_blank_ones() -> None:
    said = fields.sign_in_sheet(about(), [("王大山", AttendeeKind.RESIDENT), ("", AttendeeKind.MEMBER)])
    table = rows(opened(word.render(fields.SIGN_IN_SHEET, said)))
    assert table[:4] == [
        ["序号", "姓名", "类别", "签名"],
        ["1", "王大山", "群众", ""],
        ["2", "", "政协委员", ""],
        ["3", "", "", ""],
    ]
    assert len(table) == 1 + 2 + fields.BLANK_ROWS


def test_what_people_wrote_is_text_whatever_it_looks_like() -> None:
    odd = "<w:p>{{ 主持人 }}{% for %} & “灯”\x07\x0b"
    text = lines(opened(word.render(fields.NOTICE, fields.notice(about(odd), date(2024, 5, 6)))))
    assert text[0] == "关于召开“<w:p>{{ 主持人 }}{% for %} & “灯””协商会议的通知"


@pytest.mark.parametrize("paper", fields.PAPERS, ids=lambda paper: paper.file)
def test_the_packaged_templates_are_those_that_the_program_writes(
    paper: papers.Paper, tmp_path: Path
) -> None:
    packaged.write_templates(tmp_path)
    for folder in (tmp_path, fields.PACKAGED):
        assert (folder / paper.file).is_file()
    parts = ("word/document.xml", "word/styles.xml")
    written, kept = (
        [ZipFile(f / paper.file).read(part) for part in parts] for f in (tmp_path, fields.PACKAGED)
    )
    assert written == kept, "run python -m services.meetings.documents.packaged"


@pytest.mark.parametrize(
    ("paper", "said"),
    [
        (fields.NOTICE, lambda: fields.notice(about(), date(2024, 5, 6))),
        (fields.SIGN_IN_SHEET, lambda: fields.sign_in_sheet(about(), [])),
        (
            fields.MINUTES,
            lambda: fields.minutes(
                about(),
                fields.SignedVersion(
                    {"published_on": None, "number": 1, "reason": None, "sha256": "", "signatures": []},
                    "",
                    None,
                    {},
                ),
            ),
        ),
    ],
    ids=lambda value: value.file if isinstance(value, papers.Paper) else "",
)
def test_a_paper_has_exactly_the_fields_that_it_promises(
    paper: papers.Paper, said: Callable[[], papers.Fields]
) -> None:
    assert set(said()) == paper.fields


# templates of a county


def test_a_county_replaces_a_template_and_keeps_the_others(tmp_path: Path) -> None:
    assert render_with(tmp_path, "惠民县政协:{{ 议题 }}") == ["惠民县政协:路灯补亮"]
    assert word.template_of(fields.MINUTES, tmp_path) == fields.PACKAGED / fields.MINUTES.file


@pytest.mark.parametrize("tag", ["{{ 题目 }}", "{% for 行 in 议程单 %}{% endfor %}", "{{ 议题.题目 }}"])
def test_a_template_that_asks_for_an_unknown_field_is_named_with_the_field(tmp_path: Path, tag: str) -> None:
    with pytest.raises(word.TemplateUnusableError) as raised:
        render_with(tmp_path, tag)
    assert raised.value.template == "notice.docx"
    assert raised.value.unknown in ("题目", "议程单")
    assert raised.value.detail is not None
    assert "notice.docx" in raised.value.detail.zh
    assert "落款日期" in raised.value.detail.zh, "the fields that there are"


@pytest.mark.parametrize(
    "tag",
    ["{{ 议题", "{% if %}", "{{ 议题.__class__.__mro__ }}", "{{ 1 / 0 }}", "{{ 议题.format.__globals__ }}"],
)
def test_a_template_with_a_wrong_tag_is_named(tmp_path: Path, tag: str) -> None:
    with pytest.raises(word.TemplateUnusableError) as raised:
        render_with(tmp_path, tag)
    assert raised.value.facts["template"] == "notice.docx"


@pytest.mark.parametrize("content", [b"", b"no document", b"PK\x03\x04"])
def test_a_template_that_is_no_word_document_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notice.docx").write_bytes(content)
    with pytest.raises(word.TemplateUnusableError):
        word.render(fields.NOTICE, fields.notice(about(), date(2024, 5, 6)), tmp_path)


async def test_over_http_a_template_that_cannot_be_used_is_a_problem_that_says_which(tmp_path: Path) -> None:
    log = Log()
    await meeting_to_come(log)
    (tmp_path / "notice.docx").write_bytes(b"no document")
    town = Caller(log)
    town.app.state.settings = town.app.state.settings.model_copy(update={"templates_dir": tmp_path})
    assert problem(await town.ask(f"{MEETING}/notice.docx")) == (503, "template-unusable", None)


# over HTTP


@pytest.fixture
async def log() -> Log:
    log = Log()
    await meeting_held(log)
    return log


async def test_a_notice_is_saved_under_its_chinese_title(log: Log) -> None:
    response = await Caller(log).ask(f"{MEETING}/notice.docx")
    assert response.headers["content-type"] == papers.WORD
    assert 'filename="notice-2024-05-10.docx"' in response.headers["content-disposition"]
    assert "%E4%BC%9A%E8%AE%AE%E9%80%9A%E7%9F%A5" in response.headers["content-disposition"]
    assert lines(opened(response.content))[-1] == "2024年5月6日", "the day on which it is printed"


def with_people(caller: Caller, store: MemoryPeopleStore) -> People:
    people = People(store, identify=person_id, clock=lambda: MAY_13)
    caller.app.state.people = people
    return people


async def test_names_on_a_sign_in_sheet_come_from_people_and_the_look_is_logged() -> None:
    log = Log()
    resident: dict[str, Any] = {"meeting_id": EVENING, "topic_id": LAMPS, "kind": AttendeeKind.RESIDENT}
    registered = [
        ParticipantRegistered(**resident, person=f"person-{n}", number=n, registered_at=MAY_13)
        for n in (1, 2)
    ]
    invited = ParticipantInvited(
        meeting_id=EVENING, topic_id=LAMPS, person="person-3", kind=AttendeeKind.MEMBER, invited_at=MAY_13
    )
    gone = RegistrationWithdrawn(**resident, person="person-2", number=2, had_seat=True, withdrawn_at=MAY_13)
    await meeting_to_come(log, SCHEDULED, invited, *registered, gone)
    store = MemoryPeopleStore()
    town = Caller(log)
    people = with_people(town, store)
    for person, name in (("person-1", "王大山"), ("person-2", "李四"), ("person-3", "赵委员")):
        await people.put(person, division=TOWN, details=Details(name=name))

    table = rows(opened((await town.ask(f"{MEETING}/sign-in-sheet.docx")).content))
    assert [row[1:3] for row in table[1:3]] == [["王大山", "群众"], ["赵委员", "政协委员"]]
    assert table[3][1] == "", "who withdrew is not expected"
    clerk = Principal("p-1", frozenset({Role.LIAISON}), TOWN)
    accesses = await people.accesses(reader=clerk, person=None, before=None, limit=10)
    seen = {access.person: access.why for access in accesses}
    assert seen == {"person-1": "打印签到表", "person-3": "打印签到表"}


@pytest.mark.rule("M16")
async def test_printed_minutes_have_the_text_the_signatures_and_the_hash(log: Log) -> None:
    town = Caller(log, now=MAY_13)
    people = with_people(town, MemoryPeopleStore())
    await people.put(person_id(HOST), division=TOWN, details=Details(name="孙主任"))
    await town.post(f"{MEETING}/minutes", {"text": TEXT})
    for subject, role in ((HOST, "host"), (RECORDER, "recorder")):
        signature = {"number": 1, "sha256": sha256_of(TEXT), "role": role}
        signer = town.beside(Role.MEMBER, subject=subject)
        done(await signer.post(f"{MEETING}/minutes/signatures", signature))
    draft = opened((await town.ask(f"{MEETING}/minutes.docx")).content)
    assert "未发布稿" in draft.sections[0].footer.paragraphs[0].text

    done(await town.post(f"{MEETING}/minutes/publication", {"number": 1}))
    await town.post(f"{MEETING}/minutes", {"text": TEXT + "\n更正。", "reason": "补充"})
    document = opened((await town.ask(f"{MEETING}/minutes.docx")).content)
    assert TEXT.split("\n") == [line for line in lines(document) if line in TEXT]
    assert rows(document)[1:] == [
        ["主持人", "孙主任", "2024-05-13 09:00"],
        ["记录人", "", "2024-05-13 09:00"],
    ]
    footer = document.sections[0].footer.paragraphs[0].text
    assert sha256_of(TEXT) in footer
    assert "2024年5月13日发布" in footer
    newest = opened((await town.ask(f"{MEETING}/minutes.docx?number=2")).content)
    assert "更正。" in lines(newest)


@pytest.mark.rule("M16")
async def test_printed_minutes_say_that_somebody_was_taken_out_of_them(log: Log) -> None:
    town = Caller(log, now=MAY_13)
    await town.post(f"{MEETING}/minutes", {"text": "王大山同意。"})
    await texts_in_memory(log, MAY_13).erase(Person(id="person-1", name="王大山"))
    text = "".join(lines(opened((await town.ask(f"{MEETING}/minutes.docx")).content)))
    assert f"{ERASED}同意。" in text
    assert "与签署时的文本不再一致" in text


PAPERS: Sequence[str] = ("notice.docx", "sign-in-sheet.docx", "minutes.docx")


@pytest.mark.parametrize("paper", PAPERS)
async def test_papers_are_printed_by_who_runs_meetings_in_their_own_division(log: Log, paper: str) -> None:
    town = Caller(log, now=MAY_13)
    await town.post(f"{MEETING}/minutes", {"text": TEXT})
    for role in (Role.CONVENER, Role.LIAISON, Role.OFFICE):
        assert await town.beside(role).status_of(f"{MEETING}/{paper}") == 200
    for role in (Role.RESIDENT, Role.MEMBER, Role.DEPARTMENT, Role.AUDITOR):
        assert await town.beside(role).status_of(f"{MEETING}/{paper}") == 403
    assert await town.beside(Role.LIAISON, NEXT_TOWN).status_of(f"{MEETING}/{paper}") == 404
    assert await town.status_of(f"/meetings/no-such-meeting/{paper}") == 404


# suggestions


def test_a_suggestion_counts_who_came_and_gives_dissent_and_ballots() -> None:
    text = half_width(
        suggestion(
            about(
                attendance={"expected": 9, "present": 3, "members": 1, "residents": 2, "departments": None},
                opinions=[
                    {
                        "text": "补装路灯",
                        "agreed_by": [],
                        "dissents": [{"by": "沿街商户", "explanation": "挡门"}],
                    }
                ],
                ballots=[
                    {"question": "补装?", "in_favour": 2, "against": 1, "abstentions": 0, "passed": True},
                ],
                agenda=[AGENDA[0].model_dump(mode="json")],
            )
        )
    )
    assert "应到9人,实到3人,其中政协委员1人、群众2人。" in text
    assert "1 情况通报(县住建局)\n1.1 现场踏勘" in text
    assert "(一)补装路灯\n不同意见(沿街商户):挡门" in text
    assert "赞成2票,反对1票,弃权0票,通过。" in text


def test_a_suggestion_does_not_make_up_what_is_unknown() -> None:
    bare = about(convener=None, host=None, recorder=None, attendance=None, opinions=[])
    assert half_width(suggestion(bare)).split("\n")[1:] == ["会议未形成一致意见。"]


@pytest.mark.parametrize(
    ("n", "numeral"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (35, "三十五"), (100, "100")]
)
def test_opinions_are_numbered_as_official_papers_number(n: int, numeral: str) -> None:
    opinions = [{"text": f"第{each}条", "agreed_by": [], "dissents": []} for each in range(1, n + 1)]
    assert f"({numeral})第{n}条" in half_width(suggestion(about(opinions=opinions)))
