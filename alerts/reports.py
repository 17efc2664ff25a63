"""What another tool says of its own alerts, as a command of action "report": firing or ended, each by its identity.

`args["alerts"]` is a list of {rule "tool:name", asset, severity, active, since?, identity {…}, labels {…},
title {…}, text, region}. Saying the same again changes nothing; only an explicit end clears.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from alerts.life import Identity
from alerts.registry import FOREIGN
from alerts.verbs import Refused
from feeds.model import Command, Outcome, Severity

ACTION = "report"
ROLES = frozenset(("ingest", "admin"))
AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One alert as another tool sees it. `asset` is an inventory's id, or the tool's own word for the thing."""

    rule: str
    asset: str
    severity: Severity
    active: bool = True
    since: float | None = None
    identity_labels: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)
    text: str = ""
    region: str = ""

    @property
    def identity(self) -> Identity:
        return Identity(rule=self.rule, subject_kind="asset", subject=self.asset, labels=self.identity_labels)

    @property
    def key(self) -> tuple[str, ...]:
        """As the registry knows it."""
        return (self.rule, "asset", self.asset, self.identity.fingerprint)


def read(command: Command, now: float) -> list[Said]:
    """What a command reports, or Refused."""
    if now > command.valid_until:
        raise Refused(Outcome.LATE, "late")
    if command.role not in ROLES:
        raise Refused(Outcome.FORBIDDEN, "role")
    try:
        said = msgspec.convert(command.args.get("alerts"), list[Said])
    except msgspec.ValidationError as error:
        raise Refused(Outcome.INVALID, "bad_report") from error
    if len(said) > AT_ONCE or any(FOREIGN not in one.rule or not one.asset for one in said):
        raise Refused(Outcome.INVALID, "bad_report")
    return said
