"""HTTP connections with the limits that uvicorn leaves out, against clients that send slowly or without an end.

OWASP ASVS 5, 13.2 and GB/T 22239-2019, 8.1.4 (resource control): the head of a request is bounded in time and bytes, a
body must go on coming, and one address has a bounded number of connections.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api.settings import is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits of connections. `head_seconds` is for a whole head, `body_seconds` for a pause within a body.

    `per_address` is for one address, `exempt` are addresses without that limit: proxies stand for many people. An
    office behind one address has many people too, and each browser opens six connections.
    """

    head_seconds: float = 10.0
    head_bytes: int = 65_536
    body_seconds: float = 30.0
    per_address: int = 500
    exempt: Callable[[str], bool] = is_loopback
    open: Counter[str] = field(default_factory=Counter)
    """The number of open connections by address."""


class BoundedHttpProtocol(HttpToolsProtocol):
    """One HTTP connection within limits. It is closed when it exceeds one."""

    def __init__(self, *arguments: Any, limits: ConnectionLimits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._phase = "head"
        """"head" until the head of a request is complete, "body" until its body is, else ""."""
        self._head_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = inf
        self._counted = ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if not self._limits.exempt(address):
            self._counted = address
            self._limits.open[address] += 1
            if self._limits.open[address] > self._limits.per_address:
                self._refuse(503, "too many connections from this address")
                return
        self._begin("head", self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._release()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self) -> None:
        self._release()  # the live feed has limits of its own
        super().handle_websocket_upgrade()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._phase and (self.cycle is None or self.cycle.response_complete):
            self._begin("head", self._limits.head_seconds)  # the next request of a connection that was kept
        if self._phase == "body":
            self._begin("body", self._limits.body_seconds)
        self._head_bytes = self._head_bytes + len(data) if self._phase == "head" else 0
        super().data_received(data)
        if self._phase == "head" and self._head_bytes > self._limits.head_bytes:
            self._refuse(431, "the head of the request is too large")

    def on_message_begin(self) -> None:
        if self._phase != "head":  # a request that was sent right behind another
            self._begin("head", self._limits.head_seconds)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._begin("body", self._limits.body_seconds)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._begin("", 0.0)
        super().on_message_complete()

    def _begin(self, phase: str, seconds: float) -> None:
        """Enter a phase that must end, or go on with bytes, within `seconds`; 0: without a limit.

        One timer serves all phases. It runs on when a phase ends early, then waits for the present limit.
        """
        self._phase = phase
        if not seconds:
            self._deadline = inf
            return
        self._deadline = self.loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._cancel_timer()
        if self._timer is None:
            self._timer = self.loop.call_at(self._deadline, self._check_time)

    def _check_time(self) -> None:
        self._timer = None
        if self._deadline == inf:
            return
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._check_time)
        elif self._phase == "body" and self.flow.read_paused:
            self._begin("body", self._limits.body_seconds)  # the server itself does not read on
        else:
            self._refuse(408, "the request did not arrive in time")

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _refuse(self, status: int, text: str) -> None:
        """Answer, unless an answer has begun, and close."""
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            body = text.encode()
            self.transport.write(
                b"HTTP/1.1 %d \r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n"
                b"connection: close\r\n\r\n%s" % (status, len(body), body)
            )
        self.transport.close()

    def _release(self) -> None:
        """Stop the clock, and count the connection no longer."""
        self._begin("", 0.0)
        self._cancel_timer()
        if self._counted:
            self._limits.open[self._counted] -= 1
            if not self._limits.open[self._counted]:
                del self._limits.open[self._counted]
            self._counted = ""
