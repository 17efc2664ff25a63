"""A board and its messages, driven by hand: what comes in at which second, and what is told to whom then."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from alerts.core.core import AlertCore
from alerts.notify.notifications import Recipients, due
from feeds.documents.receivers import ReceiverSettings
from feeds.model import Alert, Asset, Result
from tests.alerts.builders import T0, asset, change, command, core, reading, rule, state

RECEIVER = ReceiverSettings(id="desk", url="json://127.0.0.1:1/")
DOWN = rule(severity="critical")
EVERY = 2.0
FRESH = 2 * EVERY + 2.0


def probed(id: str, *parents: str, **more: Any) -> Asset:
    return asset(id, parents=parents, probes=(f"tcp://127.0.0.1:1/{id}",), **more)


class Desk:
    """`notices` gathers (second, asset, reason); `steps` (second, asset, transition)."""

    def __init__(self, *assets: Asset, rules: tuple[Any, ...] = (rule(),), **more: Any) -> None:
        self.core: AlertCore = core(*rules, assets=assets, **more)
        self.notices: list[tuple[float, str, str]] = []
        self.steps: list[tuple[float, str, str]] = []
        self._recipients: dict[str, Recipients] = {}
        self._commands = 0
        self.second = 0.0

    def see(self, second: float, id: str, health: str, source: str = "test") -> None:
        """One probe's result at that second, as the projector folds it."""
        at = T0 + second
        before = self.core.subjects.states.get(id)
        since = before.since if before is not None and before.health == health else at
        up = replace(reading(health == "ok", at=at, fresh_for=FRESH), source=source)
        new = replace(state(id, health, tcp_up=up), since=since, seen_at=at)
        self.core.fold(change(new, at), at)
        self._take(second)

    def fold(self, second: float, record: Any) -> None:
        self.core.fold(change(record, T0 + second), T0 + second)
        self._take(second)

    def until(self, second: float) -> None:
        """Let time pass."""
        self.core.advance(T0 + second)
        self._take(second)

    def order(self, second: float, action: str, subject: str, **args: Any) -> Result:
        """Somebody's command; `by`, `role` and `region` say whose."""
        self._commands += 1
        who = {name: args.pop(key) for name, key in (("role", "role"), ("actor_region", "region")) if key in args}
        wish = command(action, subject, T0 + second, id=f"c{self._commands}", args={"comment": "计划内", **args}, **who)
        result = self.core.command(wish, T0 + second)
        self._take(second)
        return result

    def report(self, second: float, *alerts: dict[str, Any]) -> Result:
        return self.order(second, "report", "", role="ingest", alerts=list(alerts))

    def _take(self, second: float) -> None:
        self.second = second
        for step in self.core.take_steps():
            at = round(step.transition.at - T0, 3)
            self.steps.append((at, step.alert.asset, step.transition.name))
            reasons = due(step, [RECEIVER], self._recipients.setdefault(step.alert.id, Recipients()))
            self.notices += [(at, step.alert.asset, reason) for reason in reasons.values()]

    def alert(self, asset: str, rule: str = "down") -> Alert:
        """The open alert on an asset."""
        return next(alert for alert in self.core.alerts.values() if (alert.asset, alert.rule) == (asset, rule))

    def told_of(self, id: str) -> Recipients:
        """Who has heard what of an alert."""
        return self._recipients.setdefault(id, Recipients())

    def everybody(self) -> dict[str, Recipients]:
        """Who has heard what, by alert."""
        return self._recipients

    def shown(self) -> list[str]:
        """The assets whose active alerts stand in sight."""
        return sorted(alert.asset for alert in self.core.alerts.values() if alert.active and not alert.suppressed_by)

    def names(self, asset: str) -> list[tuple[float, str]]:
        return [(at, name) for at, about, name in self.steps if about == asset]


def foreign(asset: str, name: str = "HostDown", active: bool = True, **more: Any) -> dict[str, Any]:
    """An alert as another tool sends it."""
    return {"rule": f"prometheus:{name}", "asset": asset, "severity": "critical", "active": active, **more}
