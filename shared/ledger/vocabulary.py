"""What the glossary's words are called in a ledger.

The first name of a value is the one that messages and reports show; the others are what offices write too.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, TypeVar

from shared.contracts.types import (
    Basis,
    HostPlatform,
    Level,
    LoopItem,
    MediaLevel,
    MeetingForm,
    Origin,
    Rating,
    ReplyResult,
    Tier,
)
from shared.ledger.text import key

T = TypeVar("T")


class Status(StrEnum):
    """状态: where an activity stands, in the ledger's own words."""

    PROPOSED = "已提出"
    ADOPTED = "已立项"
    CONSULTED = "已协商"
    ASSIGNED = "办理中"
    REPLIED = "已答复"
    REOPENED = "重新办理"
    SOLVED = "已解决"
    CLOSED = "已闭环"
    MERGED = "已并入"
    WITHDRAWN = "已撤回"


class Words(Generic[T]):
    """A closed list of values, each with the names it goes by."""

    def __init__(self, names: Mapping[T, tuple[str, ...]]) -> None:
        self._shown = MappingProxyType({value: words[0] for value, words in names.items()})
        self._values = MappingProxyType(
            {key(word): value for value, words in names.items() for word in words}
        )

    def find(self, word: str) -> T | None:
        """Return the value that a word means, or None."""
        return self._values.get(key(word))

    def shown(self, value: T) -> str:
        """Return a value's first name."""
        return self._shown[value]

    @property
    def allowed(self) -> str:
        """The first names, as a message lists them."""
        return "、".join(self._shown.values())


STATUSES = Words({status: (status.value,) for status in Status})
LEVELS = Words(
    {
        Level.COUNTY: ("县", "县级", "区县", "县区", "县(区)", "县本级"),
        Level.TOWN: ("镇街", "镇街级", "乡镇", "乡镇级", "镇", "镇级", "街道", "镇(街道)", "镇办"),
        Level.COMMUNITY: ("社区", "社区级", "村", "村级", "村居", "村(居)", "村(社区)", "社区(村)"),
    }
)
ORIGINS = Words(
    {
        Origin.RESIDENTS: ("群众反映", "群众", "群众提出", "居民反映", "群众提议"),
        Origin.MEMBER: ("委员提出", "委员", "政协委员提出", "委员反映", "委员提议"),
        Origin.SECTOR: ("界别提出", "界别"),
        Origin.DEPARTMENT: ("部门提出", "部门", "职能部门提出"),
        Origin.COMPANY: ("企业反映", "企业", "企业提出"),
        Origin.STAKEHOLDER: ("利益相关方提出", "利益相关方", "利益相关方反映"),
        Origin.COUNTY_COMMITTEE: ("县委交办", "县委", "党委交办", "县委县政府交办"),
    }
)
BASES = Words(
    {
        Basis.PARTY_AND_GOVERNMENT_NEED: ("党政所需", "党委政府所需"),
        Basis.PEOPLE_HOPE: ("群众所盼", "百姓所盼"),
        Basis.CPPCC_CAN: ("政协所能",),
    }
)
# A plan's kinds of consultation (专题, 对口, 界别 …) are held as meetings; their own name is kept.
FORMS = Words(
    {
        MeetingForm.MEETING: (
            "会议协商",
            "会议",
            "专题协商",
            "对口协商",
            "界别协商",
            "协商式监督",
            "提案办理协商",
            "月度协商",
            "座谈会",
            "座谈协商",
            "圆桌协商",
        ),
        MeetingForm.ON_SITE: ("现场协商", "现场", "实地协商"),
        MeetingForm.MICRO: ("微协商", "小微协商"),
        MeetingForm.ONLINE: ("线上协商", "线上", "网络协商", "网上协商", "视频协商", "远程协商"),
    }
)
RESULTS = Words(
    {
        result: (result.value, f"{result.value}类", f"{result.value}级", f"{result.value}类件")
        for result in ReplyResult
    }
)
RATINGS = Words(
    {
        Rating.SATISFIED: ("满意",),
        Rating.FAIRLY_SATISFIED: ("基本满意",),
        Rating.DISSATISFIED: ("不满意",),
    }
)
MEDIA_LEVELS = Words(
    {
        MediaLevel.COUNTY: ("县", "县级", "区县级", "县区级"),
        MediaLevel.CITY: ("市", "市级"),
        MediaLevel.PROVINCE: ("省", "省级"),
        MediaLevel.NATION: ("国家", "国家级", "中央", "中央级", "全国"),
    }
)
TIERS = Words(
    {
        Tier.HALL: ("协商议事厅", "议事厅", "厅"),
        Tier.ROOM: ("协商议事室", "议事室", "室"),
        Tier.STATION: ("协商议事站", "议事站", "站"),
    }
)
PLATFORMS = Words(
    {
        HostPlatform.PARTY_SERVICE_CENTRE: ("党群服务中心",),
        HostPlatform.CIVILISATION_PRACTICE_CENTRE: (
            "新时代文明实践中心",
            "文明实践中心",
            "新时代文明实践站",
            "新时代文明实践所",
        ),
        HostPlatform.MEDIATION_CENTRE: ("人民调解中心", "调解中心"),
        HostPlatform.COMMUNITY_SERVICE_CENTRE: ("社区服务中心",),
        HostPlatform.MEMBER_ACTIVITY_CENTRE: ("委员活动中心",),
        HostPlatform.LIAISON_OFFICE: ("委员联络室", "政协委员联络室"),
    }
)
LOOP_ITEMS = Words(
    {
        LoopItem.TOPIC: ("议题", "协商议题"),
        LoopItem.CONSULTATION: ("协商", "协商活动"),
        LoopItem.PROBLEM: ("问题", "解决问题", "问题解决"),
        LoopItem.CASE: ("典型案例", "案例"),
        LoopItem.REPORT: ("媒体宣传", "媒体报道", "宣传报道", "宣传", "报道"),
    }
)
YES_NO = Words(
    {
        True: ("是", "有", "√", "✓", "✔", "☑", "y", "yes", "true", "1", "达标", "已达标"),
        False: ("否", "无", "×", "✗", "✘", "x", "n", "no", "false", "0", "未达标", "没有"),
    }
)
QUARTERS = Words(
    {
        number: (
            str(number),
            *(word.format(n) for n in (number, numeral) for word in ("{}季度", "第{}季度", "q{}")),
            numeral,
        )
        for number, numeral in enumerate("一二三四", 1)
    }
)
# What a cell's text comes to when it says nothing.
NOTHING = frozenset({"", "/", "\\", "-", "--", "–", "—", "——", "无", "暂无", "n/a", "nil", "null", "none"})
