"""What notify does when something happened elsewhere: a notice for each message, in its own stream."""

from __future__ import annotations

from services.notify.deciders import NOTICE
from services.notify.domain.messages import messages_on
from services.notify.domain.notice import PostNotice
from services.notify.domain.webhook_news import news_of
from shared.contracts.base import DomainEvent
from shared.contracts.cases import (
    DueDateExtended,
    ProblemAssigned,
    ProblemReassigned,
    ProblemReferred,
    ProblemReopened,
    ProblemReplied,
    ProblemReturned,
    ProblemSolved,
    ReferralDecided,
)
from shared.contracts.envelope import Recorded
from shared.contracts.meetings import (
    MeetingCancelled,
    MeetingRescheduled,
    NoticeSent,
    ParticipantInvited,
    ParticipantRegistered,
    RegistrationWithdrawn,
    SeatPromoted,
)
from shared.contracts.notify import WebhookDisabled
from shared.contracts.topics import TopicRejected
from shared.eventsourcing.reactions import Reaction, Send

TOLD: tuple[type[DomainEvent], ...] = (
    ProblemAssigned,
    ProblemReturned,
    ProblemReassigned,
    DueDateExtended,
    ProblemReplied,
    ProblemSolved,
    ProblemReopened,
    ProblemReferred,
    ReferralDecided,
    TopicRejected,
    ParticipantInvited,
    ParticipantRegistered,
    SeatPromoted,
    RegistrationWithdrawn,
    NoticeSent,
    MeetingRescheduled,
    MeetingCancelled,
)


def post_notices(recorded: Recorded) -> list[Send]:
    """Tell those who have something to do now, or wait for an answer; of a back-entry, nobody."""
    commands = [
        PostNotice(
            division=recorded.division,
            recipient=message.recipient,
            cause=recorded.id,
            caused_at=recorded.recorded_at,
            title=message.title,
            body=message.body,
            topic_id=getattr(recorded.event, "topic_id", None),
            event_name=recorded.event.name,
            meeting_id=getattr(recorded.event, "meeting_id", None),
            problem_id=getattr(recorded.event, "problem_id", None),
        )
        for message in messages_on(recorded.event)
    ]
    return [Send(NOTICE.stream(command.notice_id), command) for command in commands]


def tell_webhook_owner(recorded: Recorded) -> list[Send]:
    """Tell the owner of a webhook that it was disabled without their doing."""
    message = news_of(recorded.event) if isinstance(recorded.event, WebhookDisabled) else None
    if message is None:
        return []
    command = PostNotice(
        division=recorded.division,
        recipient=message.recipient,
        cause=recorded.id,
        caused_at=recorded.recorded_at,
        title=message.title,
        body=message.body,
        event_name=recorded.event.name,
    )
    return [Send(NOTICE.stream(command.notice_id), command)]


ALL = (
    Reaction("post_notices", TOLD, post_notices),
    Reaction("tell_webhook_owner", (WebhookDisabled,), tell_webhook_owner),
)
