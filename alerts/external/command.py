"""The command "report": alerts of another tool (see feeds.external).

`args["alerts"]` is a list of reports as JSON. Repeating a report changes nothing. Only an explicit end clears an alert.
"""

from __future__ import annotations

import msgspec

from alerts.lifecycle.open_alerts import AlertKey
from alerts.lifecycle.operator_actions import ActionRefused
from alerts.lifecycle.transitions import AlertIdentity
from feeds.external import AT_ONCE, FOREIGN, Report
from feeds.model import Command, Outcome

ACTION = "report"
ROLES = frozenset(("ingest", "admin"))


def identity_of(report: Report) -> AlertIdentity:
    """The identity of a reported alert: the tool's own names, whichever asset they resolve to here."""
    return AlertIdentity(rule=report.rule, subject_kind="asset", subject=report.asset, labels=report.identity_labels)


def key_of(report: Report) -> AlertKey:
    """The key of a reported alert among the open alerts."""
    return (report.rule, identity_of(report).fingerprint)


def read(command: Command) -> list[Report]:
    """The reports of a command; raises ActionRefused."""
    if command.role not in ROLES:
        raise ActionRefused(Outcome.FORBIDDEN, "role")
    try:
        reports = msgspec.convert(command.args.get("alerts"), list[Report])
    except msgspec.ValidationError as error:
        raise ActionRefused(Outcome.INVALID, "bad_report") from error
    if len(reports) > AT_ONCE or any(FOREIGN not in report.rule or not report.asset for report in reports):
        raise ActionRefused(Outcome.INVALID, "bad_report")
    return reports
