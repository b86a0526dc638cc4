"""How people are told: addresses, what they chose, what they follow; another system (N01, N02, N10, N12)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shared.cli.demo.tour.cast import DEPARTMENT, Cast
from shared.cli.demo.tour.playing import Tour
from shared.cli.demo.tour.topics import Submitted
from shared.cli.demo.webhook_receiver import WebhookReceiver
from shared.platform.language import Text

_LINK_LOCAL = "http://169.254.169.254/latest/meta-data"
"""Where clouds keep keys for the machine that asks; the usual target of forged requests."""

_EVENTS = ("ProblemAssigned", "ProblemSolved", "LoopClosed")
_CLASSES = ("transactional", "newsletter")
"""Those that an office's inbox has; following and its digests are for people."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook of the liaison office.

    Attributes:
        secret: the key that signs.
    """

    webhook_id: str
    secret: str

    @property
    def path(self) -> str:
        """Return its path."""
        return f"/webhooks/{self.webhook_id}"


def be_reachable(tour: Tour, cast: Cast, topic: Submitted, receiver: WebhookReceiver) -> Endpoint:
    """Play that people and offices say how they want to be told; return the office's webhook."""
    tour.chapter(Text("通知方式：地址、偏好、关注、推送", "How to be told: addresses, choices, webhooks"))
    _leave_addresses(tour, cast, topic)
    _choose(tour, cast)
    _follow(tour, cast, topic)
    return _register(tour, cast, receiver)


def _leave_addresses(tour: Tour, cast: Cast, topic: Submitted) -> None:
    kept = [
        cast.member.puts("notify", "/recipients/me", email=cast.address("member")),
        cast.first.puts("notify", "/recipients/me", email=cast.address("first")),
        cast.second.puts("notify", "/recipients/me", email=cast.address("second")),
        cast.third.puts("notify", "/recipients/me", email=cast.address("third")),
        cast.liaison.puts("notify", f"/recipients/liaison:{cast.town}", email=cast.address("liaison")),
        cast.department.puts(
            "notify", f"/recipients/department:{DEPARTMENT}", email=cast.address("department")
        ),
        cast.proposer(topic.query_code).puts(
            "notify", f"/receipts/{topic.receipt}/address", email=cast.address("proposer")
        ),
    ]
    tour.step(
        "addresses-left",
        cast.visitor.title,
        Text("凭查询码留下邮箱；其他人员和单位也登记", "leaves an address by query code; others do, too"),
        Text(f"{len(kept)} 个邮箱，只存在人员资料中", f"{len(kept)} addresses, kept with personal data only"),
        addresses=len(kept),
    )


def _choose(tour: Tour, cast: Cast) -> None:
    newsletter = [
        {"notice_class": "newsletter", "channel": channel, "wanted": True} for channel in ("inbox", "email")
    ]
    done = cast.second.puts("notify", "/recipients/me/preferences", choices=newsletter)
    office = f"/recipients/liaison:{cast.town}"
    cast.liaison.puts("notify", f"{office}/preferences", choices=newsletter)
    cast.third.puts("notify", "/recipients/me/preferences", digest="daily", digest_hour=8)
    shown = cast.second.reads("notify", "/recipients/me", version=done["version"])
    wanted = [
        f"{choice['notice_class']}/{choice['channel']}" for choice in shown["choices"] if choice["wanted"]
    ]
    tour.step(
        "preferences-chosen",
        cast.second.title,
        Text("订阅工作通讯；群众丙选每日汇总", "asks for newsletters; resident C for a daily digest"),
        Text(f"需要：{'、'.join(wanted)}", f"wanted: {', '.join(wanted)}"),
        wanted=wanted,
    )
    muted = [{"notice_class": "transactional", "channel": "email", "wanted": False}]
    problem = cast.second.is_refused(
        "cannot-be-muted", "notify", "/recipients/me/preferences", method="PUT", choices=muted
    )
    tour.step(
        "muting-refused",
        cast.second.title,
        Text("想关闭办事通知", "wants no notices of what there is to do"),
        Text(
            f"未准：{problem['detail']}（{problem['rule']}）",
            f"refused: {problem['detail']} ({problem['rule']})",
        ),
        code=problem["code"],
        rule=problem["rule"],
    )


def _follow(tour: Tour, cast: Cast, topic: Submitted) -> None:
    path = f"/follows/{topic.topic_id}"
    cast.first.puts("notify", path)
    shown = cast.first.reads("notify", path, until=lambda follow: bool(follow["following"]))
    tour.step(
        "topic-followed",
        cast.first.title,
        Text("关注议题", "follows the topic"),
        Text(f"“{shown['title']}”的进展将收到通知", f"will hear how “{shown['title']}” goes on"),
        topic_id=shown["topic_id"],
        following=shown["following"],
    )


def _register(tour: Tour, cast: Cast, receiver: WebhookReceiver) -> Endpoint:
    asked: dict[str, Any] = {
        "description": "县政务协同平台（演示）",
        "event_names": _EVENTS,
        "notice_classes": _CLASSES,
    }
    problem = cast.liaison.is_refused(
        "webhook-target-refused", "notify", "/webhooks", url=_LINK_LOCAL, **asked
    )
    tour.step(
        "webhook-target-refused",
        cast.liaison.title,
        Text(f"登记推送到 {_LINK_LOCAL}", f"registers a webhook to {_LINK_LOCAL}"),
        Text(
            f"未准：{problem['detail']}（{problem['rule']}）",
            f"refused: {problem['detail']} ({problem['rule']})",
        ),
        status=problem["status"],
        code=problem["code"],
        rule=problem["rule"],
    )
    done = cast.liaison.does("notify", "/webhooks", url=receiver.url, **asked)
    endpoint = Endpoint(done["id"], done["secret"])
    receiver.trust(endpoint.secret)
    shown = cast.liaison.reads("notify", endpoint.path, version=done["version"])
    tour.step(
        "webhook-registered",
        cast.liaison.title,
        Text("登记本机接收程序，取得签名密钥", "registers a receiver on this machine, and has its key"),
        Text(
            f"{shown['origin']}，事件 {len(shown['event_names'])} 种，通知 {len(shown['notice_classes'])} 类",
            f"{shown['origin']}, {len(shown['event_names'])} events, {len(shown['notice_classes'])} classes",
        ),
        webhook_id=endpoint.webhook_id,
        status=shown["status"],
    )
    return endpoint
