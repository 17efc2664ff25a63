"""An index of alerts by asset."""

from __future__ import annotations

from feeds.model import Alert


class AlertsByAsset(dict[str, dict[str, Alert]]):
    """Asset id → alert id → alert. An asset without alerts has no entry."""

    def keep(self, alert: Alert, present: bool) -> None:
        """Store the alert under its asset, or remove it when `present` is False."""
        if present:
            if (alerts := self.get(alert.asset)) is None:
                alerts = self[alert.asset] = {}
            alerts[alert.id] = alert
        elif alert.asset in self:
            self[alert.asset].pop(alert.id, None)
            if not self[alert.asset]:
                del self[alert.asset]
