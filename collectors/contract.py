"""Contracts of collectors: a collector fetches or raises. It never schedules, retries or logs.

The errors that it may raise are in collectors/errors.py. Targets that send values between polls: subscriber.py.
The runner (collectors/service.py) adds time stamps, timeouts, retries, log lines and heartbeats.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar

import msgspec

from collectors.settings import Credential, SourceSettings
from feeds.model import Quality, Value


class Measurement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One value that a poller read. The runner makes an Observation of it. Times are epoch seconds.

    `metric` is `family.name`, such as `tcp.connect_ms`.
    `observed_at` is the device's own time of the value. The runner sets it where it is None.
    `confirmed_at` is when the target last confirmed the value: one that is sent only on change stays fresh meanwhile.
    `fresh_for` is in seconds from `observed_at`, where the collector knows it better than two intervals of polling.
    `index` is the device's own number of the instance (ifIndex). It is not published.
    """

    metric: str
    value: Value
    unit: str = ""
    quality: Quality = Quality.GOOD
    observed_at: float | None = None
    instance: str = ""
    text: str = ""
    confirmed_at: float | None = None
    fresh_for: float | None = None
    index: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One probe URI of the inventory, parsed (see collectors/uri.py).

    `params` are decoded. `query` is the text after "?" as written. `timeout` is in seconds.
    `credential` is the one that `cred=` names, None without `cred=`.
    """

    asset: str
    uri: str
    scheme: str
    host: str = ""
    port: int | None = None
    path: str = ""
    query: str = ""
    params: dict[str, str] = field(default_factory=dict)
    timeout: float = 2.0
    credential: Credential | None = None

    @property
    def address(self) -> str:
        """host:port, as shown to people and used as the instance of a reading."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port is not None else host


class Poller(ABC):
    """Asks one target for its values. One instance serves all targets of its schemes.

    A subclass must have `schemes` and `poll`. Everything else has defaults.
    """

    schemes: ClassVar[tuple[str, ...]]
    """The URI schemes that it supports."""
    family: ClassVar[str]
    """The first word of its metrics: `tcp` gives `tcp.up`. Default: the first scheme."""
    passive: ClassVar[bool] = False
    """True when the target reports by itself: the runner validates the target and never polls it."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "family") and hasattr(cls, "schemes"):
            cls.family = cls.schemes[0]

    @classmethod  # noqa: B027
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured, with a sentence that names the correction. Opens nothing. Default: accept all."""

    @abstractmethod
    async def poll(self, target: Target) -> list[Measurement]:
        """Read the target's values. Returning means that the target is up. Raises CollectorError."""

    async def close(self) -> None:  # noqa: B027
        """Close sessions and sockets. Default: nothing is open between polls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchResult:
    """The result of one fetch. `problem` is a sentence on the part that failed, "" when nothing did.

    `more`: the feed has more to fetch at once.
    A feed that returns this has had an answer of the expected form, or "not modified" since such an answer.
    """

    items: tuple[object, ...] = ()
    problem: str = ""
    more: bool = False


class Feed(ABC):
    """A source that is not a probe of one asset. It fetches documents, each once."""

    kinds: ClassVar[tuple[str, ...]]
    stream: ClassVar[str]
    """The feed of the bus that it publishes on: "network" or "emergency"."""
    item: ClassVar[str]
    """The kind of its items on the bus: "cap"."""

    @abstractmethod
    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None: ...

    @classmethod  # noqa: B027
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured, with a sentence that names the correction. Default: accept all settings."""

    def route(self) -> tuple[str, str]:
        """The feed of the bus that it publishes on, and the kind of its items there."""
        return self.stream, self.item

    @abstractmethod
    async def fetch(self, now: float) -> FetchResult:
        """Fetch the documents that are new since the last call. `now` is their time of receipt. Raises CollectorError.

        Raises UnexpectedForm when the request succeeded and the answer is not what this feed reads
        (see collectors/documents.py).
        """

    @abstractmethod
    def forget(self) -> None:
        """Fetch every document again next time, because the bus has lost what was published."""

    async def close(self) -> None:  # noqa: B027
        """Close sessions and sockets. Default: nothing is open between fetches."""
