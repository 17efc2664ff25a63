"""`tls://host:443?warn=30d&name=www.example.gov.cn&verify=yes&cred=NAME`: will a client accept this certificate?

Connects to the URI's host; asks for `name` (SNI, RFC 6066) and expects the certificate to bear it
(RFC 9525), the host itself when there is no `name`. Trust comes from the `ca` of the credential (see trust), else
from the system's store; a CA of one's own may be added there, or by the environment variable SSL_CERT_FILE.

What is what:

- No connection, no TLS: `tls.up` is False.
- Expired, not yet valid, for another name, by an unknown issuer, self-signed: every client that
  checks is refused, so `tls.up` is False, the text says which of them (reason `tls`), and all
  readings come with it. With `verify=no` (a device with a certificate of its own) the same
  stands in `tls.valid` and `tls.up` stays True.
- Ends within `warn`: `tls.up` stays True and `tls.expiring` becomes True, for a rule to warn of.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import suppress
from typing import ClassVar

from collectors import uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import NotReady, Reason, not_ready
from collectors.network.addresses import choice
from collectors.network.tls import certificate as certificates
from collectors.network.tls import trust
from feeds.clock import Clock

WARN = "30d"
_SHUTDOWN = 1.0
"""Seconds for a peer to say goodbye; it happens after the poll."""
_NOT_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "PACKET_LENGTH_TOO_LONG",
    "RECORD_LAYER_FAILURE",
    "UNEXPECTED_MESSAGE",
    "BAD_RECORD_TYPE",
)


class TlsPoller(Poller):
    """Gives `tls.ms` (connection and handshake), `tls.version`, `tls.valid`, `tls.days_left`, `tls.expires`,
    `tls.expiring`."""

    schemes: ClassVar[tuple[str, ...]] = ("tls",)
    family: ClassVar[str] = "tls"

    def __init__(self, clock: Clock = time.time) -> None:
        self._clock = clock
        self._trust = trust.Trust()
        self._lax = lax_context()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without host and port, or when a parameter cannot be read."""
        uri.need_host_and_port(target)
        uri.only(target, ("warn", "name", "verify", "cred"))
        uri.duration(target.params.get("warn", WARN))
        choice(target, "verify", ("yes", "no"))
        trust.check(target)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady, Misconfigured."""
        try:
            if target.params.get("verify") == "no":
                return await self._look(target, "")
            try:
                return await self._handshake(target, self._trust.context(target), "")
            except ssl.SSLCertVerificationError as error:
                # Read it once more without checks, so that the people who must act see what is there.
                problem = error.verify_message or "certificate verify failed"
            measurements = await self._look(target, problem)
        except OSError as error:
            raise _not_ready(error) from error
        raise NotReady(Reason.TLS, problem, measurements)

    async def _look(self, target: Target, problem: str) -> list[Measurement]:
        return await self._handshake(target, self._lax, problem)

    async def _handshake(self, target: Target, context: ssl.SSLContext, problem: str) -> list[Measurement]:
        loop = asyncio.get_running_loop()
        name = target.params.get("name") or target.host
        began = time.perf_counter()
        transport, _ = await loop.create_connection(
            asyncio.Protocol,
            target.host,
            target.port or 0,
            ssl=context,
            server_hostname=name,
            ssl_shutdown_timeout=_SHUTDOWN,
        )
        took = time.perf_counter() - began
        try:
            tls: ssl.SSLObject = transport.get_extra_info("ssl_object")
            chain = read_chain(tls)
            version = tls.version() or ""
        finally:
            transport.close()
        now = self._clock()
        if context is self._lax and not problem:
            problem = _problem(chain, name, now)
        return [
            Measurement(metric="tls.ms", value=round(took * 1000, 3), unit="ms"),
            Measurement(metric="tls.version", value=version),
            Measurement(metric="tls.valid", value=not problem, text=problem),
            *certificates.measure(chain, now, uri.duration(target.params.get("warn", WARN))),
        ]

    async def close(self) -> None:
        """Holds no connection between polls."""


def lax_context() -> ssl.SSLContext:
    """Accepts what any device offers, however old: for looking at a certificate, never for sending anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def read_chain(tls: ssl.SSLObject) -> list[certificates.Certificate]:
    """The server's certificates, leaf first (OpenSSL accepts 100 kB of them at most).

    Empty when the leaf cannot be read; others that cannot be read are left out. Raises NotReady without any.
    """
    leaf = tls.getpeercert(binary_form=True)
    if leaf is None:
        raise NotReady(Reason.WRONG_ANSWER, "the server shows no certificate")
    # ssl.SSLObject.get_unverified_chain is public from Python 3.13 on; before, only the object inside has it.
    inner = getattr(getattr(tls, "_sslobj", None), "get_unverified_chain", None)
    issuers = [certificate.public_bytes(2) for certificate in (inner() or ())[1:]] if inner is not None else []
    try:
        chain = [certificates.read(leaf)]
    except ValueError:
        return []  # OpenSSL accepted it, so it decides nothing: `measure` reports its dates as missing
    for der in issuers:
        with suppress(ValueError):
            chain.append(certificates.read(der))
    return chain


def _problem(chain: list[certificates.Certificate], name: str, now: float) -> str:
    """The faults that need no trust store to find, "" without any (`verify=no`)."""
    if not chain:
        return "证书无法解读 | the certificate cannot be read"
    leaf = chain[0]
    if not leaf.begins <= now < leaf.ends:
        return certificates.lifetime(leaf, now)
    if not leaf.covers(name):
        return f"证书不是签发给 {name} 的 | the certificate is not for {name}"
    if leaf.self_issued:
        return "自签名证书 | self-signed certificate"
    return ""


def _not_ready(error: OSError) -> NotReady:
    if isinstance(error, ssl.SSLError) and error.reason in _NOT_TLS:
        return NotReady(Reason.WRONG_ANSWER, "what answers does not speak TLS")
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return NotReady(Reason.CLOSED, "during the TLS handshake")
    return not_ready(error)
