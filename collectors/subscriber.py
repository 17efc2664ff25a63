"""Pollers whose targets also send values and alarms between polls, and other optional abilities of a Poller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from collectors.contract import Measurement, Target
from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One alarm of a device, as the device reports it (OPC UA Part 9: a condition). Times are epoch seconds.

    `name` identifies it among the alarms of its target. `active` and `acked` are the device's own states.
    `level` is the device's own severity, 1 to 1000, and `text` its message.
    `by` and `comment` are those of an acknowledgement made at the device, as far as it tells them.
    `takes_ack` is False for a device without acknowledgements.
    """

    name: str
    active: bool
    acked: bool
    severity: Severity
    since: float
    level: int = 0
    text: str = ""
    by: str = ""
    comment: str = ""
    takes_ack: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberCallbacks:
    """Callbacks that the runner gives to a Subscriber.

    `push` takes values that a target has sent. `request_poll` asks for a poll of the target now, because its
    connection changed. `report_alarms` takes all present alarms of a target: one that is missing is over.
    `data_folder` is where a collector may store files of its own, such as keys. None: it may store nothing.
    """

    push: Callable[[Target, Sequence[Measurement]], None]
    request_poll: Callable[[Target], None]
    report_alarms: Callable[[Target, Sequence[Condition]], None]
    data_folder: Path | None = None


@runtime_checkable
class Subscriber(Protocol):
    """A Poller whose targets also send values between polls. A poll shows that the connection works."""

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        """Set the callbacks. Called before the first poll."""

    def forget(self, target: Target) -> None:
        """End the subscription of a target that is no longer in the inventory."""


@runtime_checkable
class Hastening(Protocol):
    """A Poller whose polls do not measure everything each time."""

    def hasten(self, target: Target) -> None:
        """Make the next poll of a target a full one."""


@runtime_checkable
class Acknowledger(Protocol):
    """A Subscriber whose devices accept acknowledgements."""

    async def acknowledge(self, target: Target, condition: str, by: str, comment: str) -> None:
        """Tell the device that a person has acknowledged the alarm. Raises CollectorError."""


@runtime_checkable
class NamedMetrics(Protocol):
    """A Poller that knows which metrics only a probe of this kind gives, besides those that `metric=` chooses."""

    @staticmethod
    def own_metrics(target: Target) -> tuple[str, ...]:
        """Metrics that need no instance while the asset has one such probe. () when `metric=` decides."""


@runtime_checkable
class GroupedPolling(Protocol):
    """A Poller that asks one device for several targets in one request, when they are due together."""

    @staticmethod
    def poll_group(target: Target) -> str:
        """The name of the target's group. Targets of one group are due at the same moment."""
