"""What a site may set for its alerts."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """`[[rule]]`: when something deserves attention. Durations in seconds.

    `when` is a CEL expression over one subject; `over` says which kind of subject:
    "asset", "source" or "warning". `hold` is the settings' `for`: how long it must hold
    before the alert is raised; `recover_for` how long it must not hold before it clears.
    """

    id: str
    when: str
    over: str = "asset"
    hold: float = 0.0
    recover_for: float = 0.0
    severity: Severity = Severity.MAJOR
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """`[[receiver]]`: who is told and how. `url`: json://host:port/path or jsons:// (a plain webhook)."""

    id: str
    url: str = field(repr=False)
    severities: tuple[Severity, ...] = tuple(Severity)
    timeout: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPolicy:
    """How long an alert is held back for a newer result, in seconds.

    The bound is two rounds of the probe that is waited for, `unprobed` where there is none, and never above `longest`.
    """

    unprobed: float = 5.0
    longest: float = 60.0
