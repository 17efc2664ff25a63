"""`network.syslog`: syslog over UDP (RFC 5426), TCP (RFC 6587) and TLS (RFC 5425), as `url` says: udp:// tcp:// tls://.

A line of `level` or worse gives `syslog.message[SEVERITY]` on its asset, with the line as it came as its text; the
rules of syslog.toml and the source's own raise and end alerts, some with a state as a reading, e.g.
`syslog.link[GigabitEthernet0/0/1]` = "down". The asset is found by the host in the line, else by the sender's address.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import ClassVar, cast
from urllib.parse import urlsplit

from collectors.contract import Measurement
from collectors.errors import Misconfigured
from collectors.listener import AlertSignal, Listener, ListenerContext, ListenerMessage
from collectors.network.listening import rules as listener_rules
from collectors.network.listening.queue import Hearing, cannot_listen, widen
from collectors.network.listening.rules import Rule
from collectors.network.listening.senders import Senders
from collectors.network.listening.severity import SEVERITIES
from collectors.network.snmp.tables import text
from collectors.network.syslog import parser
from collectors.network.syslog.parser import Line
from collectors.network.syslog.transport import Datagrams, Stream
from collectors.settings import SourceSettings
from feeds.clock import Clock, now

PORTS = {"udp": 1514, "tcp": 1514, "tls": 6514}
"""When the url names none. The registered 514 wants a capability, and is there for the asking."""
CONNECTIONS = 512
"""Senders over TCP at once; more are hung up on and counted."""
RAW = 1024
"""Characters of the line that go with a reading, and that rules look at."""
EARLY, LATE = 5.0, 300.0
"""Seconds that a device's clock may be ahead or behind for its time to be believed."""
HANDSHAKE = 10.0


