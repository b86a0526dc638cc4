"""A mail says what the notice says, to whoever reads it and with whatever program."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from email.headerregistry import Address
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from structlog.testing import capture_logs

from services.notify.channels.mail.message import subject_of
from services.notify.channels.mail.templates import HTML, PLAIN, Templates
from services.notify.channels.mail.words import link_of
from services.notify.domain.digest_text import DigestEntry, DigestTopic, digest_body
from shared.contracts.notify import NoticeClass
from shared.platform.settings import MAIL_ADDRESS, load_settings
from tests.unit.notify.mails import (
    CLERK,
    MAIL_SETTINGS,
    NOW,
    SENDER,
    UNSUBSCRIBE,
    circumstances,
    delivery,
    part,
    read,
    written,
)
from tests.unit.notify.test_calendars import meeting

INVITED = delivery(
    recipient="person:a-resident",
    title="邀请您参加协商会议",
    body="请答复是否参加。",
    cause="meeting-evening-talk:2",
    event_name="ParticipantInvited",
    meeting_id="evening-talk",
    problem_id=None,
    problem_text=None,
)


@pytest.mark.rule("N02")
def test_a_mail_says_it_as_text_and_as_a_page() -> None:
    mail = read(written(delivery()))
    assert mail.get_content_type() == "multipart/alternative"
    for kind in ("text/plain", "text/html"):
        said = part(mail, kind)
        for words in (
            "新交办问题",
            "东关社区三处路灯不亮",
            "路灯补亮",
            "https://kb.example.gov.cn/",
            "孙武街道",
        ):
            assert words in said
        assert said.count("东关社区三处路灯不亮") == 1, "what the body says is not said again"


def test_the_head_says_who_to_whom_when_and_which() -> None:
    mail = read(written(delivery()))
    assert str(mail["From"]) == f"惠民县政协 有事多商量 <{SENDER}>"
    assert (str(mail["To"]), str(mail["Reply-To"])) == (CLERK, "office@example.gov.cn")
    assert str(mail["Subject"]) == "【惠协商】新交办问题，最迟2024年12月5日答复（路灯补亮）"
    assert parsedate_to_datetime(str(mail["Date"])) == NOW
    assert str(mail["Message-ID"]) == "<6f1f5b0e-1111-5222-8333-444455556666@hxs.example.gov.cn>"
    assert str(mail["Auto-Submitted"]) == "auto-generated"


@pytest.mark.rule("N09")
def test_only_the_date_differs_between_attempts() -> None:
    first = written(INVITED, circumstances(meeting=meeting()))
    later = written(delivery(attempt=3), circumstances(now=NOW + timedelta(hours=2)))
    again = written(delivery(), circumstances(now=NOW))
    assert read(later)["Message-ID"] == read(again)["Message-ID"]
    assert part(read(later), "text/html") == part(read(again), "text/html")
    invited_again = written(INVITED, circumstances(meeting=meeting(), now=NOW + timedelta(hours=2)))
    assert part(read(first), "text/calendar") == part(read(invited_again), "text/calendar")


@pytest.mark.rule("N01")
def test_what_can_be_switched_off_says_how_and_what_cannot_does_not() -> None:
    follow = delivery(notice_class=NoticeClass.FOLLOW, recipient="person:a-resident")
    mail = read(written(follow, circumstances(unsubscribe=UNSUBSCRIBE)))
    assert str(mail["List-Unsubscribe"]) == f"<{UNSUBSCRIBE}>"
    assert str(mail["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    assert UNSUBSCRIBE in part(mail, "text/plain")
    assert f'href="{UNSUBSCRIBE}"' in part(mail, "text/html")
    essential = read(written(delivery(), circumstances(unsubscribe=None)))
    assert essential["List-Unsubscribe"] is None
    assert "不能关闭" in part(essential, "text/plain")
    assert "退订" not in part(essential, "text/plain")


@pytest.mark.rule("N05")
def test_a_digest_has_a_heading_and_a_list_for_each_topic() -> None:
    topics = [
        DigestTopic("路灯补亮", [DigestEntry(NOW, "县住建局已答复")]),
        DigestTopic("停车难", [DigestEntry(NOW - timedelta(hours=1), "已安排协商")]),
    ]
    digest = delivery(
        notice_class=NoticeClass.DIGEST,
        title="今日汇总",
        body=digest_body(topics),
        topic_id=None,
        topic_title=None,
        problem_id=None,
        problem_text=None,
    )
    mail = read(written(digest, circumstances(unsubscribe=UNSUBSCRIBE)))
    html, text = part(mail, "text/html"), part(mail, "text/plain")
    assert html.index("路灯补亮</h2>") < html.index("9月5日 县住建局已答复</li>") < html.index("停车难</h2>")
    assert text.index("【路灯补亮】") < text.index("· 9月5日 县住建局已答复") < text.index("【停车难】")


@pytest.mark.rule("N11")
@pytest.mark.parametrize(
    ("after", "because", "method"), [(2, "ParticipantInvited", "REQUEST"), (6, "MeetingCancelled", "CANCEL")]
)
def test_an_invitation_comes_in_place_and_as_a_file(after: int, because: str, method: str) -> None:
    told = delivery(**{name: getattr(INVITED, name) for name in ("recipient", "meeting_id", "cause")})
    content = written(told, circumstances(meeting=meeting(after)))
    mail = read(content)
    assert mail.get_content_type() == "multipart/mixed"
    alternatives, attached = mail.iter_parts()
    kinds = [each.get_content_type() for each in alternatives.iter_parts()]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    (calendar,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    assert calendar.get_param("method") == method
    assert attached.get_filename() == "invite.ics"
    bytes_attached = attached.get_payload(decode=True)
    assert isinstance(bytes_attached, bytes)
    assert Calendar.from_ical(bytes_attached).get("method") == method
    assert part(mail, "text/calendar").encode() == bytes_attached
    assert CLERK in bytes_attached.decode().replace("\r\n ", "")


def test_a_mail_about_a_meeting_says_when_and_where() -> None:
    text = part(read(written(INVITED, circumstances(meeting=meeting()))), "text/plain")
    assert "时间：2024年9月10日（星期二）14:30至16:30" in text
    assert "地点：孙武街道协商议事站（文安路 18 号）" in text
    cancelled = part(read(written(INVITED, circumstances(meeting=meeting(6)))), "text/plain")
    assert "状态：已取消" in cancelled
    assert "即可删去" in cancelled
    given_back = replace(INVITED, event_name="RegistrationWithdrawn")
    withdrawn = part(read(written(given_back, circumstances(meeting=meeting()))), "text/plain")
    assert "即可删去" in withdrawn
    assert "已取消" not in withdrawn, "it takes place, without them"


@given(st.from_regex(MAIL_ADDRESS, fullmatch=True).filter(lambda address: len(address) <= 254))
@settings(deadline=None, max_examples=100)
def test_any_address_that_is_taken_can_stand_in_a_mail(address: str) -> None:
    assert Address(addr_spec=address).addr_spec == address


# where it leads


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({}, "https://kb.example.gov.cn/"),
        ({"recipient": "liaison:371621001"}, "https://kb.example.gov.cn/"),
        ({"recipient": "person:p", "meeting_id": "evening"}, "https://hy.example.gov.cn/m/evening"),
        ({"recipient": "person:p"}, "https://xs.example.gov.cn/submit/follow"),
        ({"recipient": "person:p", "topic_id": None}, "https://kb.example.gov.cn/"),
    ],
    ids=["department", "office", "meeting", "topic", "anything else"],
)
def test_a_mail_leads_to_where_something_can_be_done(more: dict[str, str | None], url: str) -> None:
    assert link_of(delivery(**more), MAIL_SETTINGS).url == url


# what people write


def test_no_text_becomes_a_tag_a_template_or_a_header() -> None:
    nasty = '<script>alert(1)</script>{{ 7 * 7 }}\r\nBcc: all@example.com "quoted" & more'
    mail = read(written(delivery(title=nasty, body=nasty, topic_title=nasty, problem_text=nasty)))
    assert mail["Bcc"] is None
    assert str(mail["To"]) == CLERK
    html = part(mail, "text/html")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "49" not in html.replace("2024", "")
    assert "{{ 7 * 7 }}" in part(mail, "text/plain")


def test_a_long_chinese_subject_comes_back_whole_in_folded_lines() -> None:
    about = delivery(title="关于" + "老旧小区加装电梯" * 8, topic_title="加装电梯")
    content = written(about)
    assert str(read(content)["Subject"]) == subject_of(about)
    head = content.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) <= 78


@settings(deadline=None, max_examples=60)
@given(title=st.text(min_size=1, max_size=200), topic=st.none() | st.text(max_size=200), body=st.text())
@example(title="hm", topic="¡0000000¡¡Ĩ¡¡ᴉ ķ ķ", body="")  # a space where the line is broken
def test_any_title_makes_a_mail_that_can_travel(title: str, topic: str | None, body: str) -> None:
    content = written(delivery(title=title, topic_title=topic, body=body))
    content.decode("ascii")
    lines = content.split(b"\r\n")
    assert all(len(line) <= 998 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    mail = read(content)
    assert str(mail["Message-ID"]) == "<6f1f5b0e-1111-5222-8333-444455556666@hxs.example.gov.cn>"
    assert str(mail["Subject"]) == subject_of(delivery(title=title, topic_title=topic, body=body))


class _Seen(HTMLParser):
    """Notes what a mail program would fetch, and what it would not close."""

    void = frozenset({"meta", "br", "img", "link", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.language = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.fetched += [str(known[name]) for name in ("src", "background", "srcset") if name in known]
        self.fetched += [tag] if tag in ("link", "script", "style", "img", "iframe") else []
        self.language = known.get("lang") or self.language
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_says_its_language_and_fetches_nothing() -> None:
    seen = _Seen()
    mail = read(written(INVITED, circumstances(meeting=meeting(), unsubscribe=UNSUBSCRIBE)))
    seen.feed(part(mail, "text/html"))
    assert (seen.fetched, seen.open, seen.language) == ([], [], "zh-CN")


# the county's own templates


def test_a_county_may_have_its_own_template(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / PLAIN).write_text("惠民县：{{ 标题 }}", encoding="utf-8")
    own = MAIL_SETTINGS.model_copy(update={"templates_dir": tmp_path})
    mail = read(written(delivery(), settings=own))
    assert part(mail, "text/plain").startswith("惠民县：新交办问题")
    assert "<h1" in part(mail, "text/html"), "the packaged one, where the county has none"


@pytest.mark.parametrize(
    "faulty",
    [
        "{{ 没有的字段 }}",
        "{% if 标题 %}",
        "{{ 标题.__class__.__mro__ }}",
        "{{ 1 / 0 }}",
        "{% include '../../secret' %}",
        "\udcff",
    ],
    ids=["unknown field", "no end", "out of the sandbox", "arithmetic", "another file", "no text"],
)
def test_a_faulty_template_costs_nobody_their_notice(tmp_path: Path, faulty: str) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / PLAIN).write_bytes(faulty.encode("utf-8", "surrogateescape"))
    own = MAIL_SETTINGS.model_copy(update={"templates_dir": tmp_path})
    with capture_logs() as logged:
        mail = read(written(delivery(), settings=own))
    assert "新交办问题" in part(mail, "text/plain")
    assert [line["event"] for line in logged] == ["mail template unusable"]


def test_templates_of_text_are_not_escaped() -> None:
    fields = {"标题": "A & B", "正文": [], "事项": [], "链接": {"文字": "x", "地址": "y"}} | dict.fromkeys(
        ("日历", "缘由", "更改", "退订", "区划"), ""
    )
    assert "A & B" in Templates(None).render(PLAIN, fields)
    assert "A &amp; B" in Templates(None).render(HTML, fields)


def test_a_sender_without_a_name_is_the_products() -> None:
    bare = load_settings(smtp_host="127.0.0.1", smtp_from=SENDER)
    mail = read(written(delivery(), settings=bare))
    assert (str(mail["From"]), mail["Reply-To"]) == (f"惠协商 <{SENDER}>", None)
