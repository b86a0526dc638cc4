"""The mail server: connections that are kept, and what its answers mean (RFC 5321).

What it says is not passed on word for word, for servers like to quote the address that they refuse, and an
address stands in no event (N12): the codes say enough.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPConnectResponseError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPTimeoutError,
)

from services.notify.channels import SendError, UndeliverableError
from shared.platform.settings import Settings
from shared.platform.smtp import NoStartTlsError, is_untrusted, open_smtp, tls_context

LONGEST_SECONDS = 50.0
"""For one mail in all, whatever each answer may take."""

_ENHANCED = re.compile(r"^([245]\.[0-9]{1,3}\.[0-9]{1,3})\b")
_NO_SUCH_ADDRESS = re.compile(r"5\.1\.(1|2|3|6|10)")
_ADDRESS = re.compile(r"[^\s<>]+@[^\s<>]+")


class MailServer:
    """The county's mail server, which takes one mail at a time by each of a few connections.

    Args:
        settings: where it is, and how to speak to it; `smtp_host` is set.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(settings.smtp_connections)
        self._idle: list[SMTP] = []
        self._tls = tls_context(settings)

    async def send(self, sender: str, address: str, message: bytes) -> str:
        """Hand a mail over, and return what the server said, without any address.

        Args:
            sender: address that it comes from.
            address: of the one recipient.
            message: as it is to travel, ASCII.

        Raises:
            SendError: it was not taken; `permanent` where it was this mail that was refused.
            UndeliverableError: the server knows that there is no such address.
        """
        try:
            async with asyncio.timeout(LONGEST_SECONDS), self._connection() as connection:
                _, answer = await connection.sendmail(sender, [address], message)
        except SMTPRecipientsRefused as refused:
            raise _recipient_refused(refused) from None
        except (SMTPException, NoStartTlsError, OSError) as error:
            raise _meaning(error) from None
        return _ADDRESS.sub("…", answer)[:200]

    async def close(self) -> None:
        """Take leave of the server."""
        while self._idle:
            await _end(self._idle.pop())

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[SMTP]:
        async with self._slots:
            connection = await self._kept() or await open_smtp(self._settings, self._tls)
            try:
                yield connection
            except (SMTPResponseException, SMTPRecipientsRefused):
                # Refusing a mail, it stays as usable as before; where it hung up, the next look says so.
                self._idle.append(connection)
                raise
            except BaseException:  # also when called off: half a mail must not be followed by the next
                connection.close()
                raise
            self._idle.append(connection)

    async def _kept(self) -> SMTP | None:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_connected:
                try:
                    await connection.noop()
                except (SMTPException, OSError):
                    connection.close()  # it had hung up while nobody needed it
                else:
                    return connection
        return None


async def _end(connection: SMTP) -> None:
    try:
        await connection.quit()
    except (SMTPException, OSError):
        connection.close()  # gone already, which is what was wanted


def _recipient_refused(refused: SMTPRecipientsRefused) -> Exception:
    (only,) = refused.recipients
    codes = _codes(only.code, only.message)
    if _NO_SUCH_ADDRESS.search(codes):
        return UndeliverableError(f"邮件服务器称没有这个地址（{codes}）")
    return SendError(f"邮件服务器拒绝收件人（{codes}）", permanent=_is_final(only.code))


def _meaning(error: Exception) -> SendError:
    match error:
        case SMTPDataError():
            said = _codes(error.code, error.message)
            return SendError(f"邮件服务器拒收邮件（{said}）", permanent=_is_final(error.code))
        # What is wrong with our own settings or with the server is no fault of the mail: it is tried again.
        case SMTPSenderRefused():
            return SendError(f"邮件服务器不接受发件人（{_codes(error.code, error.message)}）")
        case SMTPAuthenticationError():
            return SendError(f"邮件服务器拒绝登录（{_codes(error.code, error.message)}）")
        case SMTPConnectResponseError() | SMTPResponseException():
            return SendError(f"邮件服务器暂不接收邮件（{_codes(error.code, error.message)}）")
        case NoStartTlsError():
            return SendError("邮件服务器不支持 STARTTLS 加密，未发送")
        case SMTPTimeoutError() | TimeoutError():
            return SendError("邮件服务器超时未应答")
    if is_untrusted(error):
        return SendError("与邮件服务器的加密连接未能建立：证书不可信或协议不符")
    return SendError(f"与邮件服务器的连接失败（{type(error).__name__}）")


def _is_final(code: int) -> bool:
    return 500 <= code < 600


def _codes(code: int, message: str) -> str:
    enhanced = _ENHANCED.match(message)
    return f"{code} {enhanced[1]}" if enhanced else str(code)
