"""Inhibition: which open alert is the root cause of which, and which alerts wait for a newer result.

An asset has failed while an active critical alert stands on it, whichever tool sent it, or an active
alert of a rule over its health while it is down. Rules: docs/alerts.md, "What lies behind one failure".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from alerts.lifecycle.alerts_by_asset import AlertsByAsset
from alerts.lifecycle.suppression_reasons import HELD
from alerts.rules.subjects import Subjects
from alerts.settings import HoldPolicy
from alerts.suppression.holds import HoldRules
from alerts.suppression.rule_facts import REDUNDANCY_LOST, RuleFacts
from alerts.suppression.sources import SourceFailures, is_source, source_node
from alerts.suppression.topology import Failure, Redundancy, RootCauses, Topology
from feeds.model import Alert, Change, Health, Hold, Kind, RootCause, Severity
from feeds.model.isa_state import INHIBITED

_STATE = Kind.STATE


class Inhibition:
    """Determine the root cause of each alert from the inventory, states, sources and alerts.

    `dirty` collects the assets whose root cause may have changed. `roots` collects the alerts whose affected assets
    may have changed.
    """

    def __init__(self, subjects: Subjects, about: RuleFacts, policy: HoldPolicy) -> None:
        self._subjects, self._about = subjects, about
        self._topology = Topology(subjects.assets)
        self._holds = HoldRules(subjects, about, self._topology, policy)
        self._on, self._suspects, self._waiting = AlertsByAsset(), AlertsByAsset(), AlertsByAsset()
        self._failing: dict[str, Failure] = {}
        self._sources = SourceFailures(subjects, self._topology)
        self._cuts: dict[str, tuple[Failure, str]] = {}
        self._behind: dict[str, Counter[str]] = {}
        self._causes = self._causes_now()
        self.dirty: dict[str, None] = {}
        self.roots: dict[str, None] = {}
        self._recut_assets: dict[str, None] = {}

    def set_policy(self, policy: HoldPolicy) -> None:
        """Use other bounds for holding alerts back from now on."""
        self._holds.set_policy(policy)

    def _causes_now(self) -> RootCauses:
        return RootCauses(self._topology, self._failing.get, self._sources.blind)

    def alerts_on(self, asset: str) -> list[Alert]:
        """The open alerts about one asset, or about the source of a node."""
        return self._sources.alerts_on(asset) if is_source(asset) else list(self._on.get(asset, {}).values())

    def take_dirty(self) -> list[str]:
        """The assets whose root cause may have changed since the last call."""
        taken, self.dirty = list(self.dirty), {}
        return taken

    def take_roots(self) -> list[str]:
        """The root alerts whose affected assets may have changed since the last call."""
        taken, self.roots = list(self.roots), {}
        return taken

    @property
    def root_causes(self) -> dict[str, RootCause]:
        """The alert that cuts each asset off, by the asset's id; assets that nothing cuts off are left out."""
        return {id: failure.cutting(id) for id, (failure, _) in self._cuts.items() if not is_source(id)}

    def take_root_causes(self) -> dict[str, RootCause | None]:
        """The root causes that have changed since the last call, by the asset's id (None: nothing cuts it off)."""
        taken, self._recut_assets = self._recut_assets, {}
        return {id: self._cuts[id][0].cutting(id) if id in self._cuts else None for id in taken}

    def knows_parents(self, asset: str) -> bool:
        """True when the asset and all its parents are in the inventory. After a loss they arrive one by one."""
        record = self._subjects.assets.get(asset)
        return record is not None and all(parent in self._subjects.assets for parent in record.parents)

    def affected(self, root: str) -> dict[str, int]:
        """The number of assets that an alert affects now, by kind."""
        return dict(sorted((kind, count) for kind, count in self._behind.get(root, Counter()).items() if count > 0))

    # -- inputs ------------------------------------------------------------------

    def alert(self, alert: Alert, now: float) -> None:
        """Take in the newest form of an alert."""
        if alert.subject_kind == "source":
            self._source_alert(alert, now)
        if alert.subject_kind != "asset":
            return
        self._on.keep(alert, alert.open)
        self._waiting.keep(alert, alert.open and alert.hold is not None)
        if alert.open and alert.suppressed_by and not alert.active:
            self.dirty[alert.asset] = None  # an alert that has ended needs no root cause
        before = alert.id in self._suspects.get(alert.asset, {})
        if before or self._suspicious(alert):
            self._suspects.keep(alert, self._suspicious(alert))
            self._refail(alert.asset, now)

    def load(self, alerts: Iterable[Alert]) -> None:
        """Begin with these open alerts, perhaps in several parts. Call `loaded` after the last one."""
        for alert in alerts:
            if alert.subject_kind == "asset":
                self._on.keep(alert, True)
                if alert.hold is not None:
                    self._waiting.keep(alert, True)
                if self._suspicious(alert):
                    self._suspects.keep(alert, True)
            elif alert.subject_kind == "source":
                self._source_alert(alert, 0.0)

    def loaded(self) -> None:
        """All alerts are there. Their suppression was settled when they were written, so none is dirty."""
        failures = {asset: failure for asset in self._suspects if (failure := self._failure_of(asset)) is not None}
        self._failing |= failures
        self._causes = self._causes_now()
        self._recut(dict.fromkeys(low for asset in failures for low in self._topology.below(asset)), 0.0)
        self.dirty, self._recut_assets = {}, {}

    def _suspicious(self, alert: Alert) -> bool:
        """True when the alert can mean that its asset has failed."""
        if not alert.active or alert.member or alert.rule == REDUNDANCY_LOST:
            return False
        return alert.severity is Severity.CRITICAL or self._about.over_health(alert.rule)

    def rules_changed(self, now: float) -> None:
        """The rules have changed: determine again which alerts can mean a failure."""
        for asset, alerts in list(self._on.items()):
            for alert in alerts.values():
                self._suspects.keep(alert, self._suspicious(alert))
            self._refail(asset, now)

    def changed(self, change: Change, now: float) -> None:
        """Take in a change of the inventory, a state or a source. `subjects` already holds it."""
        if change.kind == _STATE:
            self._state(change.id, now)
        elif change.kind == Kind.ASSET:
            self._inventory(change.id, now)
        elif change.kind == Kind.SOURCE:
            if (failure := self._sources.silent.get(change.id)) is not None:
                self._silence(change.id, failure.alert, now)
            if self._sources.place(change.id):
                self._causes = self._causes_now()
                self._recut([source_node(change.id)], now)

    def _inventory(self, id: str, now: float) -> None:
        asset = self._subjects.assets.get(id)
        below = list(self._topology.below(id))
        if asset is None:
            self._topology.drop(id)
        elif not self._topology.put(asset):
            return
        self._causes = self._causes_now()
        self._recut([id, *below, *self._topology.below(id)], now)

    def _state(self, id: str, now: float) -> None:
        self._refail(id, now)
        if self._sources.silent:
            self._causes = self._causes_now()
            self._recut([id, *self._topology.below(id)], now)
        self._holds.seen(id)
        if self._waiting or self._sources.waiting:
            waiting = self._waiting.keys() | self._sources.waiting
            self.dirty |= {asset: None for asset in (id, *self._topology.below(id)) if asset in waiting}

    def _refail(self, asset: str, now: float) -> None:
        failure = self._failure_of(asset)
        if len(self._suspects.get(asset, ())) > 1:
            self.dirty[asset] = None  # another of the alerts may mean the failure now
        if failure == self._failing.get(asset):
            return
        self._failing.pop(asset, None)
        if failure is not None:
            self._failing[asset] = failure
        self._causes = self._causes_now()
        self._recut(self._topology.below(asset), now)

    def _failure_of(self, asset: str) -> Failure | None:
        suspects = self._suspects.get(asset)
        if not suspects:
            return None
        health = self._subjects.health(asset)
        failing = [
            (alert.severity.rank, alert.raised_at, alert.id, self._unseen(alert, health))
            for alert in suspects.values()
            if self._fails(alert, health)
        ]
        return Failure(*min(failing)[1:]) if failing else None

    def _fails(self, alert: Alert, health: Health) -> bool:
        if alert.member:
            return False  # an interface or a disk is not the asset
        if alert.severity is Severity.CRITICAL:
            return True
        blind = health is Health.UNKNOWN and alert.stale_since is not None  # no data is never a recovery
        return self._about.over_health(alert.rule) and (health is Health.DOWN or blind)

    def _unseen(self, alert: Alert, health: Health) -> bool:
        return health is Health.UNKNOWN and not (alert.stale_since or self._about.foreign(alert.rule))

    def _means_failure(self, alert: Alert) -> bool:
        return self._fails(alert, self._subjects.health(alert.asset))

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: keep how long ago each asset lost its root cause."""
        self._holds.clock_stepped(by, now)

    # -- sources -----------------------------------------------------------------

    def _source_alert(self, alert: Alert, now: float) -> None:
        self._sources.keep(alert)
        failure = self._sources.silent.get(alert.asset)
        if failure is None or failure.alert == alert.id:
            self._silence(alert.asset, alert.id if alert.active else "", now)

    def _silence(self, id: str, alert: str, now: float) -> None:
        """Record that a source is silent according to `alert`; "" when no alert says so."""
        if not self._sources.silence(id, alert):
            return
        self._causes = self._causes_now()
        through = self._subjects.seen_through(id)
        self._recut(dict.fromkeys([*through, *(low for asset in through for low in self._topology.below(asset))]), now)

    # -- what follows ------------------------------------------------------------

    def _recut(self, assets: Iterable[str], now: float) -> None:
        """Find the explanation of each anew, and count what lies behind each root."""
        for id in assets:
            failure, (before, kind) = self._causes.cut(id), self._cuts.get(id, (None, ""))
            self.dirty[id] = None
            self.dirty |= {parent: None for group in self._topology.links(id) if len(group) > 1 for parent in group}
            if failure == before:
                continue
            if not is_source(id):
                self._recut_assets[id] = None
            if before is not None:
                self._behind[before.alert][kind] -= 1
                self.roots[before.alert] = None
                del self._cuts[id]
            if failure is not None:
                kind = self._sources.kind(id)
                self._cuts[id] = failure, kind
                self._behind.setdefault(failure.alert, Counter())[kind] += 1
                self.roots[failure.alert] = None
                self._holds.cut(id)
            else:
                self._holds.freed(id, now)

    def would_affect(self, alert: Alert) -> dict[str, int]:
        """The number of assets, by kind, that an alert about to be raised will affect if it means a failure."""
        mine = Failure(alert.raised_at, alert.id)
        causes = RootCauses(
            self._topology, lambda id: mine if id == alert.asset else self._failing.get(id), self._sources.blind
        )
        counts = Counter(self._sources.kind(id) for id in self._topology.below(alert.asset) if causes.cut(id) == mine)
        return dict(sorted(counts.items()))

    def fails(self, alert: Alert) -> bool:
        """True when raising this alert marks its asset as failed."""
        return alert.subject_kind == "asset" and self._means_failure(alert) and alert.asset not in self._failing

    def redundancy(self, asset: str) -> Redundancy:
        return self._causes.redundancy(asset)

    def explains(self, asset: str) -> bool:
        """True when another failure may suppress alerts of the asset."""
        if self._causes.cut(source_node(asset)) is not None:  # the asset of an alert may be a source
            return True
        return self._causes.cut(asset) is not None or self._causes.stand_in(asset) is not None

    def reason_for(self, alert: Alert, now: float, *, born: bool = False) -> tuple[str, Hold | None]:
        """The topological reason that suppresses an active alert now ("" for none), and the hold that it waits for."""
        if alert.subject_kind == "source" and alert.active:
            return self._sources.reason_for(alert, self._causes, self._holds, now, born=born)
        if alert.subject_kind != "asset" or not alert.active:
            return "", None
        mine = next((reason for reason in alert.suppressed_by if reason.startswith(INHIBITED) or reason == HELD), "")
        if alert.asset not in self._subjects.assets:
            return mine, alert.hold  # Redis was lost and the inventory is still arriving: change nothing
        cut = self._causes.cut(alert.asset) or self._spoken_for(alert)
        if cut is not None and cut.alert != alert.id and not self._known_before(alert, cut):
            return f"{INHIBITED}{cut.alert}", None
        hold = self._holds.first(alert, now) if born else alert.hold
        if mine and hold is None:
            hold = self._holds.after_recovery(alert, now)
        if hold is None or now >= hold.until or not self._holds.waits(alert, mine or HELD, hold):
            return "", None
        return mine or HELD, hold

    def _spoken_for(self, alert: Alert) -> Failure | None:
        """The failure that represents a redundancy group lost as a whole: the last one. Other alerts stay visible."""
        return self._causes.stand_in(alert.asset) if self._means_failure(alert) else None

    def _known_before(self, alert: Alert, cut: Failure) -> bool:
        """True when the alert was raised before its source fell silent: it stays visible."""
        return cut in self._sources.silent.values() and alert.raised_at < cut.since
