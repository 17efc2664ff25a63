"""`smtp://host:25?starttls=offered&cred=NAME`: does the mail server greet us (RFC 5321), and offer STARTTLS (RFC 3207)?

Connects, reads the greeting, says EHLO and QUIT; with `cred=` it also signs in (RFC 4954), over STARTTLS
with a certificate that is checked, and never in clear. A credential of kind tls signs nobody in: STARTTLS alone is
tried, and the certificate checked against its `ca` (see trust). No mail is sent.
"""

from __future__ import annotations

import socket
import ssl
import time
from typing import ClassVar

import aiosmtplib

from collectors import charset, uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import choice, literal, need_host, resolve
from collectors.network.tls import trust

_SHOWN = 160
_NO_EHLO = (500, 501, 502, 504)
_SIGN_IN_CODES = (454, 530, 534, 535, 538)
"""Replies that speak of the account, not of the server (RFC 4954 clause 6); 454 is a passing failure."""


class SmtpPoller(Poller):
    """Gives `smtp.ms` (to the answer to EHLO), `smtp.banner`, `smtp.starttls`."""

    schemes: ClassVar[tuple[str, ...]] = ("smtp",)
    family: ClassVar[str] = "smtp"

    def __init__(self) -> None:
        self._trust = trust.Trust()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when `starttls` is neither `any` nor `offered`."""
        need_host(target, "smtp://10.0.0.1:25")
        uri.only(target, ("starttls", "cred"))
        choice(target, "starttls", ("any", "offered"))
        trust.check(target)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady (no or a wrong answer), AuthFailed (the sign-in is refused) and Misconfigured."""
        user, password = _account(target)
        host = await resolve(target.host)
        # The runner's time is the only time: the library's own would add up over commands.
        client = aiosmtplib.SMTP(
            hostname=host, port=target.port or 25, timeout=None, start_tls=False, local_hostname=_own_name(host)
        )
        try:
            measurements = await _greet(client)
            _judge_offer(target, measurements)
            if target.credential is not None:
                await self._start_tls(client, target, measurements)
            if user:
                await client.login(user, password)
            await client.quit()
        except aiosmtplib.SMTPException as error:
            raise _meaning(error, target) from error
        except OSError as error:
            raise not_ready(error) from error
        finally:
            client.close()
        return measurements

    async def _start_tls(self, client: aiosmtplib.SMTP, target: Target, measurements: list[Measurement]) -> None:
        if not client.supports_extension("starttls"):
            raise NotReady(Reason.WRONG_ANSWER, "STARTTLS is not offered, and nobody signs in in clear", measurements)
        await client.starttls(server_hostname=target.host, tls_context=self._trust.context(target))
        await client.ehlo()

    async def close(self) -> None:
        """Holds no connection between polls."""


async def _greet(client: aiosmtplib.SMTP) -> list[Measurement]:
    began = time.perf_counter()
    greeting = await client.connect()
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _NO_EHLO:
            raise
        await client.helo()  # RFC 5321 clause 3.2: an old server, or a firewall that hides the word
    took = time.perf_counter() - began
    return [
        Measurement(metric="smtp.ms", value=round(took * 1000, 3), unit="ms"),
        Measurement(metric="smtp.banner", value=_plain(greeting.message)),
        Measurement(metric="smtp.starttls", value=client.supports_extension("starttls")),
    ]


def _judge_offer(target: Target, measurements: list[Measurement]) -> None:
    if target.params.get("starttls") == "offered" and measurements[-1].value is not True:
        raise NotReady(Reason.WRONG_ANSWER, "STARTTLS is not offered", measurements)


def _account(target: Target) -> tuple[str, str]:
    if target.credential is None or target.credential.kind == trust.KIND:
        return "", ""
    if target.credential.kind != "password":
        raise Misconfigured(
            f"credential {target.credential.name!r} is of kind {target.credential.kind!r}; smtp wants password or tls",
            f"凭据 {target.credential.name!r} 的类型是 {target.credential.kind!r}；smtp 需要 password 或 tls",
        )
    return target.credential.values.get("user", ""), target.credential.values.get("password", "")


def _own_name(host: str) -> str:
    """The name for EHLO: the host name without a lookup, else an address literal (RFC 5321 clause 4.1.4)."""
    name = socket.gethostname()
    return name if "." in name and not literal(name) else ("[IPv6:::1]" if ":" in host else "[127.0.0.1]")


def _meaning(error: aiosmtplib.SMTPException, target: Target) -> CollectorError:
    cause = error.__cause__
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return NotReady(Reason.TIMEOUT)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if isinstance(error, aiosmtplib.SMTPAuthenticationError) or error.code in _SIGN_IN_CODES:
            return AuthFailed(
                f"{target.address} refuses the sign-in ({error.code}): check the credential that cred= names",
                f"{target.address} 拒绝登录（{error.code}）：请检查 cred= 所指的凭据",
            )
        if error.code < 0:
            return NotReady(Reason.WRONG_ANSWER, "what answers does not speak SMTP")
        return NotReady(Reason.WRONG_ANSWER, f"{error.code} {_plain(error.message)}")
    if isinstance(cause, ssl.SSLError):
        return not_ready(cause)
    # An end within the greeting comes as a ConnectionError of the library's own.
    lost = isinstance(cause, ConnectionError) and cause.errno is None
    if lost or isinstance(error, aiosmtplib.SMTPServerDisconnected):
        return NotReady(Reason.CLOSED)
    if isinstance(cause, OSError):
        return not_ready(cause)
    return NotReady(Reason.WRONG_ANSWER, _plain(str(error)))


def _plain(text: str) -> str:
    """The first line of a reply, whose charset is unknown, in printable characters."""
    text = charset.redecoded(text)
    first = text.splitlines()[0] if text.strip() else ""
    return charset.printable(first)[:_SHOWN]
