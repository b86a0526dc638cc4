"""What a media report has to say (C16)."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlsplit

from shared.contracts.refusal import RefusedError


def require_report(
    *,
    title: str | None,
    link: str | None,
    page: str | None,
    reported_on: date | None,
    today: date,
    back_entry: bool = False,
) -> None:
    """Let pass a report that can be looked up: title, link or page, and its day.

    An old record may lack any of these; what it says has to be possible all the same.

    Args:
        title: of the report.
        link: to it, http or https.
        page: where it stands in print, e.g. 3 版.
        reported_on: in Asia/Shanghai.
        today: likewise.
        back_entry: it comes of an old record.

    Raises:
        RefusedError: something of it is missing, or cannot be.
    """
    _require_possible(link, reported_on, today)
    if back_entry:
        return
    if title is None:
        raise _refused("report-without-title", "title", "请填写报道标题。", "Give the report's title.")
    if link is None and page is None:
        raise _refused(
            "report-without-place",
            "link",
            "请填写报道链接，或所在版面，如“3 版”。",
            "Give a link to the report, or the page that it stands on.",
        )
    if reported_on is None:
        raise _refused("report-without-day", "reported_on", "请填写报道日期。", "Give the day of the report.")


def _require_possible(link: str | None, reported_on: date | None, today: date) -> None:
    if link is not None and not is_link(link):
        raise _refused(
            "report-link-wrong",
            "link",
            "链接应以 http:// 或 https:// 开头。",
            "A link begins with http:// or https:// and names a site.",
        )
    if reported_on is not None and reported_on > today:
        raise _refused(
            "report-in-the-future",
            "reported_on",
            "报道日期不能晚于今天。",
            "A report is recorded after it came out.",
        )


def is_link(text: str) -> bool:
    """Tell whether a text is the address of a page on the web, without a user's name in it."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.username is None
            and not any(sign.isspace() for sign in text)
        )
    except ValueError:  # e.g. an address in brackets that is none
        return False


def _refused(code: str, field: str, zh: str, en: str) -> RefusedError:
    return RefusedError(code, rule="C16", zh=zh, en=en, field=field)
