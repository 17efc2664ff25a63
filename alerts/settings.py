"""Settings of a site's alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityGrade:
    """A severity that a rule's alert has while a condition holds.

    In `when`, the name `active` says that the alert is as severe already: for a deadband.
    """

    when: str
    severity: Severity


GRADES_WANTED = (
    "severity 的列表每项应为 {when, severity}，级别各不相同，至多一项不带 when",
    "a list of severity has entries of {when, severity}, each of another severity, one of them at most without when",
)
"""What a list of severities must be, in Chinese and English."""


def graded(entries: Sequence[tuple[str, Severity]]) -> tuple[Severity, tuple[SeverityGrade, ...]] | None:
    """The severity while no condition holds, and those with a condition, of a list of (when, severity).

    Without an entry that has no `when`, the mildest severity of the list counts while none holds. None for a list that
    is empty, names a severity twice, or has two entries without `when`.
    """
    severities = [severity for _, severity in entries]
    plain = [severity for when, severity in entries if not when.strip()]
    if not entries or len(set(severities)) < len(severities) or len(plain) > 1:
        return None
    base = plain[0] if plain else max(severities, key=lambda severity: severity.rank)
    return base, tuple(SeverityGrade(when=when, severity=severity) for when, severity in entries if when.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSettings:
    """`[[rule]]`: the condition of an alert. Durations in seconds.

    `when` is a CEL expression over one subject; `over` says which kind of subject:
    a name in `feeds.kinds.KINDS.subjects`. `hold` is the settings' `for`: how long it must hold
    before the alert is raised; `recover_for` how long it must not hold before it clears. `region`: the rule is
    asked only about what lies there, and sees nothing beyond; "" is the whole site. `severity` is that of the alert
    while none of `grades` holds; else the worst that holds counts. It worsens after `hold` and eases after
    `recover_for`. `each`: a reading of which an asset has several (`if.oper` of `if.oper[GE0/0/1]`); the rule is asked
    once for every member of it, and every member has an alert of its own.
    """

    id: str
    when: str
    over: str = "asset"
    each: str = ""
    hold: float = 0.0
    recover_for: float = 0.0
    severity: Severity = Severity.MAJOR
    grades: tuple[SeverityGrade, ...] = ()
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPolicy:
    """How long an alert is held back for a newer result, in seconds.

    The bound is two rounds of the probe that is waited for, `unprobed` where there is none, and never above `longest`.
    """

    unprobed: float = 5.0
    longest: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """`[outbox]`, in seconds.

    `keep`: a message that is over stands in the outbox with its whole text for so long. `stalled_after`: a receiver to
    which nothing was delivered for so long while messages wait is an alert; 0 for never.
    """

    keep: float = 90 * 86400.0
    stalled_after: float = 600.0
