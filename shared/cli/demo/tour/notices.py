"""How many notices of each class came: to inboxes, the mail catcher, the webhook receiver (N01, N02)."""

from __future__ import annotations

from collections import Counter

from shared.cli.demo.running import Told
from shared.cli.demo.tour.cast import Cast
from shared.cli.demo.tour.playing import MissingError, Person, Tour
from shared.cli.demo.tour.words import word
from shared.platform.language import Text

CLASSES = ("transactional", "follow", "digest", "newsletter")
CHANNELS = ("inbox", "email", "webhook")
NOT_SENT = frozenset({("follow", "webhook"), ("digest", "webhook")})
"""A webhook passes on what an office's or a department's inbox has; topics are followed by people."""

Table = dict[str, dict[str, int | None]]
"""How many came, by class and channel; None for what is not sent that way."""


def count_notices(tour: Tour, cast: Cast, told: Told) -> Table:
    """Tell and return what came of this tour, as its recipients have it.

    Raises:
        MissingError: of a class nothing came by a channel, or a mail came twice.
    """
    tour.chapter(Text("每类通知都已送达", "Notices of every class have arrived"))
    counted = {
        "inbox": Counter(_in_inboxes(cast).values()),
        "email": _in_mails(cast, told),
        "webhook": _at_receiver(told),
    }
    table: Table = {
        each: {
            channel: None if (each, channel) in NOT_SENT else counted[channel][each] for channel in CHANNELS
        }
        for each in CLASSES
    }
    missing = [f"{each}/{channel}" for each in CLASSES for channel in CHANNELS if table[each][channel] == 0]
    if missing:
        raise MissingError(f"no notice came by {', '.join(missing)}")
    for each in CLASSES:
        came = {channel: count for channel, count in table[each].items() if count is not None}
        said = [f"{word(channel).zh} {count}" for channel, count in came.items()]
        english = [f"{word(channel).en} {count}" for channel, count in came.items()]
        tour.step(
            "notices-came",
            word(each),
            Text("收到", "came"),
            Text("，".join(said), ", ".join(english)),
            notice_class=each,
            **came,
        )
    return table


def _in_inboxes(cast: Cast) -> dict[str, str]:
    """Return the class of each notice in the inboxes of those who play, by its id."""
    people = [each for each in vars(cast).values() if isinstance(each, Person) and each.token]
    notices = [notice for person in people for notice in person.lists("notify", "/inbox")]
    return {notice["notice_id"]: notice["notice_class"] for notice in notices}


def _in_mails(cast: Cast, told: Told) -> Counter[str]:
    deliveries = cast.office.lists("notify", "/deliveries?channel=email")
    classes = {delivery["delivery_id"]: delivery["notice_class"] for delivery in deliveries}
    came = Counter(mail.message_id.strip("<>").partition("@")[0] for mail in told.mails.messages)
    twice = [id_ for id_, count in came.items() if count > 1]
    if twice or not came.keys() <= classes.keys():
        raise MissingError(f"mails that came twice: {twice}; unknown: {sorted(came.keys() - classes.keys())}")
    return Counter(classes[id_] for id_ in came)


def _at_receiver(told: Told) -> Counter[str]:
    first = [each for each in told.webhooks.received if not each.again]
    return Counter(each.data["notice"]["notice_class"] for each in first if each.type == "hxs.notice")
