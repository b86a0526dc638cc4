"""The tour from its first chapter to its last."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx

from shared.cli.demo.tour.afterwards import erase_a_person, read_the_history
from shared.cli.demo.tour.cast import cast_for
from shared.cli.demo.tour.holding import hold_a_meeting, sign_the_minutes
from shared.cli.demo.tour.planning import amend_a_plan
from shared.cli.demo.tour.playing import Step, Tour
from shared.cli.demo.tour.rescheduling import reschedule_a_meeting
from shared.cli.demo.tour.seats import fill_a_meeting
from shared.cli.demo.tour.topics import split_a_topic, take_up_a_submission
from shared.cli.importing import REQUEST_SECONDS
from shared.platform.language import Language
from shared.platform.settings import Settings


def play(settings: Settings, language: Language, folder: Path, told: Callable[[str], None]) -> list[Step]:
    """Play all chapters on running services, with people and things of their own.

    Args:
        settings: say where the services are, and whose county it is.
        language: of what is told.
        folder: where papers are written.
        told: of each chapter and step, as a line.

    Raises:
        UnexpectedAnswerError, MissingError: a service answered something else than it should.
        CliError: a service does not answer.
    """
    headers = {"Accept-Language": language}
    # Services are reached directly, whatever proxy the environment has for the rest of the world.
    with httpx.Client(headers=headers, timeout=REQUEST_SECONDS, trust_env=False) as client:
        tour = Tour(settings, client, language, told)
        cast = cast_for(tour)
        plan, item = amend_a_plan(tour, cast)
        topic = take_up_a_submission(tour, cast, plan, item)
        part = split_a_topic(tour, cast, topic)
        meeting = fill_a_meeting(tour, cast, topic.topic_id)
        reschedule_a_meeting(tour, cast, meeting, part)
        hold_a_meeting(tour, cast, meeting, topic.topic_id)
        sign_the_minutes(tour, cast, meeting, folder)
        erase_a_person(tour, cast, topic)
        read_the_history(tour, cast, meeting)
        return tour.steps
