"""Subscriptions of the upper platform to our catalog: dialogs that last until they expire. Sans I/O."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from collectors.video.gb28181.registrar import expires_of
from collectors.video.gb28181.sip_message import SipMessage, tag_of

MAX_SUBSCRIPTIONS = 16
"""Subscriptions at once. The oldest ends for another one."""


@dataclass(slots=True)
class CatalogSubscription:
    """One dialog. `tag` is ours, `peer_tag` theirs. `event` is their header, with its id."""

    call_id: str
    tag: str
    peer_tag: str
    event: str
    expires_at: float
    sequence: int = 0


class CatalogSubscribers:
    """All subscriptions by their Call-ID."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, CatalogSubscription] = {}

    def __len__(self) -> int:
        return len(self._subscriptions)

    def subscribe(self, message: SipMessage, now: float) -> CatalogSubscription | None:
        """Begin, renew or (Expires 0) end a subscription. None for one that ends."""
        call_id, seconds = message.header("call-id"), expires_of(message) or 0
        existing = self._subscriptions.pop(call_id, None)
        if seconds == 0:
            return None
        subscription = existing or CatalogSubscription(
            call_id, secrets.token_hex(4), tag_of(message.header("from")), message.header("event"), 0.0
        )
        subscription.expires_at = now + seconds
        self._subscriptions[call_id] = subscription
        while len(self._subscriptions) > MAX_SUBSCRIPTIONS:
            del self._subscriptions[next(iter(self._subscriptions))]
        return subscription

    def alive(self, now: float) -> Iterator[CatalogSubscription]:
        """The subscriptions that have not expired."""
        for call_id, subscription in list(self._subscriptions.items()):
            if subscription.expires_at <= now:
                del self._subscriptions[call_id]
            else:
                yield subscription

    def end(self, subscription: CatalogSubscription) -> None:
        """The upper platform does not know the dialog any more."""
        self._subscriptions.pop(subscription.call_id, None)
