"""Days, results and long texts, as notices spell them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.contracts.types import ReplyResult

SHANGHAI = ZoneInfo("Asia/Shanghai")

# What is told fits into `NoticePosted`, however long the names and texts are.
LONGEST_NAME = 100
LONGEST_PROBLEM = 3000

RESULTS = {
    ReplyResult.A: "已解决",
    ReplyResult.B: "正在解决或已列入计划",
    ReplyResult.C: "条件暂不具备",
    ReplyResult.D: "供参考",
}
"""What replies come to."""


def day(day: date) -> str:
    """Return a day in Chinese: 2024年9月5日."""
    return f"{day.year}年{day.month}月{day.day}日"


def moment(moment: datetime) -> str:
    """Return an aware moment in Chinese, in Asia/Shanghai: 2024年9月5日14:30."""
    local = moment.astimezone(SHANGHAI)
    return f"{day(local.date())}{local:%H:%M}"


def fit(text: str, room: int) -> str:
    """Return a text no longer than `room`, with an ellipsis where it was cut."""
    return text if len(text) <= room else f"{text[: room - 1]}…"
