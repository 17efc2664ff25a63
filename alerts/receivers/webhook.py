"""A plain JSON webhook: `json://` (HTTP) and `jsons://` (HTTPS), written as Apprise writes them.

`json+hmac://SECRET@host:port/path` and `jsons+hmac://…` sign each message as the border relay's are signed
(alerts.receivers.relay_wire): `X-Watchfloor-Time` and `X-Watchfloor-Signature`, the hex of HMAC-SHA256 over time, key,
path with its query, and body.

`POST`, `Content-Type: application/json`, header `Idempotency-Key: KEY`, and the body:

    {"version": 1,
     "key": "0193…-9f3c21aa:1:desk",         the same however often it is sent
     "reason": "first",                       first | again | worse | flapping | cleared | removed
     "site": "楚雄州",
     "alert": {"id": …, "severity": "critical", "active": true, "state": "UNACK", "raised_at": "2026-…Z", …},
     "asset": {"id": …, "name": …, "kind": …, "region": …},       null when the alert is about no asset
     "about": {"kind": "region", "id": "532301", "title": {"zh-CN": …, "en": …}},   title {} when it is gone
     "to": {"person": …, "name": …, "language": …, "address": …}}  when one person is meant (an escalation's step)

A digest has the reason "digest" and `items`, each such a body. Reasons of an escalation: escalation | repeat | promise.

A warning that is passed on (`[[pass_on]]`) has the reason "warning", `step`, `warning` and `cap`; see
incidents.warnings.passing.

`alert` is the public record as it was at that step (the same as in REST and the live feed).
2xx accepts. 408, 429 and 5xx are tried again; any other answer is a refusal. Redirects are not followed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from alerts.receivers.base import AT_ONCE, ReceiverError
from alerts.receivers.posting import post
from alerts.receivers.relay_wire import SIGNATURE, TIME, signature
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.documents.receivers import ReceiverSettings

if TYPE_CHECKING:
    import aiohttp

IDEMPOTENCY_KEY = "Idempotency-Key"
_SCHEMES = {"json": "http", "jsons": "https", "json+hmac": "http", "jsons+hmac": "https"}
SIGNED = ("json+hmac", "jsons+hmac")
SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One receiver's address, checked. `url` is without the user's name and password."""

    at_once: ClassVar[int] = AT_ONCE
    id: str
    url: str
    timeout: float
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    secret: str = field(default="", repr=False)
    clock: Clock = wall_clock

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Deliver one message; raises RetryLater or Rejected."""
        # A header holds printable ASCII only, and the id of a warning may be in any script.
        key = key if key.isascii() and key.isprintable() else quote(key, safe=":,/+")
        raw = json.dumps(body).encode()
        headers = {**self.headers, IDEMPOTENCY_KEY: key}
        if self.secret:
            parts, at = urlsplit(self.url), f"{self.clock():.3f}"
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            headers |= {TIME: at, SIGNATURE: signature(self.secret, at, key, path, raw)}
        await post(session, self.url, raw, headers, self.timeout)

    def close(self) -> None:
        """Nothing is held."""


def webhook(settings: ReceiverSettings) -> Webhook:
    """The receiver's webhook; ReceiverError when the address is none."""
    try:
        parts = urlsplit(settings.url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ReceiverError(settings.id, "url 无法解析", "the url cannot be read") from error
    if parts.scheme not in _SCHEMES or not host:
        raise ReceiverError(
            settings.id,
            "url 应为 json://主机:端口/路径 或 jsons://…",
            "the url must be json://host:port/path or jsons://…",
        )
    user = unquote(parts.username or "")
    signed = parts.scheme in SIGNED
    if signed and len(user) < SHORTEST_SECRET:
        raise ReceiverError(
            settings.id,
            f"url 应为 {parts.scheme}://密钥@主机:端口/路径，密钥不少于 {SHORTEST_SECRET} 位",
            f"the url must be {parts.scheme}://SECRET@host:port/path, SECRET of {SHORTEST_SECRET} characters or more",
        )
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port is not None else "")
    headers = {}
    if user and not signed:
        pair = f"{user}:{unquote(parts.password or '')}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    url = urlunsplit((_SCHEMES[parts.scheme], netloc, parts.path or "/", parts.query, ""))
    secret = user if signed else ""
    return Webhook(id=settings.id, url=url, timeout=settings.timeout, headers=headers, secret=secret)
