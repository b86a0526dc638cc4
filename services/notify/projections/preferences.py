"""`preferences`: how recipients want to be told, of those who chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.notify.domain.preferences import Preferences, evolve
from shared.contracts.envelope import Recorded
from shared.contracts.notify import NoticeChannel, NoticeClass, PreferencesChosen
from shared.eventsourcing.errors import OutOfOrderError
from shared.eventsourcing.projection import Document, Projection


def recipient_key(recorded: Recorded) -> Iterable[str]:
    """Return the recipient's id."""
    return (recorded.stream.removeprefix("recipient-"),)


def preferences_of(document: Mapping[str, Any] | None) -> Preferences:
    """Return what a document of the read model says; the defaults where nobody chose."""
    if document is None:
        return Preferences()
    return evolve(Preferences(), PreferencesChosen.model_validate(document))


def fold_preferences(document: Document | None, recorded: Recorded, key: str) -> Mapping[str, Any]:
    """Return what a recipient chose last.

    Raises:
        OutOfOrderError: the event chooses nothing.
    """
    event = recorded.event
    if not isinstance(event, PreferencesChosen):
        raise OutOfOrderError(event, document)
    chosen = evolve(Preferences(), event)
    by_any = (NoticeChannel.INBOX, NoticeChannel.EMAIL)
    return {
        **event.model_dump(mode="json", exclude={"back_entry"}),
        "newsletter": any(chosen.wants(NoticeClass.NEWSLETTER, channel) for channel in by_any),
    }


PREFERENCES = Projection(
    name="preferences",
    version=1,
    events=(PreferencesChosen,),
    keys=recipient_key,
    fold=fold_preferences,
    main_category="recipient",
    indexes=(
        (("digest", 1), ("digest_hour", 1), ("_id", 1)),
        (("newsletter", 1), ("_id", 1)),
    ),
)
