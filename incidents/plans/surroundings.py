"""What proposals look at beside incidents: the alerts of the alert engine, and warnings and receipts of this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from feeds.model import Alert, Change, EmergencyWarning, Kind
from feeds.model.incidents import Incident
from incidents.plans.subjects import PromotionSubject
from incidents.receipts.domain import ReceiptDomain
from incidents.warnings.domain import WarningDomain
from incidents.warnings.lifecycle import key_of


class Surroundings:
    """Alerts as the change stream has them, warnings and receipts of the same engine. `site` is the site's region."""

    def __init__(self, warnings: WarningDomain, receipts: ReceiptDomain, site: str) -> None:
        self._warnings, self._receipts, self._site = warnings, receipts, site
        self._alerts: dict[str, Alert] = {}
        self._changed_alerts: set[str] = set()

    def load(self, alerts: Mapping[str, Alert]) -> None:
        """Start from these alerts."""
        self._alerts = dict(alerts)
        self._changed_alerts = set(self._alerts)

    def take(self, item: Any) -> None:
        """Follow the changes of alerts."""
        if isinstance(item, Change) and item.kind == Kind.ALERT:
            if item.after is None:
                self._alerts.pop(item.id, None)
                self._changed_alerts.discard(item.id)
            else:
                self._alerts[item.id] = item.after
                self._changed_alerts.add(item.id)

    def warnings_of(self, incident: Incident) -> list[EmergencyWarning]:
        """The warnings in memory to which an incident is linked."""
        held = (self._warnings.registry.held.get(key_of(id)) for id in incident.warnings)
        return [warning.warning for warning in held if warning is not None]

    def alerts_of(self, incident: Incident) -> list[Alert]:
        """The live alerts to which an incident is linked."""
        return [self._alerts[id] for id in incident.alerts if id in self._alerts]

    def change_all(self) -> None:
        """Count every alert as changed."""
        self._changed_alerts = set(self._alerts)

    def changed(self) -> list[PromotionSubject]:
        """What promotion rules look at: alerts that are active and changed since the last call (there may be a hundred
        thousand others), all warnings in force, all receipts that nobody has decided on."""
        changed, self._changed_alerts = self._changed_alerts, set()
        alerts = [self._alerts[id] for id in sorted(changed) if id in self._alerts]
        subjects = [PromotionSubject("alert", alert.id, alert) for alert in alerts if alert.active]
        return [*subjects, *self._of_this_engine()]

    def find(self, id: str) -> PromotionSubject | None:
        """The live subject with this id; None when it is over or decided."""
        if alert := self._alerts.get(id):
            return PromotionSubject("alert", id, alert) if alert.active else None
        return next((subject for subject in self._of_this_engine() if subject.id == id), None)

    def look_again(self, subject: PromotionSubject) -> None:
        """Give a subject out again with the next changes."""
        if subject.kind == "alert":
            self._changed_alerts.add(subject.id)

    def _of_this_engine(self) -> Iterator[PromotionSubject]:
        for held in self._warnings.registry.held.values():
            if is_in_force(held.warning):
                yield PromotionSubject("warning", held.warning.id, held.warning)
        for receipt in self._receipts.receipts.values():
            if receipt.state == "new" and receipt.mode == "real":
                yield PromotionSubject("receipt", receipt.id, receipt)


def is_in_force(warning: EmergencyWarning) -> bool:
    """Whether a warning is real and says that something is or will be dangerous."""
    return warning.status == "Actual" and warning.state in ("pending", "active") and not warning.all_clear
