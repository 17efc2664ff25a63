"""What a site may set for its collectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSettings:
    """`[defaults."tcp"]`: how every probe of one scheme is run. Durations in seconds."""

    interval: float = 10.0
    timeout: float = 2.0
    attempts: int = 3
    concurrency: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerRule:
    """`[[source.rule]]`: which messages raise an alert, and which end it.

    `raises` (the settings' `raise`) and `clears` are RE2 expressions for syslog, notification OIDs for traps.
    `key` tells several alerts on one asset apart: for traps the columns whose index or text is taken, best first
    (for syslog it is the group `part`). `level`: only syslog lines this bad or worse. `lasts` (seconds, 0: for ever):
    an alert that is not raised again for so long is over.
    """

    id: str
    raises: tuple[str, ...]
    clears: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    level: str = ""
    lasts: float = 0.0
    severity: Severity = Severity.MINOR
    title: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`[[source]]`: a feed that is not a probe of one asset, or a listener. Durations in seconds."""

    id: str
    kind: str
    url: str = ""
    interval: float = 30.0
    timeout: float = 10.0
    heartbeat: float = 600.0
    region: str = ""
    mode: str = "strict"
    profile: str = ""
    cred: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    tls_ca: str = ""
    level: str = "notice"
    rule: tuple[ListenerRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`[credentials.NAME]`: named here, referred to by a probe's `cred=`; its values never appear in a log or repr."""

    name: str
    kind: str
    values: dict[str, str] = field(default_factory=dict, repr=False)
