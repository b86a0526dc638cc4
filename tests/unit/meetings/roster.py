"""Members, an activity and a sector branch of a county, as the tests know them."""

from __future__ import annotations

from datetime import date

from shared.contracts.meetings import (
    MemberActivityCorrected,
    MemberActivityRecorded,
    MemberActivityStruck,
    MemberChanged,
    MemberEnrolled,
    MemberPosted,
    MemberRetired,
    SectorBranchActivityRecorded,
    SectorBranchChanged,
    SectorBranchDissolved,
    SectorBranchFounded,
)
from shared.contracts.types import ActivityDirection, ActivityKind, BranchActivityKind
from tests.unit.meetings.examples import COUNTY, MAY_6, MAY_10, TOWN

JANUARY_10, MARCH_1, JULY_1 = date(2024, 1, 10), date(2024, 3, 1), date(2024, 7, 1)

# members

LIN, PERSON, ACCOUNT = "member-lin", "person-of-lin", "account-of-lin"

ENROLLED = MemberEnrolled(
    member_id=LIN,
    division=COUNTY,
    person=PERSON,
    sector="医药卫生界",
    liaison_office="孙武街道委员联络室",
    skills=("中医", "公共卫生"),
    term="第十一届",
    enrolled_on=JANUARY_10,
)
CHANGED = MemberChanged(
    member_id=LIN,
    sector="医药卫生界",
    liaison_office="武定府街道委员联络室",
    skills=("中医",),
    term="第十一届",
    changed_on=MARCH_1,
)
LINKED = MemberChanged(
    member_id=LIN,
    account=ACCOUNT,
    sector="医药卫生界",
    liaison_office="孙武街道委员联络室",
    skills=("中医", "公共卫生"),
    term="第十一届",
    changed_on=MAY_6,
)
POSTED = MemberPosted(member_id=LIN, posted_to=TOWN, specialty="中医义诊", from_on=MARCH_1)
POSTING_ENDED = MemberPosted(
    member_id=LIN, posted_to=TOWN, specialty="中医义诊", from_on=MARCH_1, until=JULY_1
)
RETIRED = MemberRetired(member_id=LIN, reason="调离本县", retired_on=JULY_1)

# activities

VISIT = "visit-to-sunwu"

RECORDED = MemberActivityRecorded(
    activity_id=VISIT,
    division=TOWN,
    kind=ActivityKind.SHOW_AND_VISIT,
    done_on=MAY_6,
    place="孙武街道文安社区",
    members=(LIN, "member-zhao"),
    people_met=35,
    issues=("三组主路没有路灯", "卫生室缺药"),
    direction=ActivityDirection.TO_THE_PEOPLE,
    showed_member_identity=True,
)
CORRECTED = MemberActivityCorrected(
    activity_id=VISIT,
    reason="人数写错",
    **RECORDED.model_dump(exclude={"activity_id", "division", "back_entry", "people_met"}),
    people_met=53,
)
STRUCK = MemberActivityStruck(activity_id=VISIT, reason="重复登记")

# branches

HEALTH = "branch-of-health"

FOUNDED = SectorBranchFounded(
    branch_id=HEALTH,
    division=COUNTY,
    title="医卫界功能型党支部",
    base="县委员活动中心",
    sectors=("医药卫生界", "教育界"),
    founded_on=JANUARY_10,
)
REBASED = SectorBranchChanged(
    branch_id=HEALTH,
    title="医卫界功能型党支部",
    base="县人民医院",
    sectors=("医药卫生界",),
    changed_on=MAY_6,
)
QUARTER_HELD = SectorBranchActivityRecorded(
    branch_id=HEALTH, kind=BranchActivityKind.QUARTERLY, done_on=MAY_10, title="送医下乡"
)
YEAR_HELD = SectorBranchActivityRecorded(
    branch_id=HEALTH, kind=BranchActivityKind.YEARLY_MEETING, done_on=MARCH_1, title="年度组织生活会"
)
DISSOLVED = SectorBranchDissolved(branch_id=HEALTH, reason="界别调整", dissolved_on=JULY_1)
