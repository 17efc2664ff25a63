"""Settings of a site's collectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.cases.source import CaseSource
from feeds.mapped.source import MappedSource
from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSettings:
    """`[defaults."tcp"]`: settings of all probes of one scheme. Durations in seconds."""

    interval: float = 10.0
    timeout: float = 2.0
    attempts: int = 3
    concurrency: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    """`[[source.rule]]`: the messages that raise an alert, and those that end it.

    `raises` (the settings' `raise`) and `clears` are RE2 expressions for syslog, notification OIDs for traps.
    `key` distinguishes several alerts of one asset. For traps it holds the columns whose index or text is used, best
    first. For syslog the expression's group `part` is used instead.
    `level`: only syslog lines of this severity or worse match.
    `lasts`: an alert that is not raised again for so many seconds ends. 0: it does not end by itself.
    `adds`: the expressions are added to those of the shipped rule of this id, whose other values hold.
    """

    id: str
    raises: tuple[str, ...]
    clears: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    level: str = ""
    lasts: float = 0.0
    severity: Severity = Severity.MINOR
    title: dict[str, str] = field(default_factory=dict)
    adds: bool = False


PUSH = "push:"
"""The `url` of a mapped source that sends its rows by itself (POST /api/v1/ingest/receipts/{id})."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`[[source]]`: a feed that is not a probe of one asset, or a listener. Durations in seconds.

    `keys` are PEM texts: the keys and certificates by which the source signs its messages.
    `magnitude`: smaller earthquakes are left out. `mapped` is the mapping of an `emergency.http` source.
    `approvals` are the tables and mappings of an `approvals.*` source. `parents` are the assets that it hangs on.
    """

    id: str
    kind: str
    url: str = ""
    interval: float = 30.0
    timeout: float = 10.0
    heartbeat: float = 600.0
    region: str = ""
    mode: str = "strict"
    profile: str = ""
    keys: tuple[str, ...] = ()
    magnitude: float = 0.0
    mapped: MappedSource | None = None
    approvals: CaseSource | None = None
    parents: tuple[str, ...] = ()
    cred: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_ca: str = ""
    level: str = "notice"
    rule: tuple[ListenerRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`[credentials.NAME]`: a probe refers to it by `cred=`. Its values never appear in a log or repr."""

    name: str
    kind: str
    values: dict[str, str] = field(default_factory=dict, repr=False)
