"""What origins, forms, people and results are called in a typical case; else it takes the lists' words."""

from __future__ import annotations

from shared.contracts.types import AttendeeKind, Basis, MeetingForm, Origin, ReplyResult

ORIGINS = {
    Origin.RESIDENTS: "群众反映",
    Origin.MEMBER: "政协委员提出",
    Origin.SECTOR: "界别提出",
    Origin.DEPARTMENT: "部门提出",
    Origin.COMPANY: "企业反映",
    Origin.STAKEHOLDER: "利益相关方提出",
    Origin.COUNTY_COMMITTEE: "县委交办",
}
BASES = {
    Basis.PARTY_AND_GOVERNMENT_NEED: "党政所需",
    Basis.PEOPLE_HOPE: "群众所盼",
    Basis.CPPCC_CAN: "政协所能",
}
FORMS = {
    MeetingForm.MEETING: "会议协商",
    MeetingForm.ON_SITE: "现场协商",
    MeetingForm.MICRO: "微协商",
    MeetingForm.ONLINE: "线上协商",
}
KINDS = {
    AttendeeKind.MEMBER: "政协委员",
    AttendeeKind.DEPARTMENT: "职能部门",
    AttendeeKind.STAKEHOLDER: "利益相关方",
    AttendeeKind.RESIDENT: "群众",
}
RESULTS = {
    ReplyResult.A: "已解决",
    ReplyResult.B: "正在解决或列入计划",
    ReplyResult.C: "条件所限待解决",
    ReplyResult.D: "留作参考",
}
