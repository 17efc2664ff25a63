"""Contract of listeners: a listener receives messages and yields their content. It never schedules, retries or logs.

Its errors are those of collectors/errors.py. It is run by collectors/sources/listening.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any, ClassVar

from collectors.contract import Measurement
from collectors.settings import Credential, SourceSettings
from feeds.model import Asset, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """The part of a message that raises an alert, raises it again, or ends it (`active` False).

    `rule` is the rule's name, such as "syslog:link". `key` distinguishes alerts of one asset and rule.
    `at` is the device's own time (epoch seconds), where its clock can be trusted. `lasts` is that of ListenerRule.
    `over` ("if.oper=up") is a polled reading that ends the alert as well, for the same `index` (ifIndex):
    the message that ends it may be lost.
    """

    rule: str
    active: bool
    severity: Severity
    title: dict[str, str]
    key: str = ""
    text: str = ""
    at: float | None = None
    lasts: float = 0.0
    index: str = ""
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerMessage:
    """The content of one message.

    `asset` is the sender's id in the inventory, "" for an unknown sender.
    `sender` is the sender's name on the wire: a host name or an address.
    `probe` is the inventory's probe that the message answers for, "" for none. Its readings go when it is removed.
    """

    asset: str
    sender: str
    measurements: tuple[Measurement, ...] = ()
    signals: tuple[AlertSignal, ...] = ()
    probe: str = ""


def _unread(asset: str) -> bool | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """The site's data that a listener needs: inventory by asset id, credentials by name, the devices' time zone.

    `data` is the folder of collectors' own files, None when a listener may store nothing. `signalling` says of a camera
    whether its signalling is in order in the live picture, None before that was read.
    """

    inventory: Mapping[str, Asset] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    zone: tzinfo = UTC
    data: Path | None = None
    signalling: Callable[[str], bool | None] = _unread


class Listener(ABC):
    """Receives messages. It bounds what it stores, counts what it drops, and raises no error for any message."""

    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def __init__(self, settings: SourceSettings, context: ListenerContext) -> None: ...

    @classmethod  # noqa: B027
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured, with a sentence that names the correction. Opens nothing. Default: accept all."""

    @abstractmethod
    async def open(self) -> None:
        """Open the socket. Raises CollectorError, after which it may be called again."""

    @abstractmethod
    def update(self, settings: SourceSettings, context: ListenerContext) -> None:
        """Apply other rules, credentials, certificates or assets while listening. The `url` does not change.

        Raises Misconfigured when they cannot be used. The previous ones then stay in use.
        """

    @abstractmethod
    def listen(self) -> AsyncIterator[ListenerMessage]:
        """Yield messages until cancelled. Called after `open`."""

    @property
    def unknown_senders(self) -> Mapping[str, int]:
        """The number of messages of each sender that is not in the inventory. Default: none."""
        return {}

    @property
    def rules(self) -> frozenset[str]:
        """The rules that its signals may name at present. Default: none, for a listener without alerts."""
        return frozenset()

    def counts(self) -> dict[str, float]:
        """Counts since the start, at least `received`, `refused` and `dropped`. Default: none."""
        return {}

    def take_refusals(self) -> list[str]:
        """Reasons of some messages refused since the last call, without secrets. Default: none."""
        return []

    def describe(self, asset: str) -> dict[str, Any] | None:
        """What is known of an asset beyond its readings, as plain values. Default: None, nothing."""
        return None

    def refresh(self, asset: str) -> bool:
        """Ask an asset's device now for what it tells of itself. False when that cannot be. Default: False."""
        return False

    @abstractmethod
    async def close(self) -> None:
        """Stop listening and close the sockets."""
