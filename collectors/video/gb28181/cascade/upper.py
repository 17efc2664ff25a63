"""This site as a lower platform: registered with an upper one, it answers queries and tells of changes. Sans I/O.

We are status only: INVITE is answered 488, controls with ERROR, queries for recordings with none.
"""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping

from collectors.video.gb28181 import manscdp, sip_message
from collectors.video.gb28181.bindings import Way
from collectors.video.gb28181.cascade import answers
from collectors.video.gb28181.cascade.granted import Grant, channel_item, event_item, grant_of
from collectors.video.gb28181.cascade.registration import UpperRegistration
from collectors.video.gb28181.cascade.settings import UpperSettings
from collectors.video.gb28181.cascade.subscribers import CatalogSubscribers, CatalogSubscription
from collectors.video.gb28181.manscdp import MansFormatError
from collectors.video.gb28181.sip_message import SipMessage, response
from collectors.video.gb28181.sip_requests import SipRequests
from feeds.model import Asset

MESSAGE_LIMIT = 1200
"""Bytes of one message with its head, so that a datagram is never divided."""
UNDER_WAY = 16
"""Messages of an answer that wait for their 200; the others wait for those."""
REPEATED_WITHIN, MAX_ANSWERS = 32.0, 1000
MAX_WAITING = 250_000
"""Messages that wait to be sent. A query that would exceed them is refused by silence."""
_METHODS = "MESSAGE, SUBSCRIBE, OPTIONS"
Signalling = Callable[[str], bool | None]
"""True while an asset's signalling is in order, None while the live picture has not been read."""


