"""Figures for Prometheus: of this web process, and of the live picture it holds.

No label carries an id, a name or a region of a watched thing: a person of one county may
read this page too.
"""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.dependencies import Dependencies
from api.load.metrics import families as load_families
from api.machine_metrics import families as machine_families
from feeds.live.pump import Audience, Mirror, NoPicture

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


Queues = Mapping[str, tuple[int, float]]


class Metrics:
    """This process's registry and the counters that the middleware feeds."""

    def __init__(self, deps: Dependencies) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.requests = Counter(
            "watchfloor_http_requests", "HTTP requests", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "watchfloor_http_request_seconds", "Time to answer", buckets=BUCKETS, registry=self.registry
        )
        self._picture = _Picture(deps)
        self.registry.register(self._picture)

    def text(
        self,
        dead_letters: int | None,
        load: Mapping[str, Any] | None = None,
        room: Mapping[str, Any] | None = None,
        processes: Sequence[Mapping[str, Any]] = (),
        queues: Queues | None = None,
    ) -> bytes:
        """The exposition. The route asks the bus for `dead_letters` and the journal for the `load` of the whole site
        (see api.load.reader); None: it does not answer. `room` and `processes`: see api.machine_metrics. `queues`: how
        many messages wait for each receiver, and when the oldest of them was queued."""
        self._picture.dead_letters, self._picture.load, self._picture.queues = dead_letters, load, queues or {}
        self._picture.room, self._picture.processes = room, processes
        return generate_latest(self.registry)


class _Picture(Collector):
    """Reads the live picture when it is asked for."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self.dead_letters: int | None = None
        self.load: Mapping[str, Any] | None = None
        self.room: Mapping[str, Any] | None = None
        self.processes: Sequence[Mapping[str, Any]] = ()
        self.queues: Queues = {}

    def collect(self) -> Iterable[GaugeMetricFamily]:
        pump, at = self._deps.pump, self._deps.clock()
        ages = {role: age for role, age in pump.ages(at).items() if age is not None}
        yield _gauge("role_age_seconds", "Since the role last proved that it moves", "role", ages)
        yield GaugeMetricFamily("watchfloor_live_subscribers", "Open live feeds", value=pump.clients)
        yield GaugeMetricFamily("watchfloor_pump_lag_seconds", "Since the feed last moved", value=at - pump.moved_at)
        with suppress(NoPicture):  # absent, not 0: nothing is known yet
            yield from _of_mirror(pump.mirror)
        if self.dead_letters is not None:
            yield GaugeMetricFamily("watchfloor_dead_letters", "Undecodable messages", value=self.dead_letters)
        waiting = {receiver: float(count) for receiver, (count, _) in self.queues.items()}
        yield _gauge("receiver_waiting", "Messages that wait for a receiver", "receiver", waiting)
        ages = {receiver: max(0.0, at - oldest) for receiver, (_, oldest) in self.queues.items()}
        yield _gauge("receiver_oldest_seconds", "Since the oldest of them was queued", "receiver", ages)
        unreadable = self._deps.journal.set_aside.counts()
        yield _gauge("documents_unreadable", "Documents of the journal that are set aside", "kind", Tally(unreadable))
        if self.load is not None:
            yield from load_families(self.load)
        yield from machine_families(self.room, self.processes)


def _of_mirror(mirror: Mirror) -> Iterable[GaugeMetricFamily]:
    """Counts of the live state."""
    everything = Audience()
    yield _vitals(mirror.records("source", everything))
    assets = Tally(str(record["health"]) for record in mirror.records("asset", everything).values())
    yield _gauge("assets", "Watched assets", "health", assets)
    alerts = mirror.records("alert", everything).values()
    active = Tally(str(record["severity"]) for record in alerts if record["active"])
    yield _gauge("alerts_active", "Active alerts", "severity", active)
    unacked = sum(1 for record in alerts if not record["acked"])
    yield GaugeMetricFamily("watchfloor_alerts_unacknowledged", "Unacknowledged alerts", value=unacked)


def _vitals(sources: Mapping[str, Mapping[str, Any]]) -> GaugeMetricFamily:
    """What each role says of itself (feeds.engine.vitals): memory, processor time, lags, counts."""
    family = GaugeMetricFamily("watchfloor_role", "A role's own figures", labels=["role", "figure"])
    for name, source in sorted(sources.items()):
        for figure, value in sorted(source["stats"].items()):
            family.add_metric([name.removeprefix("role."), figure], value)
    return family


def _gauge(name: str, help_text: str, label: str, values: dict[str, float] | Tally[str]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"watchfloor_{name}", help_text, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


class RequestCounter:
    """Counts requests by method, route and status; the route is the template, never the address itself."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method, route, str(status)).inc()
            self._metrics.seconds.observe(time.perf_counter() - began)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
