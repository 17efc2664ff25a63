"""Reports of OPC UA conditions to the alert engine, made from a probe's alarms. Pure.

Each condition has one alert, under the rule "opcua:alarm" (`rule_of`). Its labels `condition` and `server` identify it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from collectors.contract import Poller
from collectors.jobs import Spec
from collectors.subscriber import Condition
from feeds.external import DEVICE, Report
from feeds.model import Alert

COMMENT_LIMIT = 400
"""Characters of an acknowledgement's comment that are passed on."""


@dataclass(slots=True)
class AckDelivery:
    """A person's acknowledgement on its way to a device. Times are epoch seconds.

    `acked_at` and `acked_by` are the acknowledgement's own. `retry_at` is when the next attempt may begin.
    `delivered`: the device has accepted it. `confirmed`: the device has since reported the condition as acknowledged.
    `expired`: the condition ended or was reset after delivery, so its next alarm needs another acknowledgement.
    """

    acked_at: float
    acked_by: str
    attempts: int = 0
    retry_at: float = 0.0
    delivered: bool = False
    confirmed: bool = False
    expired: bool = False


@dataclass(slots=True)
class ProbeAlarms:
    """The alarms of one probe.

    `conditions` holds the present alarms by name. `reported` holds the last report of each that the alert engine has,
    from this process or from one before it. `repeat`: report all of them again. `repeat_acks`: report their
    acknowledgements again as well, because the bus is a new one. `restored`: the alerts that were open before this
    process began have been read into `reported`.
    """

    poller: Poller
    spec: Spec
    conditions: dict[str, Condition] = field(default_factory=dict)
    reported: dict[str, Report] = field(default_factory=dict)
    repeat: bool = False
    repeat_acks: bool = True
    restored: bool = False
    deliveries: dict[str, AckDelivery] = field(default_factory=dict)

    def replace_conditions(self, conditions: dict[str, Condition]) -> None:
        """Set the present alarms, and compare each delivered acknowledgement with what the device now reports."""
        self.conditions = conditions
        for name, delivery in self.deliveries.items():
            if not delivery.delivered:
                continue
            condition = conditions.get(name)
            delivery.confirmed = delivery.confirmed or (condition is not None and condition.acked)
            reset = condition is None or (delivery.confirmed and not condition.acked)
            delivery.expired = delivery.expired or reset

    def pending_reports(self) -> dict[str, Report]:
        """Reports that the alert engine does not have yet, by condition. One that is gone is reported as over."""
        present = {name: _report(self, condition) for name, condition in self.conditions.items()}
        over = {
            name: replace(report, active=False, acked=None, acked_by="", acked_comment="")
            for name, report in self.reported.items()
            if name not in present
        }
        return {
            name: report
            for name, report in (present | over).items()
            if self.repeat or self.reported.get(name) != report
        }

    def outgoing(self, name: str, report: Report) -> Report:
        """The report to send. An unchanged one that is only repeated leaves the acknowledgement out.

        Repeating an acknowledgement would revert a person's `unack`.
        """
        return report if self.repeat_acks or self.reported.get(name) != report else replace(report, acked=None)

    def drop_ended(self) -> None:
        """Remove the reports of conditions that have ended."""
        for name in [name for name in self.reported if name not in self.conditions]:
            del self.reported[name]


def rule_of(family: str) -> str:
    """The name of the rule that holds a device's own alarms."""
    return f"{family}:alarm"


def is_alert_of(alert: Alert, spec: Spec) -> bool:
    """True when the alert stands for a condition of this probe."""
    labels = alert.labels
    expected = (rule_of(spec.family), spec.asset, _server(spec))
    return "condition" in labels and (alert.rule, alert.asset, labels.get("server", "")) == expected


def report_of_alert(alert: Alert) -> Report:
    """The report from which an open alert was made."""
    name, server = alert.labels["condition"], alert.labels.get("server", "")
    return Report(
        rule=alert.rule,
        asset=alert.asset,
        severity=alert.severity,
        since=alert.raised_at,
        title=alert.title,
        text=alert.text,
        identity_labels={"condition": name, "server": server},
        labels=dict(alert.labels),
    )


def _report(alarms: ProbeAlarms, condition: Condition) -> Report:
    spec, server = alarms.spec, _server(alarms.spec)
    own_echo = condition.acked and _is_own_echo(alarms.deliveries.get(condition.name), condition)
    acked_there = condition.acked and condition.takes_ack
    return Report(
        acked=None if own_echo or not condition.takes_ack else condition.acked,
        acked_by=DEVICE + "/".join(filter(None, (server, condition.by))) if acked_there else "",
        acked_comment=condition.comment[:COMMENT_LIMIT] if condition.acked else "",
        rule=rule_of(spec.family),
        asset=spec.asset,
        severity=condition.severity,
        active=condition.active,
        since=condition.since,
        identity_labels={"condition": condition.name, "server": server},
        labels={"condition": condition.name, "server": server, "level": str(condition.level)},
        title={"zh-CN": f"设备告警：{condition.name}", "en": f"Device alarm: {condition.name}"},
        text=condition.text,
    )


def _is_own_echo(delivery: AckDelivery | None, condition: Condition) -> bool:
    """True when the device reports the acknowledgement that was delivered to it.

    A device that keeps comments is recognised by the comment. For others the order of events decides.
    """
    if delivery is None or not delivery.delivered:
        return False
    return condition.comment.startswith(delivery.acked_by) if condition.comment else not delivery.expired


def _server(spec: Spec) -> str:
    """The server's address: it distinguishes the alarms of two servers of one asset."""
    return spec.target.address if spec.target is not None else ""
