"""What the tour finds in the mails that were caught."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from icalendar import Calendar

from shared.cli.demo.mail_catcher import Caught, MailCatcher
from shared.cli.demo.tour.playing import MissingError, Tour


def calendar_of(mail: Caught) -> Calendar | None:
    """Return the invitation that a mail brings; None where it brings none."""
    content = mail.part("text/calendar")
    return Calendar.from_ical(content.decode()) if content else None


def entry_of(calendar: Calendar) -> Any:  # noqa: ANN401 - icalendar's own
    """Return the only entry of a calendar."""
    (entry,) = calendar.walk("VEVENT")
    return entry


class Mailbox:
    """Looks for mails as their recipients would.

    Args:
        tour: waits for them.
        catcher: has them.
    """

    def __init__(self, tour: Tour, catcher: MailCatcher) -> None:
        self._tour = tour
        self._catcher = catcher

    @property
    def url(self) -> str:
        """Return where people look at them."""
        return self._catcher.url

    def all(self) -> list[Caught]:
        """Return every mail."""
        return self._catcher.messages

    def gets(self, address: str, what: str, is_it: Callable[[Caught], bool]) -> Caught:
        """Return the mail to an address that is it, once it has come; there is one, with a text and a page.

        Raises:
            MissingError: it does not come, comes twice, or lacks one of the two.
        """

        def found() -> Caught | None:
            mails = [mail for mail in self.all() if address in mail.recipients and is_it(mail)]
            if len({mail.message_id for mail in mails}) > 1:
                raise MissingError(f"{what} came to {address} more than once")
            return mails[0] if mails else None

        mail = self._tour.waits_for(f"a mail to {address}: {what}", found)
        if not mail.text or not mail.part("text/html") or not mail.message_id:
            raise MissingError(f"the mail “{mail.subject}” lacks its text, its page or its Message-ID")
        return mail
