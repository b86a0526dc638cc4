"""The minutes of a meeting: written, signed, published, corrected (M16).

The record has the hash of each version's text, never the text: people are named in it, and may have to be
forgotten. The names and fields of its events are stored for good (`shared/contracts/meetings.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MinutesDrafted, MinutesPublished, MinutesSigned
from shared.contracts.refusal import NotThereError, RefusedError
from shared.contracts.types import Flag, SignerRole

MINUTES_WORKING_DAYS = 7
"""Working days after the meeting within which its minutes are due, where a procedure says nothing else."""

NEEDED = (SignerRole.HOST, SignerRole.RECORDER)
"""Who has to sign before the minutes are published."""

# state


@dataclass(frozen=True)
class Signature:
    """Who signed, and as what."""

    person: str
    role: SignerRole


@dataclass(frozen=True)
class Version:
    """One text, by its hash."""

    number: int
    sha256: str
    signatures: tuple[Signature, ...] = ()
    published: bool = False

    def signed_as(self, role: SignerRole) -> bool:
        """Tell whether somebody signed it in this role."""
        return any(signature.role is role for signature in self.signatures)


@dataclass(frozen=True)
class Minutes:
    """All versions, the newest last; none before the first draft."""

    meeting_id: str = ""
    topic_id: str = ""
    division: str = ""
    versions: tuple[Version, ...] = ()

    @property
    def published(self) -> bool:
        """Whether a version was ever published; what comes after it is a correction."""
        return any(version.published for version in self.versions)


def evolve(minutes: Minutes, event: DomainEvent) -> Minutes:
    """Return the minutes after an event."""
    match event:
        case MinutesDrafted():
            version = Version(event.number, event.sha256)
            about = Minutes(event.meeting_id, event.topic_id, event.division)
            return replace(about, versions=(*minutes.versions, version))
        case MinutesSigned():
            signature = Signature(event.person, event.role)
            newest = minutes.versions[-1]
            return _with_newest(minutes, replace(newest, signatures=(*newest.signatures, signature)))
        case MinutesPublished():
            return _with_newest(minutes, replace(minutes.versions[-1], published=True))
    return minutes


def _with_newest(minutes: Minutes, version: Version) -> Minutes:
    return replace(minutes, versions=(*minutes.versions[:-1], version))


# commands


@dataclass(frozen=True)
class HeldMeeting:
    """What minutes need to know of their meeting.

    Attributes:
        due_on: until when the minutes are due; None for a back-entry, whose source does not say when they
            were written.
    """

    meeting_id: str
    topic_id: str
    division: str
    due_on: date | None = None


@dataclass(frozen=True)
class Drafting:
    """What a draft meets when it arrives.

    Attributes:
        today: in Asia/Shanghai.
        meeting: None where it was not held yet.
    """

    today: date
    meeting: HeldMeeting | None


@dataclass(frozen=True)
class DraftMinutes:
    """Write the minutes, or write them again.

    Attributes:
        sha256: of the text.
        reason: why it differs from what is published; needed for a correction.
    """

    sha256: str
    at: Drafting
    reason: str | None = None


@dataclass(frozen=True)
class Signing:
    """What a signature meets when it arrives.

    Attributes:
        now: aware.
        roles: as what the person may sign: what they were in this meeting.
    """

    now: datetime
    roles: frozenset[SignerRole]


@dataclass(frozen=True)
class SignMinutes:
    """Sign a version.

    Attributes:
        sha256: of the text that the person has read.
        person: opaque id.
    """

    number: int
    sha256: str
    person: str
    role: SignerRole
    at: Signing


@dataclass(frozen=True)
class PublishMinutes:
    """Let a version count from now on.

    Attributes:
        today: in Asia/Shanghai.
    """

    number: int
    today: date


MinutesCommand = DraftMinutes | SignMinutes | PublishMinutes

# decisions


def decide(command: MinutesCommand, minutes: Minutes) -> Sequence[DomainEvent]:
    """Return what a command does to the minutes.

    Raises:
        NotThereError: nothing was drafted yet.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, DraftMinutes):
        return _draft(command, minutes)
    if not minutes.versions:
        raise NotThereError("minutes-unknown", zh="纪要尚未起草。", en="The minutes are not drafted yet.")
    match command:
        case SignMinutes():
            return _sign(command, minutes)
        case PublishMinutes():
            return _publish(command, minutes)


