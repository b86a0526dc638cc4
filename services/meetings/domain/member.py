"""A CPPCC member on the roster: enrolled, put right, posted, retired (M18).

Names and phones are in `people`; Party membership is restricted and known to nothing in this module: what a
stream says is said for good, and to everybody who subscribes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shared.contracts.base import DomainEvent
from shared.contracts.meetings import MemberChanged, MemberEnrolled, MemberPosted, MemberRetired
from shared.contracts.refusal import NotThereError, RefusedError

COUNTY_DIGITS = 6

# state


@dataclass(frozen=True)
class Entry:
    """What the roster says of a member, and may be put right.

    Attributes:
        sector: 界别.
        account: opaque id under which they act themselves; None as long as they have no account.
    """

    sector: str = ""
    liaison_office: str = ""
    skills: tuple[str, ...] = ()
    term: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class Posting:
    """Where a member is posted, as what, from when and until when (the last day)."""

    specialty: str
    from_on: date
    until: date | None = None


@dataclass(frozen=True)
class Member:
    """A member; `member_id` is empty where none was enrolled.

    Attributes:
        person: opaque id under which name, phone and restricted facts are kept.
        postings: by division; of each the latest.
        retired_on: the first day on which they are none; None while they serve.
    """

    member_id: str = ""
    division: str = ""
    person: str = ""
    entry: Entry = Entry()
    enrolled_on: date = date.min
    postings: Mapping[str, Posting] = field(default_factory=dict)
    retired_on: date | None = None

    def serves_on(self, day: date) -> bool:
        """Tell whether they are a member on a day."""
        return bool(self.member_id) and self.enrolled_on <= day and not self._retired_by(day)

    def _retired_by(self, day: date) -> bool:
        return self.retired_on is not None and self.retired_on <= day


def _entered_by(event: MemberEnrolled | MemberChanged) -> Entry:
    return Entry(event.sector, event.liaison_office, event.skills, event.term, event.account)


def evolve(member: Member, event: DomainEvent) -> Member:
    """Return the member after an event."""
    match event:
        case MemberEnrolled():
            return Member(
                event.member_id, event.division, event.person, _entered_by(event), event.enrolled_on
            )
        case MemberChanged():
            return replace(member, entry=_entered_by(event))
        case MemberPosted():
            posting = Posting(event.specialty, event.from_on, event.until)
            return replace(member, postings={**member.postings, event.posted_to: posting})
        case MemberRetired():
            return replace(member, retired_on=event.retired_on)
    return member


# commands


@dataclass(frozen=True)
class EnrolMember:
    """Enter somebody on the county's roster."""

    member_id: str
    division: str
    person: str
    sector: str
    liaison_office: str
    enrolled_on: date
    skills: tuple[str, ...] = ()
    term: str | None = None
    account: str | None = None


@dataclass(frozen=True)
class ChangeMember:
    """Say anew what the roster says of a member, all of it."""

    sector: str
    liaison_office: str
    changed_on: date
    skills: tuple[str, ...] = ()
    term: str | None = None


@dataclass(frozen=True)
class LinkAccount:
    """Say whose account is the member's, so that they find what is theirs.

    Attributes:
        today: in Asia/Shanghai.
    """

    account: str
    today: date


@dataclass(frozen=True)
class PostMember:
    """Post a member to a town or community of the county (委员下沉), or end or prolong a posting."""

    posted_to: str
    specialty: str
    from_on: date
    until: date | None = None


@dataclass(frozen=True)
class RetireMember:
    """Take somebody off the roster."""

    reason: str
    retired_on: date


MemberCommand = EnrolMember | ChangeMember | LinkAccount | PostMember | RetireMember

# decisions


def decide(command: MemberCommand, member: Member) -> Sequence[DomainEvent]:
    """Return what a command does to a member.

    Raises:
        NotThereError: nobody was enrolled under this id.
        RefusedError: a rule forbids it.
    """
    if isinstance(command, EnrolMember):
        return _enrol(command, member)
    if not member.member_id:
        raise NotThereError("member-unknown", zh="没有这位委员。", en="There is no such member.")
    if member.retired_on is not None:
        return _after_retirement(command)
    match command:
        case ChangeMember():
            account = member.entry.account
            said = Entry(command.sector, command.liaison_office, command.skills, command.term, account)
            return _change(said, command.changed_on, member)
        case LinkAccount():
            return _change(replace(member.entry, account=command.account), command.today, member)
        case PostMember():
            return _post(command, member)
        case RetireMember():
            return _retire(command, member)


def _enrol(command: EnrolMember, member: Member) -> Sequence[DomainEvent]:
    if member.member_id:
        raise RefusedError(
            "member-exists",
            zh=f"编号 {command.member_id} 已有委员。",
            en=f"There is a member {command.member_id} already; use another id.",
            field="member_id",
        )
    if len(command.division) != COUNTY_DIGITS:
        raise RefusedError(
            "member-of-county",
            rule="M18",
            zh="委员名册属于县级政协，区划代码应为六位；到镇村用委员下沉登记。",
            en="The roster is a county's: give its six digits, and post the member to a town or community.",
            field="division",
        )
    return [MemberEnrolled(**vars(command))]


def _after_retirement(command: MemberCommand) -> Sequence[DomainEvent]:
    if isinstance(command, RetireMember):
        return []
    raise RefusedError(
        "member-retired",
        rule="M18",
        zh="该委员已不在名册；重新任职请另行登记。",
        en="They are no longer a member; who serves again is enrolled anew.",
    )


def _change(entry: Entry, changed_on: date, member: Member) -> Sequence[DomainEvent]:
    if entry == member.entry:
        return []
    return [MemberChanged(member_id=member.member_id, changed_on=changed_on, **vars(entry))]


def _post(command: PostMember, member: Member) -> Sequence[DomainEvent]:
    if len(command.posted_to) == COUNTY_DIGITS or not command.posted_to.startswith(member.division):
        raise RefusedError(
            "posted-elsewhere",
            rule="M18",
            zh="委员下沉到本县的镇街或村居。",
            en="A member is posted to a town or a community of the own county.",
            field="posted_to",
        )
    if command.until is not None and command.until < command.from_on:
        raise RefusedError(
            "posting-ends-before-it-begins",
            rule="M18",
            zh="下沉截止日期不能早于开始日期。",
            en="A posting ends after it begins.",
            field="until",
        )
    posting = Posting(command.specialty, command.from_on, command.until)
    if member.postings.get(command.posted_to) == posting:
        return []
    return [MemberPosted(member_id=member.member_id, **vars(command))]


def _retire(command: RetireMember, member: Member) -> Sequence[DomainEvent]:
    if command.retired_on < member.enrolled_on:
        raise RefusedError(
            "retired-before-enrolled",
            rule="M18",
            zh=f"该委员 {member.enrolled_on} 才任职，卸任日期不能早于该日。",
            en=f"They became a member on {member.enrolled_on} and cannot retire before.",
            field="retired_on",
        )
    return [MemberRetired(member_id=member.member_id, **vars(command))]
