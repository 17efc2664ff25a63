"""Root cause over all open alerts: which alert explains which, and which wait for a newer result.

An asset has failed while an active critical alert stands on it, whichever tool sent it, or an active
alert of a rule over its health while it is down. Rules: docs/alerts.md, "What lies behind one failure".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from alerts.lifecycle.alerts_by_asset import ByAsset
from alerts.lifecycle.suppression_reasons import HELD
from alerts.rules.subjects import Subjects
from alerts.settings import HoldPolicy
from alerts.suppression.result_age import Doubt
from alerts.suppression.rule_facts import AboutRules
from alerts.suppression.topology import Causes, Failure, Redundancy, Topology
from feeds.model import REFERENCE, Alert, Change, Health, Hold, Kind, Severity
from feeds.model.isa_state import INHIBITED

REDUNDANCY_LOST = "redundancy-lost"
_STATE = Kind.STATE


class Inhibition:
    """Follows the inventory, states, sources and alerts. What may have another explanation gathers in `dirty`."""

    def __init__(self, subjects: Subjects, about: AboutRules, policy: HoldPolicy) -> None:
        self._subjects, self._about, self._policy = subjects, about, policy
        self._topology = Topology(subjects.assets)
        self._doubt = Doubt(subjects, self._topology, policy)
        self._on, self._suspects, self._waiting = ByAsset(), ByAsset(), ByAsset()
        self._failing: dict[str, Failure] = {}
        self._silent: dict[str, Failure] = {}
        self._cuts: dict[str, tuple[Failure, str]] = {}
        self._behind: dict[str, Counter[str]] = {}
        self._freed: dict[str, float] = {}
        self._causes = self._ask()
        self.dirty: dict[str, None] = {}
        self.roots: dict[str, None] = {}

    def set_policy(self, policy: HoldPolicy) -> None:
        """How long to wait from now on."""
        self._policy = policy
        self._doubt = Doubt(self._subjects, self._topology, policy)

    def _ask(self) -> Causes:
        return Causes(self._topology, self._failing.get, self._blind)

    def alerts_on(self, asset: str) -> list[Alert]:
        """The open alerts about one asset."""
        return list(self._on.get(asset, {}).values())

    def take_dirty(self) -> list[str]:
        """The assets whose alerts may have another explanation than when this was last asked."""
        taken, self.dirty = list(self.dirty), {}
        return taken

    def take_roots(self) -> list[str]:
        """The alerts behind which something else lies than when this was last asked."""
        taken, self.roots = list(self.roots), {}
        return taken

    def knows_parents(self, asset: str) -> bool:
        """Whether the asset and all its parents are in the inventory: after a loss they come one by one."""
        known = self._subjects.assets.get(asset)
        return known is not None and all(parent in self._subjects.assets for parent in known.parents)

    def affected(self, root: str) -> dict[str, int]:
        """What lies behind an alert now, counted by kind."""
        return dict(sorted((kind, count) for kind, count in self._behind.get(root, Counter()).items() if count > 0))

    # -- what comes in -----------------------------------------------------------

    def alert(self, alert: Alert, now: float) -> None:
        """An alert has become this."""
        if alert.subject_kind == "source":
            self._source_alert(alert, now)
        if alert.subject_kind != "asset":
            return
        self._on.keep(alert, alert.open)
        self._waiting.keep(alert, alert.open and alert.hold is not None)
        if alert.open and alert.suppressed_by and not alert.active:
            self.dirty[alert.asset] = None  # what has ended needs no explanation
        before = alert.id in self._suspects.get(alert.asset, {})
        if before or self._suspicious(alert):
            self._suspects.keep(alert, self._suspicious(alert))
            self._refail(alert.asset, now)

    def load(self, alerts: Iterable[Alert]) -> None:
        """Begin with these open alerts. What hides each was settled when it was written: none is dirty for that."""
        for alert in alerts:
            if alert.subject_kind == "asset":
                self._on.keep(alert, True)
                if alert.hold is not None:
                    self._waiting.keep(alert, True)
                if self._suspicious(alert):
                    self._suspects.keep(alert, True)
            elif alert.subject_kind == "source":
                self._source_alert(alert, 0.0)
        found = {asset: failure for asset in self._suspects if (failure := self._failure_of(asset)) is not None}
        self._failing |= found
        self._causes = self._ask()
        self._recut(dict.fromkeys(low for asset in found for low in self._topology.below(asset)), 0.0)
        self.dirty = {}

    def _suspicious(self, alert: Alert) -> bool:
        """Whether an alert can mean that its asset has failed."""
        meant = alert.severity is Severity.CRITICAL or self._about.over_health(alert.rule)
        return alert.active and alert.rule != REDUNDANCY_LOST and meant

    def rules_changed(self, now: float) -> None:
        """Other rules: which alerts can mean a failure is found out anew."""
        for asset, here in list(self._on.items()):
            for alert in here.values():
                self._suspects.keep(alert, self._suspicious(alert))
            self._refail(asset, now)

    def changed(self, change: Change, now: float) -> None:
        """The inventory, a state or a source has changed; the subjects know it already."""
        if change.kind == _STATE:
            self._state(change.id, now)
        elif change.kind == Kind.ASSET:
            self._inventory(change.id, now)
        elif change.kind == Kind.SOURCE:
            for alert in [one.alert for id, one in self._silent.items() if id == change.id]:
                self._silence(change.id, alert, now)

    def _inventory(self, id: str, now: float) -> None:
        asset = self._subjects.assets.get(id)
        below = list(self._topology.below(id))
        if asset is None:
            self._topology.drop(id)
        elif not self._topology.put(asset):
            return
        self._causes = self._ask()
        self._recut([id, *below, *self._topology.below(id)], now)

    def _state(self, id: str, now: float) -> None:
        self._refail(id, now)
        if self._silent:
            self._causes = self._ask()
            self._recut([id, *self._topology.below(id)], now)
        if id in self._freed and self._doubt.newer(id, self._freed[id]):
            del self._freed[id]
        if self._waiting:
            self.dirty |= {one: None for one in (id, *self._topology.below(id)) if one in self._waiting}

    def _refail(self, asset: str, now: float) -> None:
        found = self._failure_of(asset)
        if len(self._suspects.get(asset, ())) > 1:
            self.dirty[asset] = None  # which of them mean the failure may have changed
        if found == self._failing.get(asset):
            return
        if found is None:
            del self._failing[asset]
        else:
            self._failing[asset] = found
        self._causes = self._ask()
        self._recut(self._topology.below(asset), now)

    def _failure_of(self, asset: str) -> Failure | None:
        here = self._suspects.get(asset)
        if not here:
            return None
        health = self._subjects.health(asset)
        found = [(one.severity.rank, one.raised_at, one.id) for one in here.values() if self._fails(one, health)]
        return Failure(*min(found)[1:]) if found else None

    def _fails(self, alert: Alert, health: Health) -> bool:
        if alert.severity is Severity.CRITICAL:
            return True
        blind = health is Health.UNKNOWN and alert.stale_since is not None  # no data is never a recovery
        return self._about.over_health(alert.rule) and (health is Health.DOWN or blind)

    def _means_failure(self, alert: Alert) -> bool:
        return self._fails(alert, self._subjects.health(alert.asset))

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set: what has lost its explanation lost it as long ago as before."""
        self._freed = {asset: min(at + by, now) for asset, at in self._freed.items()}

    # -- sources -----------------------------------------------------------------

    def _source_alert(self, alert: Alert, now: float) -> None:
        known = self._silent.get(alert.asset)
        if known is not None and known.alert != alert.id:
            return
        self._silence(alert.asset, alert.id if alert.active else "", now)

    def _silence(self, id: str, alert: str, now: float) -> None:
        """A source is silent, and that alert says so; or it is not, or none does."""
        source, before = self._subjects.source(id), self._silent.pop(id, None)
        since = source.silent_since if source is not None else None
        if source is not None and id == REFERENCE:  # a collector that is out of touch is as good as silent
            since = source.failing_since if since is None else since
        if alert and since is not None:
            self._silent[id] = Failure(since, alert)
        if self._silent.get(id) == before:
            return
        self._causes = self._ask()
        through = self._subjects.seen_through(id)
        self._recut(dict.fromkeys([*through, *(low for one in through for low in self._topology.below(one))]), now)

    def _blind(self, asset: str) -> Failure | None:
        """The silent source that an unknown asset is seen through, when there is no other."""
        if not self._silent or self._subjects.health(asset) is not Health.UNKNOWN:
            return None
        sources = self._subjects.sources_of(asset)
        if REFERENCE in sources and REFERENCE in self._silent:
            return self._silent[REFERENCE]
        found = [self._silent.get(source) for source in sources]
        return max((one for one in found if one is not None), default=None) if None not in found else None

    # -- what follows ------------------------------------------------------------

    def _recut(self, assets: Iterable[str], now: float) -> None:
        """Find the explanation of each anew, and count what lies behind each root."""
        for id in assets:
            found, (before, kind) = self._causes.cut(id), self._cuts.get(id, (None, ""))
            self.dirty[id] = None
            self.dirty |= {one: None for group in self._topology.links(id) if len(group) > 1 for one in group}
            if found == before:
                continue
            if before is not None:
                self._behind[before.alert][kind] -= 1
                self.roots[before.alert] = None
                del self._cuts[id]
            if found is not None:
                kind = self._subjects.kind(id)
                self._cuts[id] = found, kind
                self._behind.setdefault(found.alert, Counter())[kind] += 1
                self.roots[found.alert] = None
                self._freed.pop(id, None)
            else:
                self._freed[id] = now

    def would_affect(self, alert: Alert) -> dict[str, int]:
        """What an alert that is about to be raised will have behind it, if it means a failure."""
        mine = Failure(alert.raised_at, alert.id)
        causes = Causes(self._topology, lambda id: mine if id == alert.asset else self._failing.get(id), self._blind)
        found = Counter(self._subjects.kind(id) for id in self._topology.below(alert.asset) if causes.cut(id) == mine)
        return dict(sorted(found.items()))

    def fails(self, alert: Alert) -> bool:
        """Whether this alert, when it is raised, is the one that says its asset has failed."""
        return alert.subject_kind == "asset" and self._means_failure(alert) and alert.asset not in self._failing

    def redundancy(self, asset: str) -> Redundancy:
        return self._causes.redundancy(asset)

    def hides(self, alert: Alert, now: float, *, born: bool = False) -> tuple[str, Hold | None]:
        """The reason of topology that hides an active alert now ("" when none does), and what it waits for."""
        if alert.subject_kind != "asset" or not alert.active:
            return "", None
        mine = next((one for one in alert.suppressed_by if one.startswith(INHIBITED) or one == HELD), "")
        if alert.asset not in self._subjects.assets:
            return mine, alert.hold  # Redis was lost and the inventory is on its way: nothing is known, nothing moves
        cut = self._causes.cut(alert.asset) or self._spoken_for(alert)
        if cut is not None and cut.alert != alert.id and not self._known_before(alert, cut):
            return f"{INHIBITED}{cut.alert}", None
        hold = self._first_hold(alert, now) if born else alert.hold
        if mine and hold is None:
            wait = self._about.recover_for(alert.rule) + self._doubt.bound(alert.asset, foreign=False)
            hold = Hold(since=now, until=now + wait)
        if hold is None or now >= hold.until or not self._waits(alert, mine or HELD, hold):
            return "", None
        return mine or HELD, hold

    def _spoken_for(self, alert: Alert) -> Failure | None:
        """Of a group that is lost as a whole one failure is told, the last one; other alerts on its members stay."""
        return self._causes.stand_in(alert.asset) if self._means_failure(alert) else None

    def _known_before(self, alert: Alert, cut: Failure) -> bool:
        """What was known before a source fell silent stays in sight."""
        return cut in self._silent.values() and alert.raised_at < cut.since

    def _first_hold(self, alert: Alert, now: float) -> Hold | None:
        foreign = self._about.foreign(alert.rule)
        until = now + self._doubt.bound(alert.asset, foreign=foreign)
        freed = self._freed.get(alert.asset)
        if freed is not None and freed + self._policy.longest > now:
            return Hold(since=freed, until=until)
        since = min(now, self._subjects.failed_since(alert.asset, alert.raised_at))
        return Hold(since=since, until=until) if self._concerns(alert) else None

    def _concerns(self, alert: Alert) -> bool:
        """An alert on an asset that answers well is not about its way to us."""
        if alert.rule == REDUNDANCY_LOST or self._about.foreign(alert.rule):
            return True
        return self._subjects.health(alert.asset) is not Health.OK

    def _waits(self, alert: Alert, reason: str, hold: Hold) -> bool:
        if self._about.clearing(alert):
            return True
        if reason != HELD or alert.asset in self._freed:
            return not self._doubt.newer(alert.asset, hold.since)
        foreign = self._about.foreign(alert.rule)
        return self._doubt.doubtful(alert.asset, hold.since, foreign=foreign)
