"""The shapes of what everybody may read: topics, typical cases, one's own topic, a year in figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.board.publicity import public_happenings
from services.board.status import Status
from services.board.views.base import View
from services.board.words import SELECTION_LEVELS, STATUSES
from shared.contracts.types import ReplyResult, SelectionLevel, TopicClass
from shared.platform.divisions import Divisions, town_of
from shared.platform.language import Language
from shared.platform.words import CLASSES


class PublicTopicView(View):
    """A topic that was taken up, as everybody may read it.

    Attributes:
        title: with telephone numbers, identity numbers and addresses of mail masked.
        town, town_name: where it belongs to; the county for what is the county's.
        year: of the ledger.
        status, status_text: where it stands; null while that is not known yet.
        merged_into: id of the topic that it goes on in.
        cases: ids of its published typical cases.
    """

    topic_id: str
    title: str
    town: str
    town_name: str
    topic_class: TopicClass | None
    class_text: str | None
    year: int
    proposed_on: date
    adopted_on: date | None
    status: Status | None
    status_text: str | None
    merged_into: str | None
    cases: list[str]

    @staticmethod
    def of(
        document: Mapping[str, Any],
        activity: Mapping[str, Any] | None,
        divisions: Divisions,
        language: Language,
    ) -> PublicTopicView:
        """Return a document of `public_topics`, with where its document of `activities` says it stands."""
        return PublicTopicView.model_validate(public_topic(document, activity, divisions, language))


def public_topic(
    document: Mapping[str, Any],
    activity: Mapping[str, Any] | None,
    divisions: Divisions,
    language: Language,
) -> dict[str, Any]:
    """Return the fields of `PublicTopicView`."""
    status = (activity or {}).get("status")
    return {
        **_about(document, divisions, language),
        "proposed_on": document["proposed_on"],
        "adopted_on": document["adopted_on"],
        "status": status,
        "status_text": STATUSES[Status(status)].in_(language) if status else None,
        "merged_into": document["merged_into"],
        "cases": sorted(document["cases"]),
    }


def _about(document: Mapping[str, Any], divisions: Divisions, language: Language) -> dict[str, Any]:
    town, topic_class = town_of(document["division"]), document["topic_class"]
    return {
        "topic_id": document["topic_id"],
        "title": document["title"],
        "town": town,
        "town_name": divisions.name(town),
        "topic_class": topic_class,
        "class_text": CLASSES[TopicClass(topic_class)].in_(language) if topic_class else None,
        "year": document["year"],
    }


class PublicHappeningView(View):
    """Something that happened to a topic.

    Attributes:
        on: the day, in Asia/Shanghai; null where the record does not say.
        text: in the reader's language.
    """

    on: date | None
    text: str


class PublicTimelineView(PublicTopicView):
    """A topic with what happened to it, in order; what people wrote freely is left out."""

    happenings: list[PublicHappeningView]


class OwnReplyView(View):
    """What a department says to whoever raised a topic.

    Attributes:
        lead: 承办单位.
        assigned_on, due_on: of the problem that came of the topic.
        result, text, replied_on: of the newest reply; null before one.
        follow_up_on: when it is looked at again.
    """

    lead: str
    assigned_on: date
    due_on: date | None
    result: ReplyResult | None
    text: str | None
    replied_on: date | None
    follow_up_on: date | None


class OwnTopicView(PublicTimelineView):
    """One's own topic, opened by its receipt: also before it was taken up, and with the replies.

    Attributes:
        reason: why it was not taken up, where it was not (T11).
    """

    reason: str | None
    replies: list[OwnReplyView]

    @staticmethod
    def opened(
        document: Mapping[str, Any],
        activity: Mapping[str, Any] | None,
        timeline: Mapping[str, Any] | None,
        answering: Iterable[Mapping[str, Any]],
        divisions: Divisions,
        language: Language,
    ) -> OwnTopicView:
        """Return a document of `public_topics` as the topic's proposer sees it.

        Args:
            document: the topic.
            activity: its document of `activities`, if there is one yet.
            timeline: likewise of `timeline`.
            answering: the activities whose replies answer it: its own, and those that it was merged into.
            divisions: names the town.
            language: of the words.
        """
        problems = [problem for each in answering for problem in sorted(each["problems"].items())]
        return OwnTopicView.model_validate(
            {
                **public_topic(document, activity, divisions, language),
                "happenings": _happenings(timeline, language),
                "reason": document["topic"].get("rejection_reason"),
                "replies": [{**problem, "text": problem.get("reply")} for _, problem in problems],
            }
        )


def timeline_view(
    document: Mapping[str, Any],
    activity: Mapping[str, Any] | None,
    timeline: Mapping[str, Any] | None,
    divisions: Divisions,
    language: Language,
) -> PublicTimelineView:
    """Return a document of `public_topics` with what its document of `timeline` tells."""
    said = public_topic(document, activity, divisions, language)
    return PublicTimelineView.model_validate({**said, "happenings": _happenings(timeline, language)})


def _happenings(timeline: Mapping[str, Any] | None, language: Language) -> list[PublicHappeningView]:
    entries = public_happenings((timeline or {}).get("entries", ()), language)
    return [PublicHappeningView.model_validate(entry) for entry in entries]


class SelectionView(View):
    """评为优秀案例: a case was selected as excellent (C15)."""

    year: int
    level: SelectionLevel
    level_text: str
    body: str | None


class PublicCaseView(View):
    """A typical case in its five dimensions, as it was published last (C13, C14)."""

    case_id: str
    title: str
    background: str
    participants: str
    process: str
    opinions: str
    results: str
    number: int
    published_on: date
    selected: list[SelectionView]


class PublicCasesView(View):
    """The published cases of a topic; of each consultation on it there may be one.

    Attributes:
        title: of the topic.
    """

    topic_id: str
    title: str
    town: str
    town_name: str
    topic_class: TopicClass | None
    class_text: str | None
    year: int
    cases: list[PublicCaseView]

    @staticmethod
    def of(document: Mapping[str, Any], divisions: Divisions, language: Language) -> PublicCasesView:
        """Return a document of `public_topics` that has cases."""
        cases = [
            {**case, "selected": [_selection(each, language) for each in case["selected"]]}
            for _, case in sorted(document["cases"].items())
        ]
        return PublicCasesView.model_validate({**_about(document, divisions, language), "cases": cases})


def _selection(selection: Mapping[str, Any], language: Language) -> dict[str, Any]:
    return {**selection, "level_text": SELECTION_LEVELS[SelectionLevel(selection["level"])].in_(language)}
