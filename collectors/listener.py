"""What a listener is: it is told by others, says what it heard, and never schedules, repeats or logs.

Errors are those of collectors/contract.py; what runs listeners is collectors/sources/listening.py.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import ClassVar

from collectors.contract import Measurement
from collectors.settings import Credential, SourceSettings
from feeds.model import Asset, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSignal:
    """A message raises an alert, says it again, or ends it (`active` False).

    `rule` is "syslog:link"; `key` tells several on one thing apart ("" when there is one); `at` is the device's own
    time (epoch seconds) where it can be believed; `lasts` as in ListenerRule. `over` ("if.oper=up") is the reading
    that ends it too, when the device is polled and says so of the same `index` (ifIndex): the message of its end may
    be lost.
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
    """What one message says. `asset` is its sender's id in the inventory, "" for one that nobody knows.

    `sender` is what the sender is called on the wire: a host name or an address.
    """

    asset: str
    sender: str
    measurements: tuple[Measurement, ...] = ()
    signals: tuple[AlertSignal, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerContext:
    """What a listener must know of its site: whose address is whose, credentials by name, the zone of the clocks."""

    inventory: Mapping[str, Asset] = field(default_factory=dict)
    credentials: Mapping[str, Credential] = field(default_factory=dict)
    zone: tzinfo = UTC


class Listener(ABC):
    """Is told by others. It bounds what it keeps, counts what it drops, and raises for no message."""

    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def __init__(self, settings: SourceSettings, around: ListenerContext) -> None: ...

    @classmethod  # noqa: B027
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured, with a sentence that names the mend; opens nothing. Default: accept all settings."""

    @abstractmethod
    async def open(self) -> None:
        """Begins to listen. Raises CollectorError, also later again."""

    @abstractmethod
    def update(self, settings: SourceSettings, around: ListenerContext) -> None:
        """Takes other rules, credentials, certificates or assets over while it listens; its `url` stays.

        Raises Misconfigured when they cannot be used; what was goes on.
        """

    @abstractmethod
    def listen(self) -> AsyncIterator[ListenerMessage]:
        """What is heard, for ever, after `open`."""

    @property
    def strangers(self) -> Mapping[str, int]:
        """Senders that are in no inventory, with how many messages of each were heard. Default: none."""
        return {}

    @property
    def rules(self) -> frozenset[str]:
        """The names of the rules that its signals may have now. Default: none, it raises no alerts."""
        return frozenset()

    def counts(self) -> dict[str, float]:
        """Figures since the start, at least `received`, `refused` and `dropped`. Default: none are counted."""
        return {}

    def take_rubbish(self) -> list[str]:
        """Some words on messages that were refused since the last call: a few, and no secrets. Default: none."""
        return []

    @abstractmethod
    async def close(self) -> None:
        """Stops listening and gives its sockets back."""
