"""Our subscriptions to devices (GB/T 28181 9.11): catalog, alarms, positions. Renewed, or given up where unsupported.

A device that does not do it is polled instead, and asked again the next day. Sans I/O.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from collectors.video.gb28181 import manscdp, sip_message
from collectors.video.gb28181.bindings import Binding, Bindings
from collectors.video.gb28181.registrar import expires_of
from collectors.video.gb28181.sip_message import SipMessage, tag_of
from collectors.video.gb28181.sip_requests import SipRequests

EXPIRES, EXPIRES_MIN = 3600, 30
"""Seconds of a subscription that we ask for, and that we take from a device at least."""
RENEW_AT = 0.8
"""The share of a subscription's time after which it is renewed."""
TRY_AGAIN = 86_400.0
"""Seconds after which a device is asked again that does not do it."""


class Topic(StrEnum):
    """What can be subscribed to, by its name in settings."""

    CATALOG = "catalog"
    ALARM = "alarm"
    POSITION = "position"


_EVENTS = {Topic.CATALOG: "Catalog", Topic.ALARM: "presence", Topic.POSITION: "presence"}
_BODIES = {
    Topic.CATALOG: ("Catalog", ""),
    Topic.ALARM: (
        "Alarm",
        "<StartAlarmPriority>0</StartAlarmPriority>\r\n<EndAlarmPriority>0</EndAlarmPriority>\r\n"
        "<AlarmMethod>0</AlarmMethod>",
    ),
    Topic.POSITION: ("MobilePosition", "<Interval>5</Interval>"),
}
"""The command of the body, and what follows the device's id."""


class SubscriptionState(StrEnum):
    """`asking`: no answer yet. `unsupported`: refused, or never answered."""

    WAITING = "waiting"
    ASKING = "asking"
    ACTIVE = "active"
    UNSUPPORTED = "unsupported"


@dataclass(slots=True)
class DeviceSubscription:
    """One dialog with a device. Times are monotonic; `due_at` is when it is asked for or renewed."""

    device: str
    topic: Topic
    due_at: float
    state: SubscriptionState = SubscriptionState.WAITING
    call_id: str = ""
    tag: str = ""
    peer_tag: str = ""
    sequence: int = 0
    expires_at: float = 0.0


class DeviceSubscriptions:
    """All subscriptions. `own` and `domain` are ours, `topics` those of the settings; `now` is monotonic."""

    def __init__(
        self,
        own: str,
        domain: str,
        topics: tuple[Topic, ...],
        bindings: Bindings,
        requests: SipRequests,
        now: Callable[[], float],
    ) -> None:
        self._own, self._domain, self._topics = own, domain, topics
        self._bindings, self._requests, self._now = bindings, requests, now
        self._subscriptions: dict[tuple[str, Topic], DeviceSubscription] = {}
        self._dialogs: dict[str, DeviceSubscription] = {}
        self._number = 0

    def __len__(self) -> int:
        return sum(each.state is SubscriptionState.ACTIVE for each in self._subscriptions.values())

    def begin(self, device: str, at: float) -> None:
        """Subscribe anew at a time: the device has registered or come back, and may have forgotten its dialogs."""
        for topic in self._topics:
            existing = self._subscriptions.get((device, topic))
            if existing is not None:
                self._dialogs.pop(existing.call_id, None)
            self._subscriptions[device, topic] = DeviceSubscription(device, topic, at)

    def forget(self, device: str) -> None:
        """Drop the dialogs of a device that is silent."""
        for topic in self._topics:
            existing = self._subscriptions.pop((device, topic), None)
            if existing is not None:
                self._dialogs.pop(existing.call_id, None)

    def active(self, device: str, topic: Topic) -> bool:
        """True while the device tells of changes by itself."""
        existing = self._subscriptions.get((device, topic))
        return existing is not None and existing.state is SubscriptionState.ACTIVE and existing.expires_at > self._now()

    def of(self, device: str) -> Iterator[DeviceSubscription]:
        """The subscriptions of a device."""
        return (each for each in self._subscriptions.values() if each.device == device)

    def knows(self, message: SipMessage) -> bool:
        """True for a NOTIFY of a dialog that stands."""
        existing = self._dialogs.get(message.header("call-id"))
        return existing is not None and existing.device == message.sender

    def tick(self, now: float) -> None:
        """Ask for what is due, and renew."""
        for subscription in list(self._subscriptions.values()):
            if subscription.due_at <= now:
                binding = self._bindings.get(subscription.device)
                if binding is not None and binding.online and binding.way is not None:
                    self._ask(subscription, binding, now)

    def _ask(self, subscription: DeviceSubscription, binding: Binding, now: float) -> None:
        way = binding.way
        assert way is not None
        self._number += 1
        command, more = _BODIES[subscription.topic]
        if subscription.state is not SubscriptionState.ACTIVE:
            self._dialogs.pop(subscription.call_id, None)
            subscription.call_id, subscription.peer_tag = secrets.token_hex(12), ""
            subscription.tag, subscription.state = secrets.token_hex(4), SubscriptionState.ASKING
        subscription.sequence += 1
        subscription.due_at = float("inf")
        self._dialogs[subscription.call_id] = subscription
        _, data = sip_message.request(
            "SUBSCRIBE",
            binding.device,
            self._own,
            self._domain,
            (way.transport, way.peer, way.local),
            sequence=subscription.sequence,
            body=manscdp.query(command, self._number, binding.device, binding.charset, more),
            more=(
                ("Event", _EVENTS[subscription.topic]),
                ("Expires", str(EXPIRES)),
                ("Contact", f"<sip:{self._own}@{way.local[0]}:{way.local[1]}>"),
            ),
            call_id=subscription.call_id,
            tags=(subscription.tag, subscription.peer_tag),
        )
        self._requests.send(
            way,
            subscription.call_id,
            subscription.sequence,
            "SUBSCRIBE",
            data,
            lambda message: self._answered(subscription, message),
        )

    def _answered(self, subscription: DeviceSubscription, message: SipMessage | None) -> None:
        if self._subscriptions.get((subscription.device, subscription.topic)) is not subscription:
            return
        now = self._now()
        if message is not None and 200 <= message.status < 300:
            seconds = max(expires_of(message) or EXPIRES_MIN, EXPIRES_MIN)
            subscription.state, subscription.expires_at = SubscriptionState.ACTIVE, now + seconds
            subscription.peer_tag = tag_of(message.header("to"))
            subscription.due_at = now + RENEW_AT * seconds
            return
        self._dialogs.pop(subscription.call_id, None)
        was_active = subscription.state is SubscriptionState.ACTIVE
        subscription.state = SubscriptionState.WAITING if was_active else SubscriptionState.UNSUPPORTED
        subscription.due_at = now if was_active else now + TRY_AGAIN
