"""What a site may set for its collectors."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemeSettings:
    """`[defaults."tcp"]`: how every probe of one scheme is run. Durations in seconds."""

    interval: float = 10.0
    timeout: float = 2.0
    attempts: int = 3
    concurrency: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """`[[source]]`: a feed that is not a probe of one asset. Durations in seconds."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """`[credentials.NAME]`: named here, referred to by a probe's `cred=`; its values never appear in a log or repr."""

    name: str
    kind: str
    values: dict[str, str] = field(default_factory=dict, repr=False)
