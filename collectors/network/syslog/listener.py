"""`network.syslog`: syslog over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425). The scheme of `url` chooses.

A line of `level` or worse gives the reading `syslog.message[SEVERITY]` of its asset, with the line as its text.
The shipped rules and the source's own raise and end alerts. Some also give a state as a reading, such as
`syslog.link[GigabitEthernet0/0/1]` = "down". The asset is identified by the host in the line, else by the address,
unless that is a relay's.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from collectors.contract import Measurement
from collectors.errors import Misconfigured
from collectors.listener import AlertSignal, Listener, ListenerContext, ListenerMessage
from collectors.network.listening import rules as listener_rules
from collectors.network.listening.queue import ListenerQueue, cannot_listen, enlarge_receive_buffer
from collectors.network.listening.rules import AlarmRule
from collectors.network.listening.senders import Senders
from collectors.network.listening.severity import SEVERITIES
from collectors.network.snmp.tables import text
from collectors.network.syslog import parser
from collectors.network.syslog.parser import Line
from collectors.network.syslog.transport import SyslogConnection, SyslogDatagrams
from collectors.settings import SourceSettings
from feeds.clock import Clock, now

PORTS = {"udp": 1514, "tcp": 1514, "tls": 6514}
"""Default ports. The registered 514 needs a capability and may be set in the url."""
MAX_CONNECTIONS = 512
"""TCP connections at once. More are closed and counted."""
LINE_LIMIT = 1024
"""Characters of a line that rules match and that a reading's text holds."""
EARLY, LATE = 5.0, 300.0
"""Seconds by which a device's clock may be ahead or behind for its time to be used."""
HANDSHAKE = 10.0
"""Seconds that a TLS handshake may take."""


