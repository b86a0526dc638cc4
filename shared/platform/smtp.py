"""The way to the county's mail server: encrypted, to the right one, signed in; or not at all.

What may go wrong on it is one of the errors of `aiosmtplib`, an `OSError` (`ssl.SSLError` is one), or
`NoStartTlsError`.
"""

from __future__ import annotations

import ssl
from email.utils import parseaddr

from aiosmtplib import SMTP

from shared.platform.settings import Settings

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class NoStartTlsError(Exception):
    """The server does not offer to encrypt, so nothing more was said to it."""

    def __init__(self) -> None:
        super().__init__("the mail server offers no STARTTLS; set HXS_SMTP_TLS to what it speaks")


def sender_domain(settings: Settings) -> str:
    """Return the domain that mails come from; `smtp_from` is set."""
    return parseaddr(settings.smtp_from or "")[1].rpartition("@")[2]


def smtp_port(settings: Settings) -> int:
    """Return the mail server's port: the one that is set, or the usual one."""
    return settings.smtp_port or _PORTS[settings.smtp_tls]


def tls_context(settings: Settings) -> ssl.SSLContext | None:
    """Return how to encrypt: a server has to prove its name, to the machine's authorities or the county's.

    None where the settings say that nothing is encrypted.
    """
    if settings.smtp_tls == "none":
        return None
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.smtp_ca_file is not None:
        context.load_verify_locations(settings.smtp_ca_file)
    return context


async def open_smtp(settings: Settings, tls: ssl.SSLContext | None) -> SMTP:
    """Return a connection over which mails can be handed over.

    Args:
        settings: where the server is, and how to speak to it; `smtp_host` is set.
        tls: see `tls_context`; made once, for many connections.
    """
    connection = SMTP(
        hostname=settings.smtp_host,
        port=smtp_port(settings),
        local_hostname=sender_domain(settings),
        timeout=settings.smtp_timeout_seconds,
        use_tls=settings.smtp_tls == "tls",
        start_tls=False,  # done below, to tell a server that cannot from one that fails
        tls_context=tls,
    )
    await connection.connect()
    try:
        if settings.smtp_tls == "starttls":
            await connection.ehlo()
            if not connection.supports_extension("starttls"):
                raise NoStartTlsError
            await connection.starttls()
        if settings.smtp_user is not None and settings.smtp_password is not None:
            await connection.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    except BaseException:
        connection.close()
        raise
    return connection


def is_untrusted(error: BaseException) -> bool:
    """Tell whether no encrypted connection came about: an unproven certificate, another protocol."""
    return any(isinstance(each, ssl.SSLError) for each in (error, error.__cause__, error.__context__))