class SyslogListener(Listener):
    """Listens on the `url` of its settings; `clock` gives epoch seconds."""

    kinds: ClassVar[tuple[str, ...]] = ("network.syslog",)

    def __init__(self, settings: SourceSettings, around: ListenerContext, clock: Clock = now) -> None:
        self.hearing = Hearing()
        self.port = 0
        self._clock = clock
        self._tls: ssl.SSLContext | None = None
        self._server: asyncio.Server | asyncio.DatagramTransport | None = None
        self._streams: set[asyncio.BaseTransport] = set()
        self.update(settings, around)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured when `url`, the certificate, the level or a rule cannot be used."""
        scheme, _, _ = place(settings)
        if settings.level not in SEVERITIES:
            raise Misconfigured(
                f"source {settings.id!r}: level={settings.level!r} is not one of: {', '.join(SEVERITIES)}",
                f"来源 {settings.id!r}：level={settings.level!r} 无效，可用：{', '.join(SEVERITIES)}",
            )
        if scheme == "tls":
            _trust(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings)
        listener_rules.rules("syslog", settings)

    def update(self, settings: SourceSettings, around: ListenerContext) -> None:
        """Other rules, certificates or assets; see listeners.Listener."""
        rules = listener_rules.rules("syslog", settings)
        if place(settings)[0] == "tls":
            # The same context, so that new connections see a renewed certificate.
            self._tls = _trust(self._tls or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), settings)
        self._settings, self._rules, self._zone = settings, rules, around.zone
        self._worst = SEVERITIES.index(settings.level)
        self.senders = Senders(around.inventory)

    async def listen(self) -> AsyncIterator[ListenerMessage]:
        """For ever, after `open`."""
        while True:
            yield await self.hearing.queue.get()

    async def open(self) -> None:
        """Begins to listen, if it does not yet. Raises Misconfigured, NotReady."""
        if self._server is not None:
            return
        scheme, host, port = place(self._settings)
        loop = asyncio.get_running_loop()
        try:
            if scheme == "udp":
                self._server, _ = await loop.create_datagram_endpoint(lambda: Datagrams(self), (host, port))
                widen(self._server)
                self.port = self._server.get_extra_info("sockname")[1]
                return
            tls = self._tls if scheme == "tls" else None
            self._server = await loop.create_server(
                lambda: Stream(self), host, port, ssl=tls, ssl_handshake_timeout=HANDSHAKE if tls else None
            )
        except OSError as error:
            raise cannot_listen(error, scheme, host, port) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stops listening and hangs up."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for stream in list(self._streams):
            cast(asyncio.Transport, stream).abort()
        if isinstance(server, asyncio.Server):
            await server.wait_closed()

    @property
    def strangers(self) -> Mapping[str, int]:
        """See listeners.Listener."""
        return self.hearing.strangers

    @property
    def rules(self) -> frozenset[str]:
        """See listeners.Listener."""
        return frozenset(rule.name for rule in self._rules)

    def counts(self) -> dict[str, float]:
        """See listeners.Listener."""
        return self.hearing.figures()

    def take_rubbish(self) -> list[str]:
        """See listeners.Listener."""
        return self.hearing.take_rubbish()

    def enter(self, stream: asyncio.BaseTransport, address: str) -> bool:
        """True when one more connection may be served."""
        if len(self._streams) >= CONNECTIONS:
            self.hearing.refuse(f"{address}: more than {CONNECTIONS} connections")
            return False
        self._streams.add(stream)
        return True

    def leave(self, stream: asyncio.BaseTransport) -> None:
        """The connection is gone."""
        self._streams.discard(stream)

    def take(self, raw: bytes, address: str, *, waits: bool = False) -> None:
        """One message from `address`, which `waits` when it is too fast. Whatever it holds, nothing is raised."""
        self.hearing.counts.received += 1
        if not self.hearing.admit(address, waits=waits):
            return
        moment = self._clock()
        line = parser.parse(raw, moment, self._zone)
        asset = self.senders.find(line.host, address)
        sender = line.host or address
        if not asset and not self.hearing.stranger(sender):
            return
        shown = _shown(line)
        found = list(self._found(asset or sender, line, shown, moment))
        readings = [reading for reading, _ in found if reading is not None] if asset else []
        if asset and (line.level <= self._worst or found):
            readings.insert(0, _message(line, shown, moment))
        elif asset:
            self.hearing.counts.quiet += 1
        if readings or found:
            signals = tuple(signal for _, signal in found)
            self.hearing.put(ListenerMessage(asset=asset, sender=sender, measurements=tuple(readings), signals=signals))

    def _found(
        self, subject: str, line: Line, shown: str, moment: float
    ) -> Iterator[tuple[Measurement | None, AlertSignal]]:
        """What the rules make of a line: at most one reading and one signal each."""
        said = f"{line.app}: {line.text}"[:RAW]
        for rule in self._rules:
            if line.level > rule.level:
                continue
            for active, patterns in ((True, rule.raises), (False, rule.clears)):
                match = next((found for pattern in patterns if (found := pattern.search(said))), None)
                if match is None:
                    continue
                part = self.hearing.part(subject, text((match.groupdict().get("part") or "").encode()))
                at = _time(line, moment)
                yield _state(rule, active, part, shown, at), rule.signal(active, part, shown, at)
                break


def _state(rule: Rule, active: bool, part: str, shown: str, at: float | None) -> Measurement | None:
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
    """The device's time, where its clock can be believed."""
    return line.at if line.at is not None and -LATE <= line.at - moment <= EARLY else None


def _shown(line: Line) -> str:
    """The line as it came, in characters that can be shown."""
    return "".join(character if character.isprintable() else " " for character in parser.decoded(line.raw[: RAW * 4]))[
        :RAW
    ].strip()


def place(settings: SourceSettings) -> tuple[str, str, int]:
    """(scheme, host, port) of the url. Raises Misconfigured."""
    try:
        parts = urlsplit(settings.url)
        if parts.scheme in PORTS and parts.hostname:
            return parts.scheme, parts.hostname, PORTS[parts.scheme] if parts.port is None else parts.port
    except ValueError:
        pass  # said below
    raise Misconfigured(
        f"source {settings.id!r}: url is where to listen: udp://0.0.0.0:1514, tcp://… or tls://0.0.0.0:6514",
        f"来源 {settings.id!r}：url 应写监听地址，如 udp://0.0.0.0:1514、tcp://… 或 tls://0.0.0.0:6514",
    )


def _trust(context: ssl.SSLContext, settings: SourceSettings) -> ssl.SSLContext:
    """The server's side of TLS; with `tls_ca` only senders with a certificate of it. Raises Misconfigured."""
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
