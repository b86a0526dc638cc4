"""Mails to a real mail server, a process of its own: encrypted, once, and again under the same Message-ID."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import trustme
from icalendar import Calendar

from services.notify.channels import Delivery, NotYetError, SendError, UndeliverableError
from services.notify.channels.mail.channel import LONGEST_WAIT, Mail
from services.notify.projections.meetings import MEETINGS, VENUES
from shared.cli import doctor
from shared.contracts.notify import NoticeClass
from shared.eventsourcing.errors import NotCaughtUpError
from shared.eventsourcing.read_model import ReadModel
from shared.eventsourcing.testing import fold_all
from shared.platform.settings import Settings, load_settings
from shared.platform.smtp import tls_context
from tests.mail_server import PASSWORD, USER, MailServer, read
from tests.unit.notify.mails import NOW, SENDER, delivery, part
from tests.unit.notify.meetings_known import EVENING, HALL_STREAM, MEETING_STREAM, VENUE_STREAM

Starter = Callable[..., MailServer]


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Who vouches for the server."""
    return trustme.CA()


@pytest.fixture(scope="session")
def certificates(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authority's certificate, the server's, and one of another server."""
    folder = tmp_path_factory.mktemp("certificates")
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    other = authority.issue_cert("mail.elsewhere.example")
    other.private_key_and_cert_chain_pem.write_to_path(str(folder / "other.pem"))
    return folder


@pytest.fixture
def serve(tmp_path: Path, certificates: Path) -> Iterator[Starter]:
    """Start mail servers, which are killed after the test."""
    servers: list[MailServer] = []

    def start(**more: Any) -> MailServer:
        server = MailServer(tmp_path / "taken", **({"certificate": certificates / "server.pem"} | more))
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def settings_for(certificates: Path) -> Callable[..., Settings]:
    """Make settings for a server."""

    def make(server: MailServer, **more: Any) -> Settings:
        said = {"smtp_host": "127.0.0.1", "smtp_port": server.port, "smtp_from": SENDER}
        trusted = {"smtp_ca_file": certificates / "authority.pem", "smtp_timeout_seconds": 5}
        return load_settings(**(said | trusted | more))

    return make


class Known:
    """The read models as of so many events of the meeting's stream."""

    def __init__(self, events: int = len(MEETING_STREAM), *, venues: bool = True) -> None:
        self._meetings = fold_all(MEETINGS, MEETING_STREAM[:events])
        self._venues = fold_all(VENUES, [*VENUE_STREAM, *HALL_STREAM]) if venues else {}
        self._version = events

    async def wait_for_version(self, key: str, version: int) -> Mapping[str, Any]:
        """Return a meeting, if it is known so far."""
        if self._version < version:
            raise NotCaughtUpError(key, wanted=version, seen=self._version)
        return self._meetings[key]

    async def get(self, key: str) -> Mapping[str, Any] | None:
        """Return a venue."""
        return self._venues.get(key)


@asynccontextmanager
async def mailing(settings: Settings, known: Known | None = None) -> AsyncIterator[Mail]:
    """Make the channel, which takes its leave at the end."""
    models = cast(ReadModel, known or Known())
    channel = Mail(settings, {"meetings": models, "venues": models}, lambda: NOW)
    yield channel
    await channel.close()


def to(name: str, **more: Any) -> Delivery:
    """Return a delivery to somebody at a domain of this test."""
    return delivery(**({"address": f"{name}@example.org"} | more))


def told_of_the_meeting(version: int, event_name: str) -> Delivery:
    return to(
        "resident",
        recipient="person:a-resident",
        title="邀请您参加协商会议",
        cause=f"meeting-{EVENING}:{version}",
        event_name=event_name,
        meeting_id=EVENING,
        posted_at=MEETING_STREAM[version - 1].recorded_at,
    )


def how(server: MailServer) -> list[str]:
    """Return how each mail came: encrypted or not, from whom."""
    return ["-".join(path.stem.split("-")[1:3]) for path in sorted(server.folder.glob("*.eml"))]


def connections(server: MailServer) -> int:
    """Return by how many connections mails came."""
    return len({path.stem.rpartition("-")[2] for path in server.folder.glob("*.eml")})


# taken


@pytest.mark.rule("N02")
async def test_a_mail_arrives_encrypted_signed_in_and_whole(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(auth=True)
    async with mailing(settings_for(server, smtp_user=USER, smtp_password=PASSWORD)) as mail:
        answer = await mail.send(to("clerk"))
    (taken,) = server.mails()
    assert how(server) == ["tls-known"]
    assert str(taken["Subject"]) == "【惠协商】新交办问题，最迟2024年12月5日答复（路灯补亮）"
    assert str(taken["Message-ID"]) == f"<{delivery().delivery_id}@hxs.example.gov.cn>"
    assert "东关社区三处路灯不亮" in part(taken, "text/plain")
    assert "<h1" in part(taken, "text/html")
    assert answer is not None
    assert "queued" in answer
    assert "@" not in answer, "an address goes into no record (N12)"


async def test_a_server_that_is_encrypted_from_the_start_is_spoken_to_so(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(tls="tls")
    async with mailing(settings_for(server, smtp_tls="tls")) as mail:
        await mail.send(to("clerk"))
    assert how(server) == ["tls-anonymous"]


async def test_a_server_on_the_same_machine_may_be_spoken_to_plainly(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(tls="none", certificate=None)
    async with mailing(settings_for(server, smtp_tls="none")) as mail:
        await mail.send(to("clerk"))
    assert how(server) == ["plain-anonymous"]


async def test_a_connection_serves_many_mails_and_several_serve_more(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    async with mailing(settings_for(server, smtp_connections=3)) as mail:
        for n in range(5):
            await mail.send(to(f"clerk-{n}"))
        assert connections(server) == 1
        await asyncio.gather(*(mail.send(to(f"member-{n}")) for n in range(20)))
    assert len(server.mails()) == 25
    assert connections(server) == 3


async def test_a_server_that_was_restarted_meanwhile_is_greeted_anew(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    async with mailing(settings_for(server)) as mail:
        await mail.send(to("clerk", delivery_id="first"))
        server.kill()
        server.folder = server.folder.with_name("after")
        server.start()
        await mail.send(to("clerk", delivery_id="second"))
    (taken,) = server.mails()
    assert "second" in str(taken["Message-ID"])


# meetings


@pytest.mark.rule("N11")
async def test_invitations_that_arrive_keep_one_uid_and_follow_the_changes(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    steps = ((2, "ParticipantInvited"), (4, "MeetingRescheduled"), (6, "MeetingCancelled"))
    for version, name in steps:
        async with mailing(settings_for(server), Known(version)) as mail:
            await mail.send(told_of_the_meeting(version, name))
    seen = []
    for taken in server.mails():
        (calendar,) = [each for each in taken.walk() if each.get_content_type() == "text/calendar"]
        parsed = Calendar.from_ical(part(taken, "text/calendar"))
        assert isinstance(parsed, Calendar)
        (event,) = parsed.events
        seen.append((calendar.get_param("method"), str(parsed["method"]), str(event["uid"]), event.sequence))
        assert str(event["attendee"]) == "mailto:resident@example.org"
    uid = f"meeting-{EVENING}@371621"
    assert seen == [
        ("REQUEST", "REQUEST", uid, 0),
        ("REQUEST", "REQUEST", uid, 1),
        ("CANCEL", "CANCEL", uid, 2),
    ]


@pytest.mark.rule("N11", "M17")
async def test_no_invitation_goes_out_before_the_change_it_tells_of_is_known(
    settings_for: Callable[..., Settings],
) -> None:
    settings = settings_for(SimpleNamespace(port=1))
    moved = replace(told_of_the_meeting(4, "MeetingRescheduled"), posted_at=NOW)
    for known in (Known(3), Known(4, venues=False)):
        async with mailing(settings, known) as mail:
            with pytest.raises(NotYetError):
                await mail.send(moved)


@pytest.mark.rule("N09")
async def test_an_invitation_that_cannot_be_written_for_long_is_shown_as_failing(
    settings_for: Callable[..., Settings],
) -> None:
    waiting = told_of_the_meeting(4, "MeetingRescheduled")
    async with mailing(settings_for(SimpleNamespace(port=1)), Known(3)) as mail:
        with pytest.raises(SendError, match="会议的时间地点"):
            await mail.send(replace(waiting, posted_at=NOW - LONGEST_WAIT))


async def test_news_of_a_meeting_is_no_invitation(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    news = replace(told_of_the_meeting(2, "MeetingScheduled"), notice_class=NoticeClass.FOLLOW)
    async with mailing(settings_for(server)) as mail:
        await mail.send(news)
    (taken,) = server.mails()
    assert [each.get_content_type() for each in taken.walk()][1:] == ["text/plain", "text/html"]


# not taken


@pytest.mark.rule("N09")
async def test_what_is_refused_for_now_is_taken_later_once(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    async with mailing(settings_for(server)) as mail:
        with pytest.raises(SendError, match="451") as caught:
            await mail.send(to("busy"))
        assert not caught.value.permanent
        await mail.send(to("busy", attempt=2))
    assert len(server.mails()) == 1


@pytest.mark.rule("N09")
@pytest.mark.parametrize(("name", "code"), [("refused", "550"), ("spam", "554 5.7.1")])
async def test_what_is_refused_for_good_is_not_tried_again(
    serve: Starter, settings_for: Callable[..., Settings], name: str, code: str
) -> None:
    server = serve()
    async with mailing(settings_for(server)) as mail:
        with pytest.raises(SendError, match=code) as caught:
            await mail.send(to(name))
        assert caught.value.permanent
        await mail.send(to("clerk"))
    assert len(server.mails()) == 1, "the connection serves the next mail"


@pytest.mark.rule("N12")
async def test_a_reason_repeats_no_address_whatever_the_server_says(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    async with mailing(settings_for(serve())) as mail:
        for name in ("unknown", "refused", "spam", "busy"):
            with pytest.raises((SendError, UndeliverableError)) as caught:
                await mail.send(to(name))
            told = [str(caught.value), repr(caught.value.__cause__), repr(caught.value.args)]
            assert not any("example.org" in each for each in told)
            assert caught.value.__suppress_context__, "the log shows no cause that quotes it"


async def test_an_address_that_the_server_does_not_know_is_given_up(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    async with mailing(settings_for(serve())) as mail:
        with pytest.raises(UndeliverableError, match=r"550 5\.1\.1"):
            await mail.send(to("unknown"))


@pytest.mark.parametrize(
    "address",
    [
        *("", "nobody", "a b@example.org", "张三@example.org", "a,b@example.org", "a..b@example.org"),
        *(".a@example.org", '"a"@example.org', "a@example..org", "a@example.org\r\nRCPT TO:<b@c.d>"),
    ],
)
async def test_an_address_that_is_none_reaches_no_server(
    settings_for: Callable[..., Settings], address: str
) -> None:
    async with mailing(settings_for(SimpleNamespace(port=1))) as mail:
        with pytest.raises(UndeliverableError):
            await mail.send(delivery(address=address))


async def test_nothing_is_said_to_a_server_that_cannot_encrypt(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(tls="none", certificate=None, auth=True)
    async with mailing(settings_for(server, smtp_user=USER, smtp_password=PASSWORD)) as mail:
        with pytest.raises(SendError, match="STARTTLS") as caught:
            await mail.send(to("clerk"))
    assert not caught.value.permanent
    assert server.mails() == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("wrong", ["another server", "unknown authority"])
async def test_a_server_that_cannot_prove_who_it_is_gets_no_mail(
    serve: Starter, settings_for: Callable[..., Settings], certificates: Path, tls: str, wrong: str
) -> None:
    own = certificates / ("other.pem" if wrong == "another server" else "server.pem")
    server = serve(tls=tls, certificate=own)
    trusted = certificates / "authority.pem" if wrong == "another server" else None
    async with mailing(settings_for(server, smtp_tls=tls, smtp_ca_file=trusted)) as mail:
        with pytest.raises(SendError, match="证书") as caught:
            await mail.send(to("clerk"))
    assert not caught.value.permanent, "the operator mends it, and the mails go out"
    assert server.mails() == []


async def test_a_wrong_password_is_the_operators_to_mend(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(auth=True)
    async with mailing(settings_for(server, smtp_user=USER, smtp_password="wrong")) as mail:
        with pytest.raises(SendError, match="拒绝登录（535") as caught:
            await mail.send(to("clerk"))
    assert not caught.value.permanent
    assert "wrong" not in caught.value.reason


async def test_a_server_that_is_away_is_tried_again(settings_for: Callable[..., Settings]) -> None:
    async with mailing(settings_for(SimpleNamespace(port=1))) as mail:
        with pytest.raises(SendError, match="连接失败") as caught:
            await mail.send(to("clerk"))
    assert not caught.value.permanent


async def test_a_server_that_does_not_answer_is_tried_again_on_another_connection(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    async with mailing(settings_for(server, smtp_timeout_seconds=0.5)) as mail:
        with pytest.raises(SendError, match="超时") as caught:
            await mail.send(to("hang"))
        assert not caught.value.permanent
        await mail.send(to("clerk"))
    assert len(server.mails()) == 1


@pytest.mark.rule("N09")
async def test_a_server_killed_in_the_middle_of_a_mail_gets_it_again_under_the_same_id(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    hanging = server.folder / "hanging"
    async with mailing(settings_for(server)) as mail:
        sending = asyncio.create_task(mail.send(to("hang")))
        async with asyncio.timeout(10):
            while not hanging.exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        server.kill()
        with pytest.raises(SendError) as caught:
            await sending
        assert not caught.value.permanent
        server.start()
        await mail.send(to("clerk", attempt=2))
    (taken,) = server.mails()
    assert str(taken["Message-ID"]) == str(read(hanging)["Message-ID"])


async def test_a_mail_that_is_called_off_leaves_no_half_of_it_to_the_next(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve()
    async with mailing(settings_for(server, smtp_connections=1)) as mail:
        sending = asyncio.create_task(mail.send(to("hang")))
        async with asyncio.timeout(10):
            while not (server.folder / "hanging").exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await mail.send(to("clerk"))
    assert len(server.mails()) == 1


def test_the_system_trusts_what_the_machine_trusts_besides_the_countys_own(certificates: Path) -> None:
    own = load_settings(smtp_ca_file=certificates / "authority.pem")
    context = tls_context(own)
    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert len(context.get_ca_certs()) >= len(ssl.create_default_context().get_ca_certs()) + 1


# the doctor


async def test_the_doctor_knows_whether_mails_could_go_out(
    serve: Starter, settings_for: Callable[..., Settings]
) -> None:
    server = serve(auth=True)
    right = settings_for(server, smtp_user=USER, smtp_password=PASSWORD)
    wrong = settings_for(server, smtp_user=USER, smtp_password="wrong horse")
    stranger = settings_for(server, smtp_ca_file=None)
    away = settings_for(SimpleNamespace(port=1))
    found = []
    for settings in (load_settings(), right, wrong, stranger, away):
        (check,) = [check async for check in doctor._mail(settings)]
        found.append(check)
        assert "wrong horse" not in f"{check}"
    assert [check.ok for check in found] == [True, True, False, False, False]
    assert "none is sent" in found[0].detail
    assert "signed in as hxs" in found[1].detail
    assert "HXS_SMTP_CA_FILE" in found[3].remedy