class SyslogListener(Listener):
    """Listens on the `url` of its settings; `clock` gives epoch seconds."""

    kinds: ClassVar[tuple[str, ...]] = ("network.syslog",)

    def __init__(self, settings: SourceSettings, context: ListenerContext, clock: Clock = now) -> None:
        self.messages = ListenerQueue()
        self.port = 0
        self._clock = clock
        self._tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | asyncio.DatagramTransport | None = None
        self._streams: set[asyncio.BaseTransport] = set()
        self.update(settings, context)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url`, the certificate, the level or a rule cannot be used."""
        scheme, _, _ = endpoint(settings)
        if settings.level not in SEVERITIES:
            raise Misconfigured(
                f"source {settings.id!r}: level={settings.level!r} is not one of: {', '.join(SEVERITIES)}",
                f"来源 {settings.id!r}：level={settings.level!r} 无效，可用：{', '.join(SEVERITIES)}",
            )
        if scheme == "tls":
            _trust(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings)
        listener_rules.rules("syslog", settings)

    def update(self, settings: SourceSettings, context: ListenerContext) -> None:
        """Apply other rules, certificates or assets; see Listener."""
        rules = listener_rules.rules("syslog", settings)
        if endpoint(settings)[0] == "tls":
            # The TLS context stays the same object, so that new connections use a renewed certificate.
            self._tls = _trust(self._tls or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings)
        self._settings, self._rules, self._zone = settings, rules, context.zone
        self._level = SEVERITIES.index(settings.level)
        self.senders = Senders(context.inventory)

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """See Listener."""
        while True:
            yield await self.messages.queue.get()

    async def open(self) -> None:
        """Open the socket unless it is open. Raises Misconfigured, NotReady."""
        if self._server is not None:
            return
        scheme, host, port = endpoint(self._settings)
        loop = asyncio.get_running_loop()
        try:
            if scheme == "udp":
                self._server, _ = await loop.create_datagram_endpoint(lambda: SyslogDatagrams(self), (host, port))
                enlarge_receive_buffer(self._server)
                self.port = self._server.get_extra_info("sockname")[1]
                return
            tls = self._tls if scheme == "tls" else None
            self._server = await loop.create_server(
                lambda: SyslogConnection(self), host, port, ssl=tls, ssl_handshake_timeout=HANDSHAKE if tls else None
            )
        except OSError as error:
            raise cannot_listen(error, scheme, host, port) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and close all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for stream in list(self._streams):
            cast(asyncio.Transport, stream).abort()
        if isinstance(server, asyncio.Server):
            await server.wait_closed()

    @property
    def unknown_senders(self) -> Mapping[str, int]:
        """See Listener."""
        return self.messages.unknown_senders

    @property
    def rules(self) -> frozenset[str]:
        """See Listener."""
        return frozenset(rule.name for rule in self._rules)

    def counts(self) -> dict[str, float]:
        """See Listener."""
        return self.messages.figures()

    def take_refusals(self) -> list[str]:
        """See Listener."""
        return self.messages.take_refusals()

    def enter(self, stream: asyncio.BaseTransport, address: str) -> bool:
        """Register a connection. False when there are too many."""
        if len(self._streams) >= MAX_CONNECTIONS:
            self.messages.refuse(f"{address}: more than {MAX_CONNECTIONS} connections")
            return False
        self._streams.add(stream)
        return True

    def leave(self, stream: asyncio.BaseTransport) -> None:
        """Unregister a connection that is closed."""
        self._streams.discard(stream)

    def take(self, raw: bytes, address: str, *, waits: bool = False) -> None:
        """Take one message. One of a sender that `waits` (TCP) is not dropped for its rate. Raises nothing."""
        self.messages.counts.received += 1
        if not self.messages.admit(address, waits=waits):
            return
        moment = self._clock()
        line = parser.parse(raw, moment, self._zone)
        asset, sender = self.senders.origin(line.host, line.named, address)
        if not asset and not self.messages.count_unknown(sender):
            return
        shown = _shown(line)
        matches = list(self._matches(asset or sender, line, shown, moment))
        readings = [reading for reading, _ in matches if reading is not None] if asset else []
        if asset and (line.level <= self._level or matches):
            readings.insert(0, _message(line, shown, moment))
        elif asset:
            self.messages.counts.quiet += 1
        if readings or matches:
            signals = tuple(signal for _, signal in matches)
            self.messages.put(
                ListenerMessage(asset=asset, sender=sender, measurements=tuple(readings), signals=signals)
            )

    def _matches(
        self, subject: str, line: Line, shown: str, moment: float
    ) -> Iterator[tuple[Measurement | None, AlertSignal]]:
        """Match the line against the rules. Each rule gives at most one reading and one signal."""
        matched_text = line.matched[:LINE_LIMIT]
        for rule in self._rules:
            if line.level > rule.level:
                continue
            verdict = _verdict(rule, matched_text)
            if verdict is None:
                continue
            active, part_text = verdict
            part = self.messages.part(subject, text(part_text.encode()))
            at = _time(line, moment)
            yield _state(rule, active, part, shown, at), rule.signal(active, part, shown, at)


def _verdict(rule: AlarmRule, matched_text: str) -> tuple[bool, str] | None:
    """True to raise the rule's alert or False to clear it, and the part's name. None when no expression matches.

    One line may match expressions of both for the same part ("changed from up to down"). The match that ends later
    in the line counts.
    """
    raised, cleared = _first(rule.raises, matched_text), _first(rule.clears, matched_text)
    if raised is None:
        return None if cleared is None else (False, _part(cleared))
    if cleared is not None and _part(cleared) == _part(raised) and cleared.end() > raised.end():
        return False, _part(cleared)
    return True, _part(raised)


def _first(patterns: Sequence[Any], matched_text: str) -> Any:
    """The match of the first expression that matches, else None. RE2's patterns have no types."""
    return next((match for pattern in patterns if (match := pattern.search(matched_text))), None)


def _part(match: Any) -> str:
    return match.groupdict().get("part") or ""


def _state(rule: AlarmRule, active: bool, part: str, shown: str, at: float | None) -> Measurement | None:
    if not rule.metric:
        return None
    return Measurement(
        metric=rule.metric, value=rule.values[0 if active else -1], instance=part, text=shown, observed_at=at
    )


def _message(line: Line, shown: str, moment: float) -> Measurement:
    return Measurement(
        metric="syslog.message",
        instance=line.severity,
        value=line.text[:200],
        text=shown,
        observed_at=_time(line, moment),
    )


def _time(line: Line, moment: float) -> float | None:
    """The device's time, None where its clock is too far off."""
    return line.at if line.at is not None and -LATE <= line.at - moment <= EARLY else None


def _shown(line: Line) -> str:
    """The line as received, in printable characters."""
    return "".join(
        character if character.isprintable() else " " for character in parser.decoded(line.raw[: LINE_LIMIT * 4])
    )[:LINE_LIMIT].strip()


def endpoint(settings: SourceSettings) -> tuple[str, str, int]:
    """(scheme, host, port) of the url. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme in PORTS and parts.hostname:
            return parts.scheme, parts.hostname, PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        pass  # reported below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:1514, tcp://… or tls://0.0.0.0:6514",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:1514、tcp://… 或 tls://0.0.0.0:6514",
    )


def _trust(context: ssl.SSLContext, settings: SourceSettings) -> ssl.SSLContext:
    """Load the server's certificate. With `tls_ca`, clients need a certificate that it issued. Raises Misconfigured."""
    if not settings.tls_cert or not settings.tls_key:
        raise Misconfigured(
            f"source {settings.id!r}: tls:// wants tls_cert and tls_key, the listener's certificate and its key",
            f"来源 {settings.id!r}：tls:// 需要 tls_cert 与 tls_key（证书与私钥）",
        )
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
        if settings.tls_ca:
            context.load_verify_locations(settings.tls_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or type(error).__name__
        raise Misconfigured(
            f"source {settings.id!r}: its certificate cannot be used ({detail}); PEM files are wanted",
            f"来源 {settings.id!r}：证书无法使用（{detail}）；tls_cert、tls_key、tls_ca 应为 PEM 文件",
        ) from error
    return context
