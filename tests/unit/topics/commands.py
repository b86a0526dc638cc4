"""Commands to the topic of `examples.py`, as the tests give them."""

from __future__ import annotations

import pytest

from services.topics.domain.topic import (
    AbsorbTopic,
    AdoptTopic,
    Circumstances,
    ClaimTopic,
    CompleteStep,
    ConcludeTopic,
    MergeTopic,
    OtherTopic,
    Part,
    ProposeTopic,
    RecordConsultation,
    RecordSolution,
    RecordSurvey,
    RejectTopic,
    ReleaseClaim,
    ReopenTopic,
    SplitTopic,
    SupplementTopic,
    SupportTopic,
    TopicCommand,
    TriageTopic,
    WaiveStep,
    WithdrawTopic,
)
from shared.contracts.types import Channel, Origin, TopicClass
from tests.unit.topics.examples import (
    DIVISION,
    FOUR_STEPS,
    JULY_1,
    LAMPS,
    MARCH_1,
    MARCH_4,
    MARCH_20,
    MAY_10,
    MEETING,
    REPORT,
    ROADS,
)

PROPOSE = ProposeTopic(LAMPS, DIVISION, "路灯补亮", Origin.RESIDENTS, Channel.QR, MARCH_1)
ADOPT = AdoptTopic("four-steps", MARCH_4, at=Circumstances(FOUR_STEPS))
COMPLETE_SURVEY = CompleteStep("survey", MARCH_20, papers=(REPORT,))
WAIVE_SURVEY = WaiveStep("survey", "县里已调研", "主席会议", MARCH_20)
RECORD_MEETING = RecordConsultation(MEETING, MAY_10)
RECORD_SOLUTION = RecordSolution(JULY_1)
MERGE = MergeTopic(ROADS, MARCH_20, at=OtherTopic())
ABSORB = AbsorbTopic(ROADS)
WITHDRAW = WithdrawTopic("已由村里解决", MARCH_20)
CONCLUDE = ConcludeTopic(JULY_1)
REOPEN = ReopenTopic("群众不满意")

TRIAGE = TriageTopic(TopicClass.CONSTRUCTION, MARCH_4)
REJECT = RejectTopic("不属协商范围", MARCH_20)
RECORD_SURVEY = RecordSurvey("survey-1", MARCH_20, "三组", "三盏灯不亮", MARCH_20, by=("孙武街道联络室",))
SUPPORT = SupportTopic("neighbour", MARCH_4)
SUPPLEMENT = SupplementTopic("supplement-1", "四组也不亮", MARCH_4, by="person-7")
CLAIM = ClaimTopic("farmers", "农业界别组", MARCH_20)
RELEASE = ReleaseClaim("farmers", "力量不足", MAY_10)
SPLIT = SplitTopic((Part("lamps-part", "四组路灯"),), "两处情况不同", MARCH_20)


def named(commands: list[TopicCommand]) -> list[object]:
    """Return the commands as parameters of a test, each under its name."""
    return [pytest.param(command, id=type(command).__name__) for command in commands]
