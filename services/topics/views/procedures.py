"""The shape of a procedure, as OpenAPI shows it."""

from __future__ import annotations

from datetime import date

from services.topics.views.base import View
from shared.contracts.types import MeetingRules
from shared.eventsourcing.versions import VersionView
from shared.platform.language import Text
from shared.platform.lists import Column, Listing


class StepTitle(View):
    """A step of a procedure, in Chinese."""

    code: str
    title: str
    phase: str
    papers: tuple[str, ...]


class ProcedureView(VersionView, View):
    """A published version of a procedure, which never changes (T06).

    Attributes:
        official: False: a county's default or own decision, not a rule of any authority.
        days: calendar days that a topic has in all; null for no limit.
        surveys_required: surveys that are to precede the consultation.
        rules: for its meetings; null where it says nothing.
        published_on: null for what is shipped.
    """

    title: str
    official: bool
    source: str | None = None
    days: int | None = None
    surveys_required: int | None = None
    rules: MeetingRules | None = None
    published_on: date | None = None
    steps: tuple[StepTitle, ...]


PROCEDURE_LIST = Listing(
    name="procedures",
    title=Text("协商程序", "Procedures"),
    view=ProcedureView,
    columns=(
        Column("code", "代码", "Code"),
        Column("version", "版本", "Version"),
        Column("title", "程序", "Procedure"),
        Column("steps.title", "步骤", "Steps", width=60),
        Column("days", "总时限（天）", "Days in all"),
        Column("surveys_required", "调研次数", "Surveys"),
        Column("published_on", "发布日期", "Published on"),
        Column("official", "官方规定", "Official"),
        Column("source", "出处", "Source", width=40),
    ),
    sorts={"code": "code"},
    default="code",
)
