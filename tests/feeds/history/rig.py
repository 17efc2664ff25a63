"""Test rig: observations on a real bus, and restarts of a recorder over a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from feeds import wire
from feeds.bus import Bus
from feeds.history import HistoryReader, HistorySettings, HistoryStore, Recorder, history_url
from feeds.history.rollup import HOUR
from feeds.model import Observation, Value

# Noon, at the start of an hour.
BASE = 1_795_003_200.0 // 86400 * 86400 + 12 * HOUR


def seen(at: float, value: Value, *, asset: str = "a", metric: str = "snmp.temp", **more: Any) -> Observation:
    fields: dict[str, Any] = {"received_at": at, "source": "network.snmp", "unit": "°C", "fresh_for": 30.0} | more
    return Observation(asset=asset, metric=metric, value=value, observed_at=at, **fields)


def store_at(journal_url: str) -> HistoryStore:
    """The history that belongs to a journal."""
    return HistoryStore(history_url(journal_url), "test")


class Rig:
    """One site: a bus whose entries carry the test's times, a store, and a recorder that can be killed."""

    def __init__(self, bus: Bus, store: HistoryStore, keep: HistorySettings | None = None) -> None:
        self.bus, self.store = bus, store
        self.at = BASE
        self.keep = keep or HistorySettings()
        self.history = HistoryReader(store, bus, self.keep, lambda: self.at)
        self.recorder = Recorder(store, self.keep)
        self._sent = 0

    async def send(self, *observations: Observation, at: float | None = None) -> None:
        """Send one envelope that arrives at a time (default: now)."""
        await self.send_all([(self.at if at is None else at, observations)])

    async def send_all(self, envelopes: Iterable[tuple[float, Sequence[Observation]]]) -> None:
        """Send envelopes, each with the time at which it arrives, at once."""
        async with self.bus.pipeline() as pipe:
            for arrived, observations in envelopes:
                self._sent += 1
                body = wire.encode_envelope("observation", list(observations), source="s", sent_at=arrived)
                id = f"{int(arrived * 1000)}-{self._sent}"
                pipe.xadd(self.bus.keys.feed("network"), {"s": "s", "e": body}, id=id)
            await pipe.execute()

    async def open(self) -> None:
        await self.bus.open()
        await self.store.open()
        await self.recorder.open(self.bus, self.at)

    async def again(self) -> None:
        """Start a new process after a kill."""
        self.recorder = Recorder(self.store, self.keep)
        await self.open()

    async def work(self, at: float | None = None) -> None:
        """Run until nothing is left to do at a time."""
        self.at = self.at if at is None else at
        while await self.recorder.step(self.at):
            pass
        await self.recorder.flush(self.at)

    async def points(self, metric: str = "snmp.temp", *, asset: str = "a") -> list[tuple[float, float]]:
        """All points of a series as (seconds after BASE, value)."""
        series = [entry for entry in await self.history.series_of(asset) if entry.metric == metric]
        if not series:
            return []
        ((times, values),) = await self.history.points(series, BASE - 2 * HOUR, BASE + 3 * 86400)
        return list(zip((times / 1000 - BASE).round(3).tolist(), values.tolist(), strict=True))

    async def rollups(self, step: int, start: float, end: float, metric: str = "snmp.temp") -> list[tuple[Any, ...]]:
        """A series' rollups as (seconds after BASE, count, min, max, mean)."""
        series = [entry for entry in await self.history.series_of("a") if entry.metric == metric]
        (records,) = await self.history.rollups(series, start, end, step)
        return [(int(at) - int(BASE), *columns) for at, *columns in records.tolist()]


async def hot_keys(bus: Bus) -> Sequence[bytes]:
    async with bus.pipeline() as pipe:
        pipe.keys(f"hi:{{{bus.site}}}:*")
        (keys,) = await pipe.execute()
    return list(keys)
