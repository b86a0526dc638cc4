"""A notice's commands: what each does, what forbids it, when there is nothing to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notify.deciders import NOTICE
from services.notify.domain.notice import PostNotice, notice_id
from shared.contracts.notify import NoticeChannel, NoticeClass
from shared.contracts.refusal import NotThereError
from shared.eventsourcing.testing import given
from tests.unit.notify.examples import (
    CAUSE,
    FINANCE,
    HOUSING,
    LIAISON,
    NOON,
    POST,
    POSTED,
    READ,
    READ_IT,
    TOWN,
)

# post


@pytest.mark.rule("N01")
@pytest.mark.rule("N02")
def test_somebody_is_told_in_their_inbox_what_cannot_be_muted() -> None:
    assert (POSTED.notice_class, POSTED.channel) == (NoticeClass.TRANSACTIONAL, NoticeChannel.INBOX)

    given(NOTICE).when(POST).then(POSTED)


@pytest.mark.rule("N03")
def test_nobody_is_told_twice_not_even_in_other_words() -> None:
    given(NOTICE, POSTED).when(POST).then_nothing()
    given(NOTICE, POSTED, READ).when(replace(POST, title="交办提醒", body="请尽快答复。")).then_nothing()


@pytest.mark.rule("N03")
@pytest.mark.parametrize(
    "other",
    [
        replace(POST, recipient=FINANCE),
        replace(POST, cause="problem-dark-corner:2"),
        replace(POST, channel=NoticeChannel.EMAIL),
    ],
    ids=["recipient", "cause", "channel"],
)
def test_what_differs_in_cause_recipient_or_channel_is_a_notice_of_its_own(other: PostNotice) -> None:
    assert other.notice_id != POST.notice_id

    given(NOTICE, POSTED).when(other).then_refused("another-notice", rule="N03")


@pytest.mark.rule("N03")
def test_the_id_of_a_notice_never_changes() -> None:
    """It is stored: another derivation would tell everybody everything again."""
    assert notice_id(CAUSE, HOUSING, NoticeChannel.INBOX) == "3dbe0dbe-b4b2-5167-88c7-f2d1a5028752"


# read


def test_the_recipient_reads_a_notice() -> None:
    given(NOTICE, POSTED).when(READ_IT).then(READ)


def test_who_reads_for_several_reads_the_notice_of_each() -> None:
    given(NOTICE, POSTED).when(replace(READ_IT, inboxes=frozenset({LIAISON, HOUSING}))).then(READ)


def test_a_notice_that_was_read_is_read_once() -> None:
    given(NOTICE, POSTED, READ).when(replace(READ_IT, at=NOON.replace(hour=9))).then_nothing()


@pytest.mark.parametrize(
    "inboxes", [frozenset({FINANCE}), frozenset[str]()], ids=["of-somebody-else", "of-nobody"]
)
def test_for_everybody_else_the_notice_is_not_there(inboxes: frozenset[str]) -> None:
    refusal = given(NOTICE, POSTED).when(replace(READ_IT, inboxes=inboxes)).then_refused("notice-unknown")

    assert isinstance(refusal, NotThereError)


def test_a_notice_that_was_never_posted_is_not_there() -> None:
    given(NOTICE).when(READ_IT).then_refused("notice-unknown")


@pytest.mark.rule("N02")
def test_what_went_elsewhere_is_not_in_the_inbox() -> None:
    mailed = POSTED.model_copy(update={"channel": NoticeChannel.EMAIL})

    given(NOTICE, mailed).when(READ_IT).then_refused("notice-unknown")


# where it belongs


def test_a_notice_lies_in_the_division_of_what_it_is_about() -> None:
    assert NOTICE.division_of is not None
    assert NOTICE.division_of(NOTICE.initial) == ""
    assert NOTICE.division_of(given(NOTICE, POSTED).state) == TOWN
