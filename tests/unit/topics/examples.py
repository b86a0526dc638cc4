"""A topic and a plan of a town, as the tests know them."""

from __future__ import annotations

from datetime import date

from services.topics.domain.procedures import Procedure
from shared.contracts.topics import (
    Paper,
    PlanApproved,
    PlanDrafted,
    PlanIssued,
    PlanItemAdded,
    PlanReviewed,
    Step,
    StepCompleted,
    TopicAdopted,
    TopicConcluded,
    TopicMerged,
    TopicProposed,
    TopicRejected,
    TopicWithdrawn,
)
from shared.contracts.types import Channel, Origin

DIVISION = "371621001"
LAMPS = "street-lamps"
ROADS = "village-roads"
MEETING = "meeting-in-may"
PLAN_2024 = "plan-of-2024"

MARCH_1, MARCH_4, MARCH_20 = date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 20)
MAY_10, JULY_1 = date(2024, 5, 10), date(2024, 7, 1)

RAISE = Step(code="raise", title="确立主题", phase="事前")
SURVEY = Step(code="survey", title="调查研究", phase="事前", papers=("调研报告",))
CONSULT = Step(code="consult", title="面对面协商", phase="事中")
CONVERT = Step(code="convert", title="成果转化", phase="事后")
FOUR_STEPS = Procedure("four-steps", 1, "四步", (RAISE, SURVEY, CONSULT, CONVERT))
NO_MEETING = Procedure("no-meeting", 1, "不开会", (RAISE, SURVEY))

PROPOSED = TopicProposed(
    topic_id=LAMPS,
    division=DIVISION,
    title="路灯补亮",
    origin=Origin.RESIDENTS,
    channel=Channel.QR,
    proposed_on=MARCH_1,
)
WITHDRAWN = TopicWithdrawn(topic_id=LAMPS, reason="已由村里解决", withdrawn_on=MARCH_20)
REJECTED = TopicRejected(topic_id=LAMPS, reason="不属协商范围", rejected_on=MARCH_20)
MERGED = TopicMerged(topic_id=LAMPS, into=ROADS, merged_on=MARCH_20)
CONCLUDED = TopicConcluded(topic_id=LAMPS, concluded_on=JULY_1)
REPORT = Paper(kind="调研报告", title="调研报告.pdf")
SURVEYED = StepCompleted(
    topic_id=LAMPS, step="survey", completed_on=MARCH_20, papers=("调研报告.pdf",), given=(REPORT,)
)
CONSULTED = StepCompleted(topic_id=LAMPS, step="consult", completed_on=MAY_10, meeting_id=MEETING)
CONVERTED = StepCompleted(topic_id=LAMPS, step="convert", completed_on=JULY_1)


def adopted(procedure: Procedure = FOUR_STEPS) -> TopicAdopted:
    """Return the adoption of the topic under a procedure."""
    return TopicAdopted(
        topic_id=LAMPS,
        procedure=procedure.code,
        procedure_version=procedure.version,
        steps=procedure.steps,
        adopted_on=MARCH_4,
    )


ADOPTED = adopted()

DRAFTED = PlanDrafted(plan_id=PLAN_2024, division="371621", year=2024, title="2024 年度协商工作计划")
ITEM_1 = PlanItemAdded(plan_id=PLAN_2024, number=1, title="农村供水")
REVIEWED = PlanReviewed(plan_id=PLAN_2024, reviewed_on=MARCH_1)
APPROVED = PlanApproved(plan_id=PLAN_2024, body="县委常委会", meeting="第 12 次会议", approved_on=MARCH_4)
ISSUED = PlanIssued(
    plan_id=PLAN_2024,
    document_number="惠办发〔2024〕3号",
    issuing_bodies=("县委办公室", "县政府办公室", "县政协办公室"),
    issued_on=MARCH_20,
)
