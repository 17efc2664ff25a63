"""Registration with the upper platform: REGISTER with digest, refresh, keepalives, and anew when they fail.

Sans I/O: time and answers in, requests out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

from collectors.video import http_digest
from collectors.video.gb28181.registrar import VERSION, expires_of
from collectors.video.gb28181.sip_message import SipMessage

MISSES = 3
"""Keepalives without 200, one after another, after which we register anew."""
BACKOFF_FIRST, BACKOFF_LAST, JITTER = 60.0, 600.0, 0.2
"""Seconds before the next try after a failed registration, doubling, and the share by which it varies."""


class RequestSender(Protocol):
    """Sends a request to the upper platform; `answered` gets the final response, None without one."""

    def __call__(
        self, method: str, body: bytes, more: tuple[tuple[str, str], ...], answered: Callable[[SipMessage | None], None]
    ) -> None: ...


class UpperRegistration:
    """The state of our registration. `user` and `password` are ours there. Times are monotonic, in seconds.

    `registered` is None until the first answer. `why` says in both languages why it is not registered.
    """

    def __init__(
        self,
        send: RequestSender,
        keepalive_body: Callable[[], bytes],
        *,
        user: str,
        password: str,
        uri: str,
        contact: str,
        expires: int,
        keepalive: float,
        now: Callable[[], float],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._send, self._body, self._now, self._jitter = send, keepalive_body, now, jitter
        self._user, self._password, self._uri, self._contact = user, password, uri, contact
        self._expires, self._keepalive = expires, keepalive
        self.registered: bool | None = None
        self.why = ""
        self.misses = 0
        self.attempts = 0
        self._failures = 0
        self._asking = False
        self._due_at = float("-inf")
        self._refresh_at = float("inf")
        self._keepalive_at = float("inf")

    def tick(self, now: float) -> None:
        """Register, refresh or keep alive when it is due."""
        if not self._asking and (now >= self._due_at or now >= self._refresh_at):
            self._register(None)
        elif self.registered and now >= self._keepalive_at:
            self._keepalive_at = now + self._keepalive
            self._send("MESSAGE", self._body(), (), self._kept_alive)

    def sign_off(self) -> None:
        """Nothing is sent any more: the source is closed."""
        self._due_at = self._refresh_at = self._keepalive_at = float("inf")

    def _register(self, challenge: http_digest.DigestChallenge | None) -> None:
        self._asking = True
        self._due_at = self._refresh_at = float("inf")
        more: tuple[tuple[str, str], ...] = (("Contact", self._contact), ("Expires", str(self._expires)), VERSION)
        if challenge is not None:
            signed = challenge.answer(self._user, self._password, "REGISTER", self._uri)
            more = (*more, ("Authorization", signed))
        else:
            self.attempts += 1

        def answered(message: SipMessage | None) -> None:
            self._registration_answered(message, signed=challenge is not None)

        self._send("REGISTER", b"", more, answered)

    def _registration_answered(self, message: SipMessage | None, *, signed: bool) -> None:
        self._asking = False
        if message is not None and message.status == 401 and not signed:
            challenge = http_digest.best(message.all("www-authenticate"))
            if challenge is not None:
                self._register(challenge)
                return
        if message is None:
            self._failed("上级平台无应答 | the upper platform does not answer")
        elif message.status == 200:
            self._succeeded(message)
        elif message.status in (401, 403):
            self._failed("上级平台拒绝注册，请核对口令与编码 | the upper platform refuses: check password and ids")
        else:
            self._failed(f"上级平台应答 {message.status} | the upper platform answers {message.status}")

    def _succeeded(self, message: SipMessage) -> None:
        now = self._now()
        granted = expires_of(message) or self._expires
        self.registered, self.why, self.misses, self._failures = True, "", 0, 0
        self._refresh_at = now + granted * 2 / 3
        self._keepalive_at = now

    def _failed(self, why: str) -> None:
        self.registered, self.why = False, why
        self._failures += 1
        pause = min(BACKOFF_FIRST * 2 ** (self._failures - 1), BACKOFF_LAST)
        self._due_at = self._now() + pause * (1 + JITTER * (2 * self._jitter() - 1))
        self._keepalive_at = float("inf")

    def _kept_alive(self, message: SipMessage | None) -> None:
        if message is not None and message.status == 200:
            self.misses = 0
            return
        self.misses += 1
        if self.registered and (self.misses >= MISSES or (message is not None and message.status in (401, 403, 404))):
            self.registered, self.why = False, "上级平台不应答心跳 | the upper platform does not answer keepalives"
            self.misses = 0
            self._keepalive_at, self._due_at = float("inf"), self._now()
