"""The alerts, warnings and receipts that promotion rules look at, and what an incident takes from each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feeds.model import Alert, EmergencyWarning, Receipt
from feeds.plans.conditions import alert_values, receipt_values, warning_values


@dataclass(frozen=True, slots=True)
class PromotionSubject:
    """One live record: `kind` is alert, warning or receipt."""

    kind: str
    id: str
    record: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSource:
    """What an incident takes from a subject. `values` are those that rules see, `args` those of the order to open it.

    `region` "", or one that is not the site's, is the site's.
    """

    values: Mapping[str, Any]
    region: str
    title: str
    place: str = ""
    event_class: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)


def source_of(subject: PromotionSubject) -> IncidentSource:
    """What an incident takes from a subject. The region of a warning is the first of its regions."""
    match subject.record:
        case Alert() as alert:
            return _of_alert(alert)
        case EmergencyWarning() as warning:
            region = warning.regions[0] if warning.regions else ""
            title = warning.headline or warning.event
            args: Mapping[str, Any] = {"warnings": (warning.id,), "text": warning.description or title}
            return IncidentSource(values=warning_values(warning), region=region, title=title, args=args)
    receipt: Receipt = subject.record
    return IncidentSource(
        values=receipt_values(receipt),
        region=receipt.region,
        title=receipt.title,
        place=receipt.place,
        event_class=receipt.event_class,
        args={"receipts": (receipt.id,)},
    )


def _of_alert(alert: Alert) -> IncidentSource:
    title = alert.title.get("zh-CN", alert.rule)
    assets = (alert.asset,) if alert.subject_kind == "asset" else ()
    args = {"alerts": (alert.id,), "assets": assets, "text": alert.text or title}
    return IncidentSource(values=alert_values(alert), region=alert.region, title=title, args=args)
