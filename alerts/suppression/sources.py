"""Sources in the topology. Assets of a silent source are unknown, and a source depends on its parent assets. Pure."""

from __future__ import annotations

from alerts.lifecycle.suppression_reasons import HELD
from alerts.rules.subjects import Subjects
from alerts.suppression.holds import HoldRules
from alerts.suppression.topology import Failure, RootCauses, Topology
from feeds.model import REFERENCE, Alert, Asset, Health, Hold, Kind
from feeds.model.isa_state import INHIBITED

_NODE = "source/"
"""Prefix of the nodes that stand for sources in the topology. An asset's id holds no slash."""


def source_node(source: str) -> str:
    """The node of a source in the topology."""
    return f"{_NODE}{source}"


def is_source(id: str) -> bool:
    """True for the node of a source."""
    return id.startswith(_NODE)


class SourceFailures:
    """The silent sources, the parents of each source, and the open alerts about each source.

    `waiting` are the nodes of sources with an alert that is held back.
    """

    def __init__(self, subjects: Subjects, topology: Topology) -> None:
        self._subjects, self._topology = subjects, topology
        self._alerts: dict[str, dict[str, Alert]] = {}
        self.silent: dict[str, Failure] = {}
        self.waiting: set[str] = set()
        for _, source in subjects.of_kind(Kind.SOURCE):
            self.place(source)

    def keep(self, alert: Alert) -> None:
        """Store the current version of an alert about a source, or drop a closed one."""
        node = source_node(alert.asset)
        alerts = self._alerts.setdefault(node, {})
        if alert.open:
            alerts[alert.id] = alert
        else:
            alerts.pop(alert.id, None)
        if any(open_alert.hold is not None for open_alert in alerts.values()):
            self.waiting.add(node)
        else:
            self.waiting.discard(node)

    def failed_since(self, alert: Alert) -> float:
        """The beginning (epoch seconds) of the failure of an alert's source."""
        source = self._subjects.source(alert.asset)
        moments = (source.failing_since, source.silent_since) if source is not None else ()
        return min((moment for moment in moments if moment is not None), default=alert.raised_at)

    def alerts_on(self, node: str) -> list[Alert]:
        """The open alerts about the source of a node."""
        return list(self._alerts.get(node, {}).values())

    def place(self, id: str) -> bool:
        """Put a source below its parents in the topology. True when its parents changed."""
        source, node = self._subjects.source(id), source_node(id)
        before = self._topology.asset(node)
        if source is None or not source.parents:
            if before is not None:
                self._topology.drop(node)
            return before is not None
        self._topology.put(Asset(id=node, name=id, kind=Kind.SOURCE, region=source.region, parents=source.parents))
        return before is None or before.parents != source.parents

    def reason_for(
        self, alert: Alert, causes: RootCauses, holds: HoldRules, now: float, *, born: bool
    ) -> tuple[str, Hold | None]:
        """The reason ("" for none) that suppresses an active alert on a source, and the hold that it waits for."""
        node = source_node(alert.asset)
        cut = causes.cut(node)
        if cut is not None and cut.alert != alert.id:
            return f"{INHIBITED}{cut.alert}", None
        hold = holds.of_source(node, alert, self.failed_since(alert), now, born=born)
        return (HELD if hold is not None else ""), hold

    def kind(self, id: str) -> str:
        """The kind of an asset, or that of sources."""
        return str(Kind.SOURCE) if is_source(id) else self._subjects.kind(id)

    def silence(self, id: str, alert: str) -> bool:
        """Record that a source is silent according to `alert`; "" when no alert says so. True when that is new."""
        source, before = self._subjects.source(id), self.silent.pop(id, None)
        since = source.silent_since if source is not None else None
        if source is not None and id == REFERENCE:  # a collector that cannot reach its reference counts as silent
            since = source.failing_since if since is None else since
        if alert and since is not None:
            self.silent[id] = Failure(since, alert)
        return self.silent.get(id) != before

    def blind(self, asset: str) -> Failure | None:
        """The silent source behind an unknown asset; None while another source still observes the asset."""
        if not self.silent or self._subjects.health(asset) is not Health.UNKNOWN:
            return None
        sources = self._subjects.sources_of(asset)
        if REFERENCE in sources and REFERENCE in self.silent:
            return self.silent[REFERENCE]
        failures = [self.silent.get(source) for source in sources]
        return (
            max((failure for failure in failures if failure is not None), default=None)
            if None not in failures
            else None
        )
