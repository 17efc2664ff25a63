"""What a collector is: it fetches, or it raises; it never schedules, retries or logs.

Errors are named by what must happen next::

    CollectorError
    ├── NotReady        try again: the far end did not answer as it should (`reason` says how)
    │   └── UnexpectedForm  it answered, but with something else than a document of the expected form
    ├── AuthFailed      a person must act: it answers, but does not let us in
    ├── Silent          wait: the way is open, but the far end has not spoken when it should; nobody can tell
    └── Misconfigured   stop: what was asked cannot work until somebody mends the settings

The runner (collectors/service.py) gives every collector time stamps, timeouts, repeats, log lines and heartbeats.
"""

from __future__ import annotations

import errno
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import msgspec

from collectors.settings import Credential, SourceSettings
from feeds.masking import masked
from feeds.model import Quality, Severity, Value


class Reason(StrEnum):
    """How a target failed to answer; the first word of the `text` of a `.up` reading that is False."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"
    CLOSED = "closed"
    TLS = "tls"
    WRONG_ANSWER = "wrong answer"
    OFFLINE = "offline"

    @property
    def words(self) -> dict[str, str]:
        """The reason as people read it, by language."""
        return {"zh-CN": _REASONS_ZH[self], "en": str(self)}


_REASONS_ZH = {
    Reason.TIMEOUT: "超时",
    Reason.REFUSED: "拒绝连接",
    Reason.UNREACHABLE: "网络不可达",
    Reason.UNRESOLVED: "域名无法解析",
    Reason.CLOSED: "连接被断开",
    Reason.TLS: "TLS 证书或握手失败",
    Reason.WRONG_ANSWER: "应答不符",
    Reason.OFFLINE: "设备离线",
}


class Measurement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One value that a poller read; the runner makes an Observation of it.

    `metric` is `family.name` (`tcp.connect_ms`); `observed_at` (epoch seconds) only when the
    device itself says when, else the runner stamps it. `confirmed_at` is when the far end last let us know
    that the value still holds: a value that is pushed only when it changes stays fresh without being new.
    `fresh_for` (seconds from `observed_at`) where the collector knows better than two rounds of polling.
    `index`, not published, is the device's own number of the instance (ifIndex).
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


class CollectorError(Exception):
    """`en` and `zh` say in one sentence what happened, or what a person must do; secrets of an address are masked."""

    def __init__(self, en: str, zh: str = "") -> None:
        self.en = masked(en)
        self.zh = masked(zh or en)
        super().__init__(self.en)

    def say(self, language: str = "zh-CN") -> str:
        """The sentence in `language` ("zh-CN" or "en")."""
        return self.zh if language.startswith("zh") else self.en


class NotReady(CollectorError):
    """Try again. `seen` holds what was measured before it went wrong (a status code, for one)."""

    def __init__(self, reason: Reason, detail: str = "", seen: Sequence[Measurement] = ()) -> None:
        tail = f": {detail}" if detail else ""
        super().__init__(f"{reason}{tail}", f"{reason.words['zh-CN']}{tail}")
        self.reason = reason
        self.seen = tuple(seen)


class UnexpectedForm(NotReady):
    """Try again: the request succeeded, but the answer is no document of the expected form. Speaks both languages."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(Reason.WRONG_ANSWER, en)
        self.zh = masked(f"{self.reason.words['zh-CN']}：{zh}")


class AuthFailed(CollectorError):
    """A person must act: the far end answers, but the credential is missing, wrong or not allowed."""


class Silent(CollectorError):
    """Wait: what we are connected to works, but the target itself has said nothing for longer than it should."""


class Misconfigured(CollectorError):
    """Stop: no repeat can help until the settings are mended; the sentence names the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One probe URI of the inventory, taken apart (see collectors/uri.py).

    `params` are decoded; `query` is the text after "?" as written; `timeout` is in seconds;
    `credential` is what `cred=` names, None when nothing is named.
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
    def place(self) -> str:
        """host:port, as shown to people and as the instance of a reading."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}" if self.port is not None else host


