"""What of the observations becomes history: numbers that are newer than what their series has."""

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
"""Seconds after its end at which an hour closes; what is older than the hour then open is late."""
AHEAD = 60.0
"""Seconds that a time may lie ahead of its arrival; a series whose newest point does has met a wrong clock."""
MAX_SERIES = 1 << 20
TICK = 0.001
"""Seconds: times are kept as whole milliseconds."""


class Seen(msgspec.Struct, gc=False):
    """The part of an Observation that history needs; a third of the cost of decoding all of it."""

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
_items = msgspec.msgpack.Decoder(list[Seen])


class Intake:
    """Gathers points until they are flushed. `late` counts what came too late or twice, `ahead` times of the future."""

    def __init__(self) -> None:
        self.late = self.ahead = self.taken = 0
        self.made: list[Series] = []
        self.altered: dict[int, Series] = {}
        self._known: dict[tuple[str, str, str], Series] = {}
        self._by_id: dict[int, Series] = {}
        self._next = 1
        self._ids: list[int] = []
        self._times: list[int] = []
        self._values: list[float] = []

    def __len__(self) -> int:
        """How many points wait."""
        return len(self._ids)

    @property
    def series(self) -> int:
        return self._next - 1

    def know(self, series: Iterable[Series]) -> None:
        """The series that are written down."""
        for one in series:
            metric, _, instance = one.metric.partition("[")
            self._known[(one.asset, metric, instance.removesuffix("]"))] = one
            self._by_id[one.id] = one
            self._next = max(self._next, one.id + 1)

    def forget(self) -> None:
        """Drop what waits and what is known of the newest points; both come back from Redis."""
        self.clear()
        for series in self._by_id.values():
            series.last = 0

    def clear(self) -> None:
        self._ids, self._times, self._values = [], [], []

    def recall(self, ids: Any, times: Any) -> None:
        """Newest points (ms) of some series, from what is hot."""
        for one, at in zip(ids.tolist(), times.tolist(), strict=True):
            if (series := self._by_id.get(one)) and at > series.last:
                series.last = at

    def take(self, body: bytes, arrived: float) -> None:
        """One entry of the feed; `arrived` is when the bus got it. What cannot be read is the projector's to report."""
        try:
            envelope = _envelope.decode(body)
            if envelope.kind == "observation":
                self.add(_items.decode(envelope.items), arrived)
        except (msgspec.DecodeError, ValueError) as error:
            log.debug("not recorded: %s", error)

    def add(self, seen: Iterable[Seen], arrived: float) -> None:
        """Observations that arrived at one moment (epoch seconds)."""
        known, bad = self._known, Quality.BAD
        floor, ahead = (arrived - GRACE) // HOUR * HOUR, arrived + AHEAD
        ids, times, values = self._ids.append, self._times.append, self._values.append
        for one in seen:
            value = one.value
            if value is None or value.__class__ is str or one.quality is bad:
                continue
            number = float(value)
            series = known.get((one.asset, one.metric, one.instance)) or self._new(one)
            moment = one.observed_at if one.observed_at < one.received_at else one.received_at
            if one.confirmed_at is not None and series is not None:
                moment = _confirmed(moment, one.confirmed_at, one.received_at, max(floor, series.last / 1000))
            if series is None or not floor <= moment <= ahead or not isfinite(number):
                self.ahead += moment > ahead
                self.late += moment < floor
                continue
            at = int(moment * 1000 + 0.5)
            if at <= series.last <= ahead * 1000:
                self.late += 1
                continue
            series.last = at
            if one.fresh_for != series.fresh_for or one.unit != series.unit:
                self._alter(series, one)
            ids(series.id)
            times(at)
            values(number)

    def _new(self, one: Seen) -> Series | None:
        if self._next > MAX_SERIES:
            if self._next == MAX_SERIES + 1:
                log.error("there are %d series: no further one is recorded", MAX_SERIES)
                self._next += 1
            return None
        metric = f"{one.metric}[{one.instance}]" if one.instance else one.metric
        series = Series(self._next, one.asset, metric, one.unit, one.fresh_for)
        self.know([series])
        self.made.append(series)
        return series

    def _alter(self, series: Series, one: Seen) -> None:
        series.unit, series.fresh_for = one.unit, one.fresh_for
        self.altered[series.id] = series

    def written(self) -> None:
        """The made and altered series are in SQL."""
        self.made, self.altered = [], {}

    def blocks(self) -> Blocks:
        """What waits, as bytes by (hour, group of series)."""
        if not self._ids:
            return {}
        ids, times = np.array(self._ids, np.int64), np.array(self._times, np.int64)
        hours = times // (HOUR * 1000)
        places = hours << 32 | ids // SLOTS
        order = np.argsort(places, kind="stable")
        records = np.empty(len(ids), HOT)
        records["slot"] = (ids % SLOTS)[order]
        records["at"] = (times - hours * (HOUR * 1000))[order]
        records["value"] = np.array(self._values, np.float64)[order]
        places = places[order]
        edges = np.flatnonzero(np.diff(places, prepend=-1)).tolist()
        ends = [*edges[1:], len(ids)]
        return {
            (int(places[low]) >> 32, int(places[low]) & 0xFFFFFFFF): records[low:high].tobytes()
            for low, high in zip(edges, ends, strict=True)
        }


def _confirmed(moment: float, confirmed_at: float, received_at: float, known: float) -> float:
    """A value that has not changed since `moment`: recorded once, and then when it was said to hold still."""
    return moment if moment > known + TICK else min(confirmed_at, received_at)
