"""What the vocabulary that services share is called, in Chinese and English: one name everywhere."""

from __future__ import annotations

from shared.contracts.types import (
    AttendeeKind,
    Basis,
    Channel,
    HostPlatform,
    MeetingForm,
    Origin,
    Tier,
    TopicClass,
)
from shared.platform.language import Text

CLASSES = {
    TopicClass.AGRICULTURE: Text("农业农村", "agriculture and villages"),
    TopicClass.CONSTRUCTION: Text("城乡建设", "construction"),
    TopicClass.TRANSPORT: Text("交通", "transport"),
    TopicClass.ENVIRONMENT: Text("生态环境", "environment"),
    TopicClass.EDUCATION: Text("教育", "education"),
    TopicClass.HEALTH: Text("卫生健康", "health"),
    TopicClass.WELFARE: Text("社会保障", "social security"),
    TopicClass.PUBLIC_SAFETY: Text("公共安全", "public safety"),
    TopicClass.CULTURE: Text("文化体育", "culture and sports"),
    TopicClass.BUSINESS: Text("营商环境", "business"),
    TopicClass.GOVERNANCE: Text("基层治理", "local governance"),
    TopicClass.OTHER: Text("其他", "other"),
}
ORIGINS = {
    Origin.RESIDENTS: Text("群众反映", "residents"),
    Origin.MEMBER: Text("委员提出", "a member"),
    Origin.SECTOR: Text("界别提出", "a sector"),
    Origin.DEPARTMENT: Text("部门提出", "a department"),
    Origin.COMPANY: Text("企业反映", "a company"),
    Origin.STAKEHOLDER: Text("利益相关方提出", "a stakeholder"),
    Origin.COUNTY_COMMITTEE: Text("县委交办", "the county Party committee"),
}
CHANNELS = {
    Channel.WEB: Text("网页", "web"),
    Channel.QR: Text("扫码", "QR code"),
    Channel.HOTLINE: Text("热线", "hotline"),
    Channel.MAIL: Text("来信", "mail"),
    Channel.BOX: Text("意见箱", "box"),
    Channel.MEMBER: Text("委员收集", "a member"),
    Channel.IMPORT: Text("导入", "import"),
    Channel.CLERK: Text("代为登记", "entered by a clerk"),
}
BASES = {
    Basis.PARTY_AND_GOVERNMENT_NEED: Text("党政所需", "what Party and government need"),
    Basis.PEOPLE_HOPE: Text("群众所盼", "what the people hope for"),
    Basis.CPPCC_CAN: Text("政协所能", "what the CPPCC can do"),
}
FORMS = {
    MeetingForm.MEETING: Text("会议协商", "meeting"),
    MeetingForm.ON_SITE: Text("现场协商", "on site"),
    MeetingForm.MICRO: Text("微协商", "micro"),
    MeetingForm.ONLINE: Text("线上协商", "online"),
}
KINDS = {
    AttendeeKind.MEMBER: Text("政协委员", "CPPCC member"),
    AttendeeKind.DEPARTMENT: Text("职能部门", "department"),
    AttendeeKind.STAKEHOLDER: Text("利益相关方", "stakeholder"),
    AttendeeKind.RESIDENT: Text("群众", "resident"),
}
TIERS = {
    Tier.HALL: Text("协商议事厅", "hall"),
    Tier.ROOM: Text("协商议事室", "room"),
    Tier.STATION: Text("协商议事站", "station"),
}
HOST_PLATFORMS = {
    HostPlatform.PARTY_SERVICE_CENTRE: Text("党群服务中心", "Party service centre"),
    HostPlatform.CIVILISATION_PRACTICE_CENTRE: Text("新时代文明实践中心", "civilisation practice centre"),
    HostPlatform.MEDIATION_CENTRE: Text("人民调解中心", "mediation centre"),
    HostPlatform.COMMUNITY_SERVICE_CENTRE: Text("社区服务中心", "community service centre"),
    HostPlatform.MEMBER_ACTIVITY_CENTRE: Text("委员活动中心", "members' activity centre"),
    HostPlatform.LIAISON_OFFICE: Text("委员联络室", "liaison office"),
}