class Poller(ABC):
    """Asks one target for its values. One instance serves all targets of its schemes.

    A collector names its `schemes` and has `poll`; the rest has defaults.
    """

    schemes: ClassVar[tuple[str, ...]]
    """The URI schemes it speaks."""
    family: ClassVar[str]
    """First word of its metrics: `tcp` gives `tcp.up`. Default: the first scheme."""
    passive: ClassVar[bool] = False
    """True when nothing is asked, because the other side calls in: the runner validates and never polls."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if not hasattr(cls, "family") and hasattr(cls, "schemes"):
            cls.family = cls.schemes[0]

    @classmethod  # noqa: B027
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured, with a sentence that names the mend; opens nothing. Default: accept every target."""

    @abstractmethod
    async def poll(self, target: Target) -> list[Measurement]:
        """What was read; reaching the end means that the target is up. Raises CollectorError."""

    async def close(self) -> None:  # noqa: B027
        """Gives everything back (sessions, sockets). Default: nothing is held between polls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One alarm of a device as the device sees it (OPC UA Part 9: a condition). Times are epoch seconds.

    `name` tells it from the other alarms of its target. `active` and `acked` are the device's own words; `level` is
    its own severity, 1 to 1000, `text` its message, `by` and `comment` who acknowledged it there, as far as it says.
    `takes_ack` False: the device knows no acknowledgement.
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
class Desk:
    """What a Subscriber is given by whoever runs it.

    `told` takes what the far end has pushed for a target; `look` asks for a poll of the target now, because
    something happened to it; `report` takes all of its alarms as they are now (one that is missing is over);
    `data` is where a collector may keep what is its own (keys), None when nothing may be kept.
    """

    told: Callable[[Target, Sequence[Measurement]], None]
    look: Callable[[Target], None]
    report: Callable[[Target, Sequence[Condition]], None]
    data: Path | None = None


@runtime_checkable
class Subscriber(Protocol):
    """A Poller that the far end also calls between polls: a poll then says that the connection holds."""

    def attach(self, desk: Desk) -> None:
        """Comes before the first poll."""

    def forget(self, target: Target) -> None:
        """Nobody wants to hear of the target any more."""


@runtime_checkable
class Acknowledger(Protocol):
    """A Subscriber whose devices take an acknowledgement."""

    async def acknowledge(self, target: Target, condition: str, by: str, comment: str) -> None:
        """Tells the device that a person has taken the alarm. Raises CollectorError."""


@runtime_checkable
class Naming(Protocol):
    """A Poller that knows which metrics only a probe of this kind gives, beside those that `metric=` chooses."""

    @staticmethod
    def names(target: Target) -> tuple[str, ...]:
        """They need no instance as long as the asset has one such probe; () when `metric=` decides."""


@runtime_checkable
class Sharing(Protocol):
    """A Poller that asks one device for several targets at once, when they are due together."""

    @staticmethod
    def together(target: Target) -> str:
        """What the targets share: those of one name are due at the same moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """What one round of a feed brought. `problem` says (in a sentence) what of it failed, "" when nothing did.

    A feed that returns this has had an answer of the expected form (or "not modified" since such an answer).
    """

    items: tuple[object, ...] = ()
    problem: str = ""


class Feed(ABC):
    """A source that is not a probe of one asset: brings documents that were not brought before."""

    kinds: ClassVar[tuple[str, ...]]
    stream: ClassVar[str]
    """The feed of the bus it publishes on: "network", "emergency"."""
    item: ClassVar[str]
    """The kind of its items on the bus: "cap"."""

    @abstractmethod
    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None: ...

    @classmethod  # noqa: B027
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured, with a sentence that names the mend. Default: accept all settings."""

    @abstractmethod
    async def fetch(self, now: float) -> Fetched:
        """New documents since the last call; `now` is their time of receipt. Raises CollectorError.

        Raises UnexpectedForm when the request succeeded and the answer is not what this feed reads
        (see collectors/documents.py).
        """

    @abstractmethod
    def forget(self) -> None:
        """Bring everything again: the bus has lost what was published."""

    async def close(self) -> None:  # noqa: B027
        """Gives everything back. Default: nothing is held between rounds."""


_BY_ERRNO = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
    errno.EADDRNOTAVAIL: Reason.UNREACHABLE,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.ECONNRESET: Reason.CLOSED,
    errno.EPIPE: Reason.CLOSED,
    errno.ECONNABORTED: Reason.CLOSED,
}


_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "HTTP_REQUEST"))


def not_ready(error: OSError) -> NotReady:
    """The NotReady that an OSError means."""
    if isinstance(error, TimeoutError):
        return NotReady(Reason.TIMEOUT)
    if isinstance(error, socket.gaierror):
        return NotReady(Reason.UNRESOLVED)
    if isinstance(error, ssl.SSLError):
        # Python gives these attributes only to the errors that OpenSSL itself raised.
        detail = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
        if detail in _NO_TLS:  # no certificate was seen, so none is at fault
            return NotReady(Reason.WRONG_ANSWER, "what answers does not speak TLS")
        return NotReady(Reason.TLS, detail)
    reason = _BY_ERRNO.get(error.errno or 0)
    if reason is not None:
        return NotReady(reason)
    if error.errno is None and isinstance(error, ConnectionError):
        # asyncio's own, for a peer that ends within the TLS handshake: somebody was there.
        return NotReady(Reason.CLOSED)
    return NotReady(Reason.UNREACHABLE, error.strerror or str(error))
