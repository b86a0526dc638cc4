"""What notify does when something happened to a problem: a notice for each message, in its own stream."""

from __future__ import annotations

from services.notify.deciders import NOTICE
from services.notify.domain.messages import messages_on
from services.notify.domain.notice import PostNotice
from shared.contracts.cases import (
    ProblemAssigned,
    ProblemEvent,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemSolved,
)
from shared.contracts.envelope import Recorded
from shared.eventsourcing.reactions import Reaction, Send

TOLD: tuple[type[ProblemEvent], ...] = (
    ProblemAssigned,
    ProblemReplied,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
)


def post_notices(recorded: Recorded) -> list[Send]:
    """Tell those who have something to do now; of a back-entry, nobody."""
    event = recorded.event
    assert isinstance(event, ProblemEvent)  # noqa: S101 - all that this reaction reads
    commands = [
        PostNotice(
            division=event.division,
            recipient=message.recipient,
            cause=recorded.id,
            title=message.title,
            body=message.body,
            topic_id=event.topic_id,
        )
        for message in messages_on(event)
    ]
    return [Send(NOTICE.stream(command.notice_id), command) for command in commands]


ALL = (Reaction("post_notices", TOLD, post_notices),)