def _draft(command: DraftMinutes, minutes: Minutes) -> Sequence[DomainEvent]:
    meeting = command.at.meeting
    if meeting is None:
        raise RefusedError(
            "meeting-not-held",
            rule="M16",
            zh="协商活动结束后才能起草纪要。",
            en="Minutes are drafted after the meeting was held.",
        )
    if minutes.versions and minutes.versions[-1].sha256 == command.sha256:
        return []
    if minutes.published and command.reason is None:
        raise RefusedError(
            "correction-without-reason",
            rule="M16",
            zh="纪要已发布，更正须写明原因。",
            en="The minutes are published; a correction states its reason.",
            field="reason",
        )
    return [
        MinutesDrafted(
            meeting_id=meeting.meeting_id,
            topic_id=meeting.topic_id,
            division=meeting.division,
            number=len(minutes.versions) + 1,
            sha256=command.sha256,
            reason=command.reason,
            drafted_on=command.at.today,
            flags=() if minutes.versions else _late(command.at.today, meeting.due_on),
        )
    ]


def _late(today: date, due_on: date | None) -> tuple[Flag, ...]:
    if due_on is None or today <= due_on:
        return ()
    return (Flag(rule="M16", text=f"纪要最迟应于 {due_on} 形成，实际于 {today} 形成"),)


def _newest(minutes: Minutes, number: int) -> Version:
    newest = minutes.versions[-1]
    if number != newest.number:
        raise RefusedError(
            "minutes-not-newest",
            rule="M16",
            zh=f"纪要最新为第 {newest.number} 稿，请先阅读该稿。",
            en=f"The newest version is {newest.number}; read that one first.",
            field="number",
        )
    return newest


def _sign(command: SignMinutes, minutes: Minutes) -> Sequence[DomainEvent]:
    version = _newest(minutes, command.number)
    if command.sha256 != version.sha256:
        raise RefusedError(
            "minutes-differ",
            rule="M16",
            zh="所签文本与该稿不一致，请重新阅读后签署。",
            en="This is not the hash of that version's text; read it again, then sign.",
            field="sha256",
        )
    if Signature(command.person, command.role) in version.signatures:
        return []
    _require_entitled(command, version)
    return [
        MinutesSigned(
            meeting_id=minutes.meeting_id,
            number=version.number,
            sha256=version.sha256,
            person=command.person,
            role=command.role,
            signed_at=command.at.now,
        )
    ]


def _require_entitled(command: SignMinutes, version: Version) -> None:
    if any(signature.person == command.person for signature in version.signatures):
        raise RefusedError(
            "signed-already",
            rule="M16",
            zh="您已以其他身份签署该稿；每人每稿只签一次。",
            en="You signed this version in another role; everybody signs a version once.",
            field="role",
        )
    if command.role not in command.at.roles:
        raise RefusedError(
            "not-entitled-to-sign",
            rule="M16",
            zh="只有主持人、记录人和已签到的参会人可以签署，且只能以本人身份签署。",
            en="The host, the recorder and people who were checked in sign, each as what they were.",
            field="role",
        )
    if command.role in NEEDED and version.signed_as(command.role):
        raise RefusedError(
            "role-signed-already",
            rule="M16",
            zh="该身份已有他人签署该稿。",
            en="Somebody else signed this version in that role.",
            field="role",
        )


def _publish(command: PublishMinutes, minutes: Minutes) -> Sequence[DomainEvent]:
    version = _newest(minutes, command.number)
    if version.published:
        return []
    missing = [role for role in NEEDED if not version.signed_as(role)]
    if missing:
        titles = {SignerRole.HOST: "主持人", SignerRole.RECORDER: "记录人"}
        raise RefusedError(
            "signatures-missing",
            rule="M16",
            zh=f"第 {version.number} 稿尚缺{'、'.join(titles[role] for role in missing)}签署，不能发布。",
            en=f"Version {version.number} is not signed yet by its {' and '.join(missing)}.",
        )
    return [
        MinutesPublished(
            meeting_id=minutes.meeting_id,
            topic_id=minutes.topic_id,
            division=minutes.division,
            number=version.number,
            sha256=version.sha256,
            published_on=command.today,
        )
    ]
