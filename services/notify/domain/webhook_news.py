"""What the owner of a webhook is told when it was disabled without their doing (N10)."""

from __future__ import annotations

from services.notify.domain.messages import Message
from services.notify.domain.wording import LONGEST_NAME, fit
from shared.contracts.notify import DisablingReason, WebhookDisabled

FAILING_DAYS = 5
"""How long nothing went through before a webhook is disabled."""

_WHY = {
    DisablingReason.GONE: "对方答复该地址已永久停用（410）",
    DisablingReason.FAILING: f"连续 {FAILING_DAYS} 天没有一次推送成功",
}


def news_of(event: WebhookDisabled) -> Message | None:
    """Return what the owner is told; None where somebody did it by hand, and knows."""
    why = _WHY.get(event.reason)
    if why is None:
        return None
    return Message(
        event.owner,
        f"推送端点已停用：{fit(event.description, LONGEST_NAME)}",
        f"向 {event.origin} 的推送已自动停用：{why}。停用期间的内容予以保留。请联系对方单位排除故障后，"
        "重新启用该端点，并在投递记录中逐条重新投递。",
    )