class UpperPlatform:
    """One upper platform. `signalling` tells of our cameras; `now` is monotonic. `way` leads to the platform."""

    def __init__(
        self,
        settings: UpperSettings,
        password: str,
        inventory: Mapping[str, Asset],
        signalling: Signalling,
        way: Way,
        *,
        now: Callable[[], float],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.settings, self._now, self.way, self._signalling = settings, now, way, signalling
        self.requests = SipRequests(now)
        self.subscribers = CatalogSubscribers()
        self.refusals: list[str] = []
        self.notified = 0
        self._number = random.randrange(1, 100_000)
        self._waiting: list[bytes] = []
        self._answers: OrderedDict[tuple[str, str, str], tuple[float, bytes]] = OrderedDict()
        self._grant, self._online = grant_of(inventory.values(), settings), frozenset[str]()
        self._ready = False
        self._target = f"sip:{settings.id}@{settings.domain}"
        self.registration = UpperRegistration(
            self._send,
            self._keepalive,
            user=settings.own,
            password=password,
            uri=self._target,
            contact=f"<sip:{settings.own}@{way.local[0]}:{way.local[1]}>",
            expires=settings.expires,
            keepalive=settings.keepalive,
            now=now,
            jitter=jitter,
        )

    @property
    def grant(self) -> Grant:
        """What the upper platform may see."""
        return self._grant

    @property
    def online(self) -> int:
        """The number of granted cameras that are told as ON."""
        return len(self._online)

    def set_inventory(self, inventory: Mapping[str, Asset]) -> None:
        """Use another inventory. Subscribers hear of cameras that came and went."""
        before, self._grant = self._grant, grant_of(inventory.values(), self.settings)
        if not self._ready:
            return
        self._online = frozenset(self._states())
        news = [event_item(id, "DEL") for id in before.cameras if id not in self._grant.cameras]
        news += [
            channel_item(camera, self.settings, online=id in self._online, event="ADD")
            for id, camera in self._grant.cameras.items()
            if id not in before.cameras
        ]
        self._notify(news)

    # -- time ----------------------------------------------------------------------

    def tick(self) -> None:
        """Let time pass. Call it several times a second. Nothing is sent before the states of the cameras are known."""
        now = self._now()
        self.requests.tick(now)
        if not self._ready:
            self._ready = all(self._signalling(camera.asset.id) is not None for camera in self._grant.cameras.values())
            if not self._ready:
                return
            self._online = frozenset(self._states())
        self.registration.tick(now)
        self._tell_changes()
        self._send_waiting()

    def _states(self) -> Iterator[str]:
        return (id for id, camera in self._grant.cameras.items() if self._signalling(camera.asset.id))

    def _tell_changes(self) -> None:
        before, self._online = self._online, frozenset(self._states())
        changed = sorted(before ^ self._online)
        self._notify(event_item(id, "ON" if id in self._online else "OFF") for id in changed)

    def _notify(self, news: Iterable[str]) -> None:
        """Tell every subscriber, in as few messages as the limit allows."""
        listed = list(news)
        if not listed or not self.registration.registered:
            return
        for subscription in self.subscribers.alive(self._now()):
            self._tell(subscription, listed)
        self.notified += len(listed)

    def _tell(self, subscription: CatalogSubscription, listed: list[str]) -> None:
        state = f"active;expires={int(subscription.expires_at - self._now())}"
        head = (("Event", subscription.event or "Catalog"), ("Subscription-State", state))
        tags = subscription.tag, subscription.peer_tag

        def answered(message: SipMessage | None) -> None:
            if message is not None and message.status == 481:
                self.subscribers.end(subscription)

        empty = self._request("NOTIFY", b"", head, call_id=subscription.call_id, tags=tags)[1]
        room = MESSAGE_LIMIT - len(empty)
        for body in answers.listing(self.settings, "Notify", self._next_number(), self.settings.own, listed, room):
            subscription.sequence += 1
            sequence = subscription.sequence
            call_id, data = self._request(
                "NOTIFY", body, head, sequence=sequence, call_id=subscription.call_id, tags=tags
            )
            self.requests.send(self.way, call_id, sequence, "NOTIFY", data, answered)

    # -- messages ------------------------------------------------------------------

    def receive(self, message: SipMessage, way: Way) -> None:
        """Take one message from the upper platform's address. Raises nothing."""
        now = self._now()
        if message.status:
            self.requests.responded(message)
            return
        if message.sender != self.settings.id:
            self.refusals.append(f"{message.method} {message.sender[:24]}: not the upper platform's id")
            way.send(response(message, 403, "Forbidden", way.peer))
            return
        earlier = self._answers.get(message.transaction)
        if earlier is not None and now - earlier[0] <= REPEATED_WITHIN:
            way.send(earlier[1])
            return
        if message.method == "MESSAGE":
            self._answer(message, way, response(message, 200, "OK", way.peer))
            self._take(message)
        elif message.method == "SUBSCRIBE":
            self._subscribe(message, way)
        elif message.method == "INVITE":
            self._answer(message, way, response(message, 488, "Not Acceptable Here", way.peer))
        elif message.method == "OPTIONS":
            self._answer(message, way, response(message, 200, "OK", way.peer, (("Allow", _METHODS),)))
        elif message.method != "ACK":
            self._answer(message, way, response(message, 405, "Method Not Allowed", way.peer, (("Allow", _METHODS),)))

    def _answer(self, message: SipMessage, way: Way, answer: bytes) -> None:
        way.send(answer)
        self._answers[message.transaction] = self._now(), answer
        if len(self._answers) > MAX_ANSWERS:
            self._answers.popitem(last=False)

    def _subscribe(self, message: SipMessage, way: Way) -> None:
        if message.header("event").partition(";")[0].strip().lower() != "catalog":
            self._answer(message, way, response(message, 489, "Bad Event", way.peer, (("Allow-Events", "Catalog"),)))
            return
        subscription = self.subscribers.subscribe(message, self._now())
        seconds = int(subscription.expires_at - self._now()) if subscription is not None else 0
        tag = subscription.tag if subscription is not None else ""
        answer = response(message, 200, "OK", way.peer, (("Expires", str(seconds)),), tag=tag)
        self._answer(message, way, answer)

    def _take(self, message: SipMessage) -> None:
        try:
            body = manscdp.parse(message.body)
        except MansFormatError as error:
            self.refusals.append(f"{message.sender}: {error}")
            return
        if body.root.lower() == "query":
            room = MESSAGE_LIMIT - len(self._request("MESSAGE", b"", ())[1])
            self._queue(answers.to_query(body, self.settings, self._grant, self._online, room))
        elif body.root.lower() == "control":
            self._queue([answers.reply(body, self.settings, answers.ERROR)])

    # -- sending -------------------------------------------------------------------

    def _queue(self, bodies: list[bytes]) -> None:
        if len(self._waiting) + len(bodies) > MAX_WAITING:
            self.refusals.append(f"{self.settings.id}: too many queries at once")
            return
        self._waiting += bodies
        self._send_waiting()

    def _send_waiting(self) -> None:
        count = max(0, UNDER_WAY - len(self.requests))
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        for body in ready:
            self._send("MESSAGE", body, (), lambda message: None)

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _keepalive(self) -> bytes:
        return manscdp.query(
            "Keepalive", self._next_number(), self.settings.own, more="<Status>OK</Status>", root="Notify"
        )

    def _send(
        self, method: str, body: bytes, more: tuple[tuple[str, str], ...], answered: Callable[[SipMessage | None], None]
    ) -> None:
        sequence = self._next_number()
        call_id, data = self._request(method, body, more, sequence=sequence)
        self.requests.send(self.way, call_id, sequence, method, data, answered)

    def _request(
        self,
        method: str,
        body: bytes,
        more: tuple[tuple[str, str], ...],
        *,
        sequence: int = 1,
        call_id: str = "",
        tags: tuple[str, str] = ("", ""),
    ) -> tuple[str, bytes]:
        settings = self.settings
        registers = method == "REGISTER"
        return sip_message.request(
            method,
            settings.own if registers else settings.id,
            settings.own,
            settings.domain if registers else settings.own[:10],
            (self.way.transport, self.way.peer, self.way.local),
            sequence=sequence,
            body=body,
            more=more,
            call_id=call_id,
            tags=tags,
            target=self._target,
            to_domain=settings.domain,
        )
