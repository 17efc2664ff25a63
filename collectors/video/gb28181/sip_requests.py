"""SIP requests under way: repeated over UDP until they are answered, given up after a while. Sans I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from collectors.video.gb28181.bindings import Way
from collectors.video.gb28181.sip_message import SipMessage

REPEATS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the tries of a request over UDP."""
GIVE_UP = 16.0
"""Seconds after which a request is given up that was only acknowledged (1xx), or sent over TCP."""
MAX_UNDER_WAY = 20_000
"""Requests under way. The oldest are given up for more."""
Answered = Callable[[SipMessage | None], None]
"""Called with the final response, or with None when there is none."""


@dataclass(slots=True)
class _Request:
    data: bytes
    way: Way
    sent_at: float
    next_at: float
    tries: int
    answered: Answered | None


class SipRequests:
    """Requests by Call-ID and CSeq. `now` is monotonic, in seconds."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._requests: dict[tuple[str, str], _Request] = {}

    def __len__(self) -> int:
        return len(self._requests)

    def send(
        self, way: Way, call_id: str, sequence: int, method: str, data: bytes, answered: Answered | None = None
    ) -> None:
        """Send a request. `answered` is called once."""
        way.send(data)
        if way.transport != "UDP" and answered is None:
            return
        now = self._now()
        first = now + (REPEATS[0] if way.transport == "UDP" else GIVE_UP)
        if len(self._requests) >= MAX_UNDER_WAY:
            self._end(next(iter(self._requests)), None)
        self._requests[call_id, f"{sequence} {method}"] = _Request(data, way, now, first, 1, answered)

    def responded(self, message: SipMessage) -> None:
        """Take a response. One to a request that nobody sent is ignored."""
        key = message.header("call-id"), " ".join(message.header("cseq").split())
        request = self._requests.get(key)
        if request is None:
            return
        if message.status < 200:
            request.next_at, request.tries = request.sent_at + GIVE_UP, len(REPEATS)
            return
        self._end(key, message)

    def fail_all(self) -> None:
        """Give up all requests: the peer's port is closed."""
        for key in list(self._requests):
            self._end(key, None)

    def tick(self, now: float) -> None:
        """Repeat what is due, and give up what was never answered."""
        for key, request in list(self._requests.items()):
            if request.next_at > now:
                continue
            if request.way.transport != "UDP" or request.tries >= len(REPEATS):
                self._end(key, None)
                continue
            request.way.send(request.data)
            request.next_at, request.tries = now + REPEATS[request.tries], request.tries + 1

    def _end(self, key: tuple[str, str], message: SipMessage | None) -> None:
        request = self._requests.pop(key, None)
        if request is not None and request.answered is not None:
            request.answered(message)
