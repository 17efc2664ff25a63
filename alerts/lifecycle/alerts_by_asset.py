"""Alerts found by the asset that they are about."""

from __future__ import annotations

from feeds.model import Alert


class ByAsset(dict[str, dict[str, Alert]]):
    """Asset id → alert id → alert; no asset is kept for nothing."""

    def keep(self, alert: Alert, wanted: bool) -> None:
        """The alert among those of its asset, or no more."""
        if wanted:
            self.setdefault(alert.asset, {})[alert.id] = alert
        elif alert.asset in self:
            self[alert.asset].pop(alert.id, None)
            if not self[alert.asset]:
                del self[alert.asset]
