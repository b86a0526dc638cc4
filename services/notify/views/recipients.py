"""How somebody is told, as they see it and say it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.notify.domain.preferences import DEFAULT_DIGEST_HOUR, DEFAULTS, Preferences
from shared.contracts.notify import ChannelChoice, ClockTime, DigestMode, NoticeChannel, NoticeClass

# One address as people have them: nothing that could become a second header or a second recipient.
Address = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        max_length=254,
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}$",
    ),
]


class AddressBody(BaseModel):
    """Where mail goes; null: nowhere any more."""

    model_config = ConfigDict(extra="forbid")

    email: Address | None


class AddressView(BaseModel):
    """Where mail goes."""

    recipient: str
    email: str | None


class Choice(BaseModel):
    """Whether notices of a class are wanted by a channel."""

    model_config = ConfigDict(extra="forbid")

    notice_class: NoticeClass
    channel: NoticeChannel
    wanted: bool

    def said(self) -> ChannelChoice:
        """Return it as the domain says it."""
        return ChannelChoice(notice_class=self.notice_class, channel=self.channel, wanted=self.wanted)


class PreferencesBody(BaseModel):
    """How somebody wants to be told; what is left out is as it is by default.

    Attributes:
        digest_hour: when a digest comes, Asia/Shanghai; a weekly one comes on Mondays.
        quiet_from, quiet_to: between which only what cannot wait is mailed; both or neither.
    """

    model_config = ConfigDict(extra="forbid")

    choices: tuple[Choice, ...] = Field((), max_length=len(DEFAULTS))
    digest: DigestMode = DigestMode.OFF
    digest_hour: Annotated[int, Field(ge=0, le=23)] = DEFAULT_DIGEST_HOUR
    quiet_from: ClockTime | None = None
    quiet_to: ClockTime | None = None


class RecipientView(BaseModel):
    """Where and how somebody is told.

    Attributes:
        recipient: e.g. `person:<opaque id>`, `department:县住建局`.
        email: null where none is known.
        choices: every class by every channel; transactional notices cannot be muted.
    """

    recipient: str
    email: str | None
    choices: list[Choice]
    digest: DigestMode
    digest_hour: int
    quiet_from: ClockTime | None
    quiet_to: ClockTime | None

    @classmethod
    def of(cls, recipient: str, email: str | None, chosen: Preferences) -> RecipientView:
        """Return what is shown of a recipient."""
        return cls(
            recipient=recipient,
            email=email,
            choices=[
                Choice(notice_class=kind, channel=channel, wanted=chosen.wants(kind, channel))
                for kind, channel in DEFAULTS
            ],
            digest=chosen.digest,
            digest_hour=chosen.digest_hour,
            quiet_from=chosen.quiet_from,
            quiet_to=chosen.quiet_to,
        )
