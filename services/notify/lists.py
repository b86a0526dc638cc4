"""The lists of notify: how they are sorted, and what is in their files."""

from __future__ import annotations

from services.notify.domain.delivery import Status
from services.notify.views.deliveries import DeliveryView
from shared.contracts.notify import DropReason, NoticeChannel, NoticeClass
from shared.platform.language import Text
from shared.platform.lists import Column, Listing, in_words

STATUSES = {
    Status.WAITING: Text("等待投递", "waiting"),
    Status.DELIVERED: Text("已送达", "delivered"),
    Status.PARKED: Text("已暂停", "parked"),
    Status.DROPPED: Text("不予投递", "dropped"),
}
CHANNELS = {
    NoticeChannel.INBOX: Text("收件箱", "inbox"),
    NoticeChannel.EMAIL: Text("邮件", "e-mail"),
    NoticeChannel.WEBHOOK: Text("系统接口", "webhook"),
}
CLASSES = {
    NoticeClass.TRANSACTIONAL: Text("办理", "transactional"),
    NoticeClass.FOLLOW: Text("关注", "follow"),
    NoticeClass.DIGEST: Text("汇总", "digest"),
    NoticeClass.NEWSLETTER: Text("通讯", "newsletter"),
}
DROP_REASONS = {
    DropReason.NO_ADDRESS: Text("没有地址", "no address"),
    DropReason.MUTED: Text("已关闭", "muted"),
    DropReason.IN_DIGEST: Text("并入汇总", "in the digest"),
    DropReason.UNDELIVERABLE: Text("对方不再接收", "undeliverable"),
}

DELIVERY_LIST = Listing(
    name="deliveries",
    title=Text("投递记录", "Deliveries"),
    view=DeliveryView,
    columns=(
        Column("delivery_id", "投递编号", "Delivery", width=38),
        Column("channel", "渠道", "Channel", in_words(CHANNELS)),
        Column("recipient", "接收人", "Recipient", width=30),
        Column("notice_class", "类别", "Class", in_words(CLASSES)),
        Column("status", "状态", "Status", in_words(STATUSES)),
        Column("attempts", "次数", "Attempts"),
        Column("reason", "失败原因", "Reason", width=40),
        Column("why", "不予投递原因", "Why dropped", in_words(DROP_REASONS)),
        Column("planned_at", "安排时间", "Planned", width=22),
        Column("due_at", "下次投递", "Next attempt", width=22),
        Column("settled_at", "结束时间", "Settled", width=22),
    ),
    sorts={"planned_at": "planned_at"},
    default="-planned_at",
)
