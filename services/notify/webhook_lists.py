"""The lists of webhooks and of what was sent to them: how they are sorted, and what is in their files."""

from __future__ import annotations

from services.notify.lists import STATUSES as DELIVERY_STATUSES
from services.notify.views.webhooks import WebhookDeliveryView, WebhookView
from shared.contracts.notify import DisablingReason
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words

STATUSES = {"enabled": Text("启用", "enabled"), "disabled": Text("停用", "disabled")}
DISABLED_FOR = {
    DisablingReason.BY_HAND: Text("人工停用", "by hand"),
    DisablingReason.GONE: Text("对方答复已永久停用", "gone"),
    DisablingReason.FAILING: Text("持续推送失败", "failing"),
}

WEBHOOK_LIST = Listing(
    name="webhooks",
    title=Text("推送端点", "Webhooks"),
    view=WebhookView,
    columns=(
        Column("webhook_id", "端点编号", "Webhook", width=38),
        Column("division", "区划代码", "Division", width=16),
        Column("owner", "所属单位", "Owner", width=30),
        Column("description", "说明", "Description", width=40),
        Column("origin", "地址", "Origin", width=40),
        Column("event_names", "接收事件", "Events", width=40),
        Column("notice_classes", "接收通知", "Notices", width=24),
        Column("status", "状态", "Status", in_words(STATUSES)),
        Column("status_since", "状态起始", "Since", width=20),
        Column("disabled_for", "停用原因", "Disabled for", in_words(DISABLED_FOR), width=24),
        Column("registered_at", "登记时间", "Registered at", width=20),
    ),
    sorts={"registered_at": "registered_at"},
    default="-registered_at",
)
DELIVERY_LIST = Listing(
    name="webhook-deliveries",
    title=Text("推送记录", "Webhook deliveries"),
    view=WebhookDeliveryView,
    columns=(
        Column("delivery_id", "投递编号", "Delivery", width=38),
        Column("event_name", "事件", "Event", width=24),
        Column("cause", "事件编号", "Event id", width=44),
        Column("status", "状态", "Status", in_words(DELIVERY_STATUSES)),
        Column("attempts", "次数", "Attempts"),
        Column("posted_at", "产生时间", "Posted at", width=20),
        Column("due_at", "下次投递", "Due at", width=20),
        Column("settled_at", "完成时间", "Settled at", width=20),
        Column("reason", "失败原因", "Reason", width=30),
    ),
    sorts={"posted_at": "posted_at"},
    default="-posted_at",
)
