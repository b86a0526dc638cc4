"""Reminders run in working days, each once, and end with the duty (N06, N07)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import strategies as st

from services.notify.domain.recipients import department, liaison, office, person
from services.notify.domain.reminders import Duty, Matter, Occasion, Reminder, reminders_due
from shared.platform.working_days import WorkCalendar
from tests.unit.notify.examples import COUNTY, HOUSING, LAMPS, LIAISON, OFFICE, TOWN
from tests.unit.notify.lives import for_any

CALENDAR = WorkCalendar()
TO_REPLY = Duty(
    subject="problem-dark-corner",
    matter=Matter.REPLY,
    division=TOWN,
    since=date(2024, 7, 10),
    due_on=date(2024, 10, 10),
    topic_id=LAMPS,
    text="东关社区三处路灯不亮",
    lead="县住建局",
)
MINUTES = Duty("minutes-on-lamps", Matter.MINUTES, TOWN, since=date(2024, 9, 23), people=("host", "recorder"))
RATING = Duty("problem-dark-corner", Matter.RATING, TOWN, since=date(2024, 9, 23), people=("proposer",))


def days(first: date, last: date) -> Iterator[date]:
    """Go through the calendar days."""
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def told(duty: Duty, first: date, last: date) -> dict[str, list[date]]:
    """Return who is told on which days by a process that looks every day; each notice once (N03)."""
    causes: set[tuple[str, str]] = set()
    found: dict[str, list[date]] = {}
    for day in days(first, last):
        for reminder in reminders_due(duty, day, CALENDAR):
            if (reminder.cause, reminder.recipient) not in causes:
                causes.add((reminder.cause, reminder.recipient))
                found.setdefault(reminder.recipient, []).append(day)
    return found


def occasions(duty: Duty, day: date) -> set[Occasion]:
    """Return why somebody is reminded on a day."""
    return {reminder.occasion for reminder in reminders_due(duty, day, CALENDAR)}


@pytest.mark.rule("N06")
def test_a_reply_is_recalled_weekly_then_at_seven_days_then_daily_round_national_day() -> None:
    days_told = told(TO_REPLY, date(2024, 9, 1), date(2024, 10, 10))[HOUSING]

    assert days_told == [
        date(2024, 9, 2),  # Mondays, as long as there is time
        date(2024, 9, 9),
        date(2024, 9, 18),  # the first working day after the Mid-Autumn holidays
        date(2024, 9, 23),
        date(2024, 9, 25),  # seven working days before
        date(2024, 9, 27),  # the last five, of which one is a made-up Sunday
        date(2024, 9, 29),
        date(2024, 9, 30),
        date(2024, 10, 8),  # after seven days off
        date(2024, 10, 9),
        date(2024, 10, 10),  # and the day itself
    ]


@pytest.mark.rule("N06")
def test_a_date_that_is_past_is_recalled_on_every_working_day_and_to_the_office_in_charge() -> None:
    days_told = told(TO_REPLY, date(2024, 10, 11), date(2024, 10, 18))

    working = [date(2024, 10, n) for n in (11, 12, 14, 15, 16, 17, 18)]  # the 12th is a made-up Saturday
    assert days_told == {HOUSING: working, LIAISON: working}


def test_of_a_county_topic_the_county_office_is_in_charge() -> None:
    late = reminders_due(replace(TO_REPLY, division=COUNTY), date(2024, 10, 11), CALENDAR)

    assert [reminder.recipient for reminder in late] == [HOUSING, OFFICE]


@pytest.mark.rule("N06")
def test_a_year_has_no_reminder_on_a_day_off_and_one_a_week_while_there_is_time() -> None:
    year = replace(TO_REPLY, since=date(2023, 12, 29), due_on=date(2024, 12, 31))
    days_told = told(year, date(2024, 1, 1), date(2024, 12, 17))[HOUSING]

    assert all(CALENDAR.is_working_day(day) for day in days_told)
    weeks = [day.isocalendar()[:2] for day in days_told]
    assert len(weeks) == len(set(weeks))
    # All weeks but that of the Spring Festival, in which nobody works until the Sunday that is made up.
    assert date(2024, 2, 18) in days_told
    assert len(weeks) == 51


@pytest.mark.parametrize("made_up", [date(2024, 2, 4), date(2024, 4, 28), date(2024, 9, 29)])
def test_a_made_up_sunday_is_a_day_like_others(made_up: date) -> None:
    assert occasions(replace(TO_REPLY, due_on=made_up, since=date(2024, 1, 2)), made_up) == {Occasion.DAILY}


@pytest.mark.rule("N06")
def test_after_days_of_standstill_comes_what_is_due_now_and_nothing_that_was_missed() -> None:
    """Nobody looked from August to October."""
    due = reminders_due(TO_REPLY, date(2024, 10, 14), CALENDAR)

    assert [(r.occasion, r.recipient) for r in due] == [
        (Occasion.OVERDUE, HOUSING),
        (Occasion.OVERDUE, LIAISON),
    ]
    assert due[0].title == "答复已超期 3 个工作日，请尽快办理"


def test_the_reminder_of_seven_days_comes_a_day_later_where_nobody_looked() -> None:
    (on_the_day,) = reminders_due(TO_REPLY, date(2024, 9, 25), CALENDAR)
    (day_after,) = reminders_due(TO_REPLY, date(2024, 9, 26), CALENDAR)

    assert on_the_day.occasion is Occasion.SEVEN
    assert day_after.cause == on_the_day.cause


def test_whoever_was_asked_this_week_is_not_reminded_before_the_next() -> None:
    asked = replace(TO_REPLY, since=date(2024, 9, 3))

    assert told(asked, date(2024, 9, 3), date(2024, 9, 10))[HOUSING] == [date(2024, 9, 9)]


@pytest.mark.rule("N07")
def test_whoever_was_asked_today_is_not_reminded_today_however_soon_it_is_due() -> None:
    asked = replace(TO_REPLY, since=date(2024, 9, 3), due_on=date(2024, 9, 5))

    assert told(asked, date(2024, 9, 3), date(2024, 9, 5))[HOUSING] == [date(2024, 9, 4), date(2024, 9, 5)]


def test_a_date_that_was_moved_is_recalled_anew() -> None:
    moved = replace(TO_REPLY, due_on=date(2024, 11, 8), since=date(2024, 10, 9))

    (before,) = reminders_due(TO_REPLY, date(2024, 10, 10), CALENDAR)
    assert before.occasion is Occasion.DAILY
    assert reminders_due(moved, date(2024, 10, 10), CALENDAR) == []
    assert told(moved, date(2024, 10, 10), date(2024, 10, 31))[HOUSING] == [
        date(2024, 10, 14),
        date(2024, 10, 21),
        date(2024, 10, 28),
        date(2024, 10, 30),
    ]


@pytest.mark.rule("N07")
def test_a_department_that_acted_today_is_not_reminded_today_but_its_office_is() -> None:
    late = date(2024, 10, 11)
    acted = replace(TO_REPLY, acted_on=late)

    assert [r.recipient for r in reminders_due(acted, late, CALENDAR)] == [LIAISON]
    assert len(reminders_due(acted, date(2024, 10, 12), CALENDAR)) == 2


@pytest.mark.rule("N07")
def test_a_department_that_acted_this_week_gets_no_weekly_reminder() -> None:
    monday = date(2024, 9, 9)

    assert reminders_due(replace(TO_REPLY, acted_on=monday), date(2024, 9, 11), CALENDAR) == []
    assert reminders_due(replace(TO_REPLY, acted_on=date(2024, 9, 6)), monday, CALENDAR) != []


@pytest.mark.rule("N06")
def test_a_follow_up_is_recalled_as_a_reply_is() -> None:
    again = replace(TO_REPLY, matter=Matter.FOLLOW_UP)

    (due,) = reminders_due(again, date(2024, 10, 9), CALENDAR)
    assert due.title == "回头看提醒：还有 1 个工作日，2024年10月10日到期"
    (today,) = reminders_due(again, date(2024, 10, 10), CALENDAR)
    assert today.title == "回头看提醒：今天到期"


def test_a_date_on_a_day_off_is_recalled_on_the_last_working_day_before_it() -> None:
    (due,) = reminders_due(replace(TO_REPLY, due_on=date(2024, 10, 6)), date(2024, 9, 30), CALENDAR)

    assert (due.occasion, due.title) == (Occasion.DAILY, "答复提醒：2024年10月6日到期")


@pytest.mark.rule("N06")
def test_missing_minutes_are_recalled_once_on_the_seventh_working_day() -> None:
    # 24, 25, 26, 27, Sunday 29 and 30 September, then 8 October
    days_told = told(MINUTES, date(2024, 9, 23), date(2024, 12, 31))

    assert days_told == {who: [date(2024, 10, 8)] for who in (LIAISON, person("host"), person("recorder"))}


@pytest.mark.rule("N06")
def test_an_unrated_reply_is_recalled_once_on_the_tenth_working_day() -> None:
    days_told = told(RATING, date(2024, 9, 23), date(2024, 12, 31))

    assert days_told == {who: [date(2024, 10, 11)] for who in (LIAISON, person("proposer"))}


@pytest.mark.rule("N06")
def test_what_is_recalled_once_is_made_up_for_within_two_weeks_and_not_for_ever() -> None:
    # the tenth working day is 11 October; with Saturday the 12th, the tenth after it is the 24th
    assert len(reminders_due(RATING, date(2024, 10, 23), CALENDAR)) == 2
    assert reminders_due(RATING, date(2024, 10, 24), CALENDAR) == []


def test_host_and_recorder_in_one_person_are_told_once() -> None:
    one = replace(MINUTES, people=("host", "host"))

    assert [r.recipient for r in reminders_due(one, date(2024, 10, 9), CALENDAR)] == [LIAISON, person("host")]


def test_nothing_is_recalled_without_a_date_or_somebody_to_do_it() -> None:
    late = date(2024, 10, 11)

    assert reminders_due(replace(TO_REPLY, due_on=None), late, CALENDAR) == []
    assert reminders_due(replace(TO_REPLY, lead=None), late, CALENDAR) == []


def test_the_longest_texts_fit_into_a_notice() -> None:
    long = replace(TO_REPLY, subject=f"problem-{'x' * 64}", text="灯" * 4000, lead="局" * 200)

    for reminder in reminders_due(long, date(2024, 10, 11), CALENDAR):
        assert len(reminder.title) <= 200
        assert len(reminder.body) <= 4000
        assert len(reminder.cause) <= 200
        assert len(reminder.recipient) <= 200


_days = st.dates(date(2024, 1, 1), date(2025, 12, 31))
_duties = st.builds(
    Duty,
    subject=st.just("problem-dark-corner"),
    matter=st.sampled_from(Matter),
    division=st.sampled_from([TOWN, COUNTY]),
    since=_days,
    due_on=st.none() | _days,
    lead=st.just("县住建局"),
    people=st.lists(st.sampled_from(["a-1", "b-2"]), max_size=3).map(tuple),
    acted_on=st.none() | _days,
)


@pytest.mark.rule("N06")
@for_any(_duties, _days, examples=50)
def test_nobody_is_reminded_twice_of_one_thing_on_one_day(duty: Duty, first: date) -> None:
    for day in days(first, first + timedelta(days=20)):
        due = reminders_due(duty, day, CALENDAR)
        recipients = [reminder.recipient for reminder in due]
        assert len(recipients) == len(set(recipients))
        assert len({reminder.cause for reminder in due}) <= 1
        assert not due or CALENDAR.is_working_day(day)
        assert set(recipients) <= {
            department("县住建局"),
            liaison(TOWN),
            office(COUNTY),
            person("a-1"),
            person("b-2"),
        }


@pytest.mark.rule("N03")
@for_any(_duties, _days, examples=50)
def test_whoever_looks_again_names_the_same(duty: Duty, day: date) -> None:
    once: list[Reminder] = reminders_due(duty, day, CALENDAR)

    assert reminders_due(duty, day, CALENDAR) == once
