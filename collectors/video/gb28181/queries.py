"""Requests to devices: sent, repeated over UDP, and answered later by a message with the same number. Sans I/O."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from collectors.video.gb28181 import manscdp, sip_message
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.sip_requests import SipRequests

ANSWER_WITHIN = 10.0
"""Seconds for the message that answers a query."""
AT_ONCE = 20
"""Catalog queries under way in the site."""
MAX_PENDING = 1000
"""Queries that wait for their answers."""
UNSUPPORTED_AFTER = 3
"""Queries of one kind without an answer, after which a device is not asked any more."""


@dataclass(slots=True)
class DeviceQuery:
    """One query under way. Times are monotonic."""

    device: str
    command: str
    sn: int
    asked_at: float


class Queries:
    """All queries. `own` and `domain` are ours; `now` is monotonic, in seconds."""

    def __init__(self, own: str, domain: str, now: Callable[[], float]) -> None:
        self._own, self._domain, self._now = own, domain, now
        self._pending: dict[tuple[str, int], DeviceQuery] = {}
        self.requests = SipRequests(now)
        self._numbers: dict[str, int] = {}
        self._unanswered: dict[tuple[str, str], int] = {}
        self._waiting: deque[tuple[str, str]] = deque()
        self._queued: set[tuple[str, str]] = set()
        self._due: dict[tuple[str, str], float] = {}
        self.late = 0

    def want(self, device: str, command: str, at: float) -> None:
        """Ask a device at a time. An earlier wish for the same stays."""
        key = (device, command)
        if key not in self._queued:
            self._due[key] = min(at, self._due.get(key, at))

    def forget(self, device: str) -> None:
        """Drop everything about a device that has gone."""
        for key in [key for key in self._due if key[0] == device]:
            del self._due[key]
        for pending in [key for key in self._pending if key[0] == device]:
            del self._pending[pending]

    def begin_anew(self, device: str) -> None:
        """Ask a device again for what it did not answer before it registered anew."""
        for key in [key for key in self._unanswered if key[0] == device]:
            del self._unanswered[key]

    def unsupported(self, device: str, command: str) -> bool:
        """True when a device has left several queries of this kind unanswered."""
        return self._unanswered.get((device, command), 0) >= UNSUPPORTED_AFTER

    def asking(self, device: str, command: str) -> bool:
        """True while a query of this kind waits for its answer."""
        return any(query.device == device and query.command == command for query in self._pending.values())

    def due(self, now: float) -> Iterator[tuple[str, str]]:
        """The queries that are due, as (device, command). At most AT_ONCE catalog queries are under way at a time."""
        for key in [key for key, at in self._due.items() if at <= now]:
            del self._due[key]
            self._queued.add(key)
            self._waiting.append(key)
        catalogs = sum(query.command == "Catalog" for query in self._pending.values())
        for _ in range(len(self._waiting)):
            device, command = key = self._waiting.popleft()
            if len(self._pending) >= MAX_PENDING or (command == "Catalog" and catalogs >= AT_ONCE):
                self._waiting.append(key)
                continue
            self._queued.discard(key)
            catalogs += command == "Catalog"
            yield device, command

    def pending(self, device: str, sn: int) -> bool:
        """True while a query waits for its answer, or for more of it."""
        return (device, sn) in self._pending

    def ask(self, binding: Binding, command: str, *, more: str = "", about: str = "") -> DeviceQuery | None:
        """Send a query to a device, about itself or a channel. None when nothing can be sent to it now."""
        if binding.way is None:
            return None
        device = binding.device
        number = self._numbers[device] = self._numbers.get(device, random.randrange(1, 100_000)) + 1
        body = manscdp.query(command, number, about or device, binding.charset, more)
        self.send(binding, "MESSAGE", body)
        query = DeviceQuery(device, command, number, self._now())
        self._pending[(device, number)] = query
        return query

    def send(self, binding: Binding, method: str, body: bytes, more: tuple[tuple[str, str], ...] = ()) -> None:
        """Send a request and repeat it until it is answered."""
        way = binding.way
        assert way is not None
        call_id, data = sip_message.request(
            method,
            binding.device,
            self._own,
            self._domain,
            (way.transport, way.peer, way.local),
            sequence=1,
            body=body,
            more=more,
        )
        self.requests.send(way, call_id, 1, method, data)

    def responded(self, message: sip_message.SipMessage) -> None:
        """A SIP response: the request need not be repeated. It is not yet the answer to a query."""
        self.requests.responded(message)

    def answered(self, device: str, sn: int, *, last: bool = True) -> DeviceQuery | None:
        """The query that a message answers, None for one that nobody asked. `last`: no more parts will come."""
        query = self._pending.get((device, sn))
        if query is None:
            return None
        self._unanswered.pop((device, query.command), None)
        if last:
            del self._pending[(device, sn)]
        else:
            query.asked_at = self._now()
        return query

    def tick(self, now: float) -> None:
        """Repeat requests that are due, and end the queries that were not answered in time, but for catalogs."""
        self.requests.tick(now)
        overdue = [
            query
            for query in self._pending.values()
            if query.command != "Catalog" and now > query.asked_at + ANSWER_WITHIN
        ]
        for query in overdue:
            self.give_up(query)

    def give_up(self, query: DeviceQuery) -> None:
        """Note that a query was not answered."""
        self._pending.pop((query.device, query.sn), None)
        key = (query.device, query.command)
        self._unanswered[key] = self._unanswered.get(key, 0) + 1
