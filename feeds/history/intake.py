"""Selection of the observations that become history: numbers newer than the newest point of their series."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from math import isfinite
from typing import Any

import msgspec
import numpy as np

from feeds.history.hot import HOT, SLOTS, Blocks
from feeds.history.rollup import HOUR
from feeds.history.store import Series
from feeds.model import Quality, Value

log = logging.getLogger(__name__)

GRACE = 300.0
"""Seconds after its end at which an hour closes. Points older than the hour that is open then are late."""
AHEAD = 60.0
"""Seconds that a time may lie ahead of its arrival. Beyond this the source's clock is taken to be wrong."""
MAX_SERIES = 1 << 20
TICK = 0.001
"""Resolution of recorded times, seconds."""


class ObservedValue(msgspec.Struct, gc=False):
    """The fields of an Observation that history needs; decoding them costs a third of decoding everything."""

    asset: str
    metric: str
    observed_at: float
    received_at: float
    value: Value = None
    quality: Quality = Quality.GOOD
    unit: str = ""
    instance: str = ""
    fresh_for: float = 0.0
    confirmed_at: float | None = None


class _Envelope(msgspec.Struct):
    kind: str
    items: msgspec.Raw


_envelope = msgspec.msgpack.Decoder(_Envelope)
_items = msgspec.msgpack.Decoder(list[ObservedValue])


class HistoryIntake:
    """Collects points until they are flushed.

    `late` counts points that came too late or twice, `ahead` those with a time in the future.
    """

    def __init__(self) -> None:
        self.late = self.ahead = self.taken = 0
        self.created: list[Series] = []
        self.altered: dict[int, Series] = {}
        self._by_key: dict[tuple[str, str, str], Series] = {}
        self._by_id: dict[int, Series] = {}
        self._next = 1
        self._ids: list[int] = []
        self._times: list[int] = []
        self._values: list[float] = []

    def __len__(self) -> int:
        """Number of points that wait for the next flush."""
        return len(self._ids)

    @property
    def series(self) -> int:
        return self._next - 1

    def know(self, series: Iterable[Series]) -> None:
        """Register the series that are in SQL."""
        for entry in series:
            metric, _, instance = entry.metric.partition("[")
            self._by_key[(entry.asset, metric, instance.removesuffix("]"))] = entry
            self._by_id[entry.id] = entry
            self._next = max(self._next, entry.id + 1)

    def forget(self) -> None:
        """Drop waiting points and the newest time of each series. Both are read again from Redis."""
        self.clear()
        for series in self._by_id.values():
            series.last = 0

    def clear(self) -> None:
        self._ids, self._times, self._values = [], [], []

    def recall(self, ids: Any, times: Any) -> None:
        """Set the newest times (ms) of some series, from the open hours."""
        for series_id, at in zip(ids.tolist(), times.tolist(), strict=True):
            if (series := self._by_id.get(series_id)) and at > series.last:
                series.last = at

    def take(self, body: bytes, arrived: float) -> None:
        """Take one feed entry that the bus received at `arrived`. The projector reports unreadable ones."""
        try:
            envelope = _envelope.decode(body)
            if envelope.kind == "observation":
                self.add(_items.decode(envelope.items), arrived)
        except (msgspec.DecodeError, ValueError) as error:
            log.debug("not recorded: %s", error)

    def add(self, observations: Iterable[ObservedValue], arrived: float) -> None:
        """Add observations that arrived at one moment (epoch seconds)."""
        series_by_key, bad = self._by_key, Quality.BAD
        floor, ahead = (arrived - GRACE) // HOUR * HOUR, arrived + AHEAD
        ids, times, values = self._ids.append, self._times.append, self._values.append
        for observation in observations:
            value = observation.value
            if value is None or value.__class__ is str or observation.quality is bad:
                continue
            number = float(value)
            series = series_by_key.get((observation.asset, observation.metric, observation.instance)) or self._new(
                observation
            )
            moment = (
                observation.observed_at
                if observation.observed_at < observation.received_at
                else observation.received_at
            )
            if observation.confirmed_at is not None and series is not None:
                moment = _confirmed(
                    moment, observation.confirmed_at, observation.received_at, max(floor, series.last / 1000)
                )
            if series is None or not floor <= moment <= ahead or not isfinite(number):
                self.ahead += moment > ahead
                self.late += moment < floor
                continue
            at = int(moment * 1000 + 0.5)
            if at <= series.last <= ahead * 1000:
                self.late += 1
                continue
            series.last = at
            if observation.fresh_for != series.fresh_for or observation.unit != series.unit:
                self._alter(series, observation)
            ids(series.id)
            times(at)
            values(number)

    def _new(self, observation: ObservedValue) -> Series | None:
        if self._next > MAX_SERIES:
            if self._next == MAX_SERIES + 1:
                log.error("history: limit of %d series reached; new series are not recorded", MAX_SERIES)
                self._next += 1
            return None
        metric = f"{observation.metric}[{observation.instance}]" if observation.instance else observation.metric
        series = Series(self._next, observation.asset, metric, observation.unit, observation.fresh_for)
        self.know([series])
        self.created.append(series)
        return series

    def _alter(self, series: Series, observation: ObservedValue) -> None:
        series.unit, series.fresh_for = observation.unit, observation.fresh_for
        self.altered[series.id] = series

    def written(self) -> None:
        """Mark the created and altered series as stored in SQL."""
        self.created, self.altered = [], {}

    def blocks(self) -> Blocks:
        """The waiting points, as bytes by (hour, group of series)."""
        if not self._ids:
            return {}
        ids, times = np.array(self._ids, np.int64), np.array(self._times, np.int64)
        hours = times // (HOUR * 1000)
        buckets = hours << 32 | ids // SLOTS
        order = np.argsort(buckets, kind="stable")
        records = np.empty(len(ids), HOT)
        records["slot"] = (ids % SLOTS)[order]
        records["at"] = (times - hours * (HOUR * 1000))[order]
        records["value"] = np.array(self._values, np.float64)[order]
        buckets = buckets[order]
        edges = np.flatnonzero(np.diff(buckets, prepend=-1)).tolist()
        ends = [*edges[1:], len(ids)]
        return {
            (int(buckets[low]) >> 32, int(buckets[low]) & 0xFFFFFFFF): records[low:high].tobytes()
            for low, high in zip(edges, ends, strict=True)
        }


def _confirmed(moment: float, confirmed_at: float, received_at: float, newest: float) -> float:
    """Time to record for a value unchanged since `moment`: first `moment`, later the time of each confirmation."""
    return moment if moment > newest + TICK else min(confirmed_at, received_at)
