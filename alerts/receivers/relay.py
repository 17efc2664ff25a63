"""The border relay as a receiver: `relay://SECRET@host:port/CHANNEL` (HTTP) or `relays://…` (HTTPS).

With `?to={to}` the channel wants a person's address. The relay answers 202 once it holds the message on its disk;
what becomes of it outside is in the relay's own record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote, urlsplit

from alerts.receivers.base import AT_ONCE, ReceiverError, Rejected, address_of
from alerts.receivers.posting import post
from alerts.receivers.relay_wire import KEY, PATH, SIGNATURE, TIME, signature
from alerts.receivers.templates import MessageTemplates
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.documents.receivers import ReceiverSettings

if TYPE_CHECKING:
    import aiohttp

SHORTEST_SECRET = 16
_SCHEMES = {"relay": "http", "relays": "https"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTarget:
    """One channel of a relay."""

    at_once: ClassVar[int] = AT_ONCE
    id: str
    base: str
    channel: str
    secret: str = field(repr=False)
    timeout: float
    wording: MessageTemplates
    to: str = ""
    personal: bool = False
    clock: Clock = wall_clock

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Hand one message over."""
        address = address_of(body, self.to)
        if self.personal and not address:
            raise Rejected("no address")
        subject, text = self.wording.words(body)
        raw = json.dumps({"to": address, "subject": subject, "text": text}, ensure_ascii=False).encode()
        at, path = f"{self.clock():.3f}", PATH + self.channel
        headers = {KEY: key, TIME: at, SIGNATURE: signature(self.secret, at, key, path, raw)}
        await post(session, self.base + path, raw, headers, self.timeout)

    def close(self) -> None:
        """Nothing is held."""


def relay_target(settings: ReceiverSettings, wording: MessageTemplates) -> RelayTarget:
    """The receiver; ReceiverError says what is missing."""
    parts = urlsplit(settings.url)
    secret, channel = unquote(parts.username or ""), parts.path.strip("/")
    if len(secret) < SHORTEST_SECRET or not parts.hostname or not channel or "/" in channel:
        raise ReceiverError(
            settings.id,
            f"url 应为 relay://密钥@主机:端口/通道，密钥不少于 {SHORTEST_SECRET} 位",
            f"the url must be relay://SECRET@host:port/CHANNEL with {SHORTEST_SECRET} characters of secret at least",
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host + (f":{parts.port}" if parts.port is not None else "")
    return RelayTarget(
        id=settings.id,
        base=f"{_SCHEMES[parts.scheme]}://{netloc}",
        channel=channel,
        secret=secret,
        timeout=settings.timeout,
        wording=wording,
        to=settings.to,
        personal="{to}" in settings.url,
    )
