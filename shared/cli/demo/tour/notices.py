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


def _in_inboxes(cast: Cast) -> dict[str, str]:
    """Return the class of each notice in the inboxes of those who play, by its id."""
    people = [each for each in vars(cast).values() if isinstance(each, Person) and each.token]
    notices = [notice for person in people for notice in person.lists("notify", "/inbox")]
    return {notice["notice_id"]: notice["notice_class"] for notice in notices}


def _in_mails(cast: Cast, told: Told) -> Counter[str] | None:
    """Return the classes of the mails; None while one of them is not in the list of deliveries yet."""
    came = Counter(mail.message_id.strip("<>").partition("@")[0] for mail in told.mails.messages)
    if twice := [id_ for id_, count in came.items() if count > 1]:
        raise MissingError(f"mails came twice, {', '.join(twice)}")
    deliveries = cast.office.lists("notify", "/deliveries?channel=email")
    classes = {delivery["delivery_id"]: delivery["notice_class"] for delivery in deliveries}
    return Counter(classes[id_] for id_ in came) if came.keys() <= classes.keys() else None


def _at_receiver(told: Told) -> Counter[str]:
    first = [each for each in told.webhooks.received if not each.again]
    return Counter(each.data["notice"]["notice_class"] for each in first if each.type == "hxs.notice")


def _complete(cast: Cast, told: Told) -> Table | None:
    """Return the table; None while something is still missing in it, or on its way into a read model."""
    mails = _in_mails(cast, told)
    if mails is None:
        return None
    counted = {"inbox": Counter(_in_inboxes(cast).values()), "email": mails, "webhook": _at_receiver(told)}
    table: Table = {
        each: {
            channel: None if (each, channel) in NOT_SENT else counted[channel][each] for channel in CHANNELS
        }
        for each in CLASSES
    }
    return None if any(0 in row.values() for row in table.values()) else table


def count_notices(tour: Tour, cast: Cast, told: Told) -> Table:
    """Tell and return what came of this tour, as its recipients have it.

    Raises:
        MissingError: of a class nothing comes by a channel, or a mail came twice.
    """
    tour.chapter(Text("每类通知都已送达", "Notices of every class have arrived"))
    table = tour.waits_for("a notice of each class by each channel", lambda: _complete(cast, told))
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
