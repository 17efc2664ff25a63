"""Alerts that listeners raise, as records for reporting, and their form on the bus. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from collectors.listener import AlertSignal
from feeds.external import Report
from feeds.model import Alert

AlertIdentity = tuple[str, str, str]
"""Rule, asset, key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerAlert:
    """The newest state of one alert. Times are epoch seconds.

    `at` is when the state began. `until` is when the alert ends by itself, None for never.
    `last_message_at` is when a message last reported this state.
    `evidence` names the reading that ended the alert, where a poll did.
    `repeats` are the messages that reported the state again, and that were not yet told.
    """

    source: str
    asset: str
    region: str
    signal: AlertSignal
    at: float
    until: float | None = None
    last_message_at: float = 0.0
    evidence: str = ""
    repeats: int = 0

    @property
    def identity(self) -> AlertIdentity:
        return self.signal.rule, self.asset, self.signal.key


def to_report(alert: ListenerAlert) -> Report:
    """The row for the alert engine's command `report`."""
    signal = alert.signal
    part = {"part": signal.key} if signal.key else {}
    polled = {"index": signal.index, "over": signal.over} if signal.over else {}
    lasts = {"lasts": f"{signal.lasts:g}"} if signal.lasts else {}
    return Report(
        rule=signal.rule,
        asset=alert.asset,
        severity=signal.severity,
        active=signal.active,
        since=signal.at if signal.at is not None else alert.at,
        at=alert.at,
        identity_labels=part,
        labels={"source": alert.source, **part, **lasts, **polled},
        title=signal.title,
        text=signal.text,
        region=alert.region,
        evidence=alert.evidence,
        repeats=alert.repeats,
    )


def from_alert(alert: Alert, now: float) -> ListenerAlert | None:
    """The record of an open alert, None for one that no listener raised.

    One that ends by itself gets its full duration again, because no messages were received meanwhile.
    """
    lasts = _seconds(alert.labels)
    signal = AlertSignal(
        rule=alert.rule,
        active=True,
        severity=alert.severity,
        title=alert.title,
        key=alert.labels.get("part", ""),
        text=alert.text,
        at=alert.raised_at,
        lasts=lasts,
        index=alert.labels.get("index", ""),
        over=alert.labels.get("over", ""),
    )
    source = alert.labels.get("source", "")
    if not source:
        return None
    return ListenerAlert(
        source=source,
        asset=alert.asset,
        region=alert.region,
        signal=signal,
        at=alert.raised_at,
        until=now + lasts if lasts else None,
        last_message_at=alert.raised_at,
    )


def _seconds(labels: Mapping[str, str]) -> float:
    try:
        return float(labels.get("lasts", "0"))
    except ValueError:
        return 0.0
