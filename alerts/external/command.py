"""What another tool says of its own alerts (feeds.external), read from a command of action "report".

`args["alerts"]` is a list of reports as JSON. Saying the same again changes nothing; only an explicit end clears.
"""

from __future__ import annotations

import msgspec

from alerts.lifecycle.open_alerts import AlertKey
from alerts.lifecycle.operator_actions import Refused
from alerts.lifecycle.transitions import Identity
from feeds.external import AT_ONCE, FOREIGN, Report
from feeds.model import Command, Outcome

ACTION = "report"
ROLES = frozenset(("ingest", "admin"))


def identity_of(report: Report) -> Identity:
    """What makes it the same alert when it is said again: the tool's own words, whatever asset they mean to us."""
    return Identity(rule=report.rule, subject_kind="asset", subject=report.asset, labels=report.identity_labels)


def key_of(report: Report) -> AlertKey:
    """As the registry knows it."""
    return (report.rule, identity_of(report).fingerprint)


def read(command: Command, now: float) -> list[Report]:
    """What a command reports, or Refused."""
    if now > command.valid_until:
        raise Refused(Outcome.LATE, "late")
    if command.role not in ROLES:
        raise Refused(Outcome.FORBIDDEN, "role")
    try:
        said = msgspec.convert(command.args.get("alerts"), list[Report])
    except msgspec.ValidationError as error:
        raise Refused(Outcome.INVALID, "bad_report") from error
    if len(said) > AT_ONCE or any(FOREIGN not in one.rule or not one.asset for one in said):
        raise Refused(Outcome.INVALID, "bad_report")
    return said
