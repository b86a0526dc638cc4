"""The tour from its first chapter to its last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx

from shared.cli.demo.running import Demo
from shared.cli.demo.tour.afterwards import erase_a_person, read_the_history
from shared.cli.demo.tour.cast import Cast, cast_for
from shared.cli.demo.tour.figures import look_ahead, read_statistics
from shared.cli.demo.tour.handling import Problem, assign_a_problem, solve_a_problem
from shared.cli.demo.tour.holding import hold_a_meeting, sign_the_minutes
from shared.cli.demo.tour.hooks import stop_telling, tell_another_system
from shared.cli.demo.tour.inviting import invite_by_mail
from shared.cli.demo.tour.ledger import export_the_ledger
from shared.cli.demo.tour.mailbox import Mailbox
from shared.cli.demo.tour.notices import Table, count_notices
from shared.cli.demo.tour.planning import amend_a_plan
from shared.cli.demo.tour.playing import Step, Tour
from shared.cli.demo.tour.reminding import let_time_pass, write_a_newsletter
from shared.cli.demo.tour.rescheduling import reschedule_a_meeting
from shared.cli.demo.tour.returning import dissatisfy_twice
from shared.cli.demo.tour.seats import Planned, fill_a_meeting
from shared.cli.demo.tour.subscribing import Endpoint, be_reachable
from shared.cli.demo.tour.topics import Submitted, split_a_topic, take_up_a_submission
from shared.cli.demo.tour.writing_up import write_it_up
from shared.cli.importing import REQUEST_SECONDS
from shared.platform.language import Language


@dataclass(frozen=True)
class Played:
    """What a tour came to.

    Attributes:
        steps: as they were told.
        notices: how many came, by class and channel.
    """

    steps: list[Step]
    notices: Table


@dataclass(frozen=True)
class _Stage:
    """What the chapters play with."""

    tour: Tour
    cast: Cast
    demo: Demo
    mailbox: Mailbox


def play(demo: Demo, language: Language, told: Callable[[str], None]) -> Played:
    """Play all chapters in a running demo, with people and things of their own.

    Args:
        demo: whose services are asked, and in whose folder papers are written.
        language: of what is told.
        told: of each chapter and step, as a line.

    Raises:
        UnexpectedAnswerError, MissingError: a service answered something else than it should.
        CliError: a service does not answer.
    """
    headers = {"Accept-Language": language}
    # Services are reached directly, whatever proxy the environment has for the rest of the world.
    with httpx.Client(headers=headers, timeout=REQUEST_SECONDS, trust_env=False) as client:
        tour = Tour(demo.settings, client, language, told)
        on = _Stage(tour, cast_for(tour), demo, Mailbox(tour, demo.told.mails))
        topic, endpoint, meeting = _consult(on)
        problem = _solve(on, meeting, topic)
        write_it_up(tour, on.cast, meeting.meeting_id, demo.folder)
        export_the_ledger(tour, on.cast, topic.topic_id, demo.folder)
        read_statistics(tour, on.cast)
        tell_another_system(tour, on.cast, endpoint, demo.told.webhooks, problem)
        write_a_newsletter(tour, on.cast, on.mailbox)
        notices = count_notices(tour, on.cast, demo.told)
        stop_telling(tour, on.cast, endpoint)
        erase_a_person(tour, on.cast, topic)
        read_the_history(tour, on.cast, meeting)
        return Played(tour.steps, notices)


def _consult(on: _Stage) -> tuple[Submitted, Endpoint, Planned]:
    """Play up to the minutes of a meeting."""
    tour, cast = on.tour, on.cast
    plan, item = amend_a_plan(tour, cast)
    topic = take_up_a_submission(tour, cast, plan, item)
    endpoint = be_reachable(tour, cast, topic, on.demo.told.webhooks)
    part = split_a_topic(tour, cast, topic)
    meeting = fill_a_meeting(tour, cast, topic.topic_id)
    reschedule_a_meeting(tour, cast, meeting, part)
    invite_by_mail(tour, cast, on.mailbox, part, meeting.venue_id)
    hold_a_meeting(tour, cast, meeting, topic.topic_id)
    sign_the_minutes(tour, cast, meeting, on.demo.folder)
    return topic, endpoint, meeting


def _solve(on: _Stage, meeting: Planned, topic: Submitted) -> Problem:
    """Play what becomes of the problems that came of a meeting; return the one that is solved."""
    tour, cast = on.tour, on.cast
    problem = assign_a_problem(tour, cast, meeting)
    look_ahead(tour, cast, problem)
    let_time_pass(tour, cast, on.mailbox, problem)
    solve_a_problem(tour, cast, problem, topic)
    dissatisfy_twice(tour, cast, problem.entry_id, topic)
    return problem
