"""A metric history that an earlier version wrote: this version reads it alike, and records on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from feeds.bus import Bus
from feeds.history.rollup import HOUR
from feeds.journal import sqlite_url
from tests.feeds.history.rig import BASE, Rig, seen, store_at

RECORDED = Path(__file__).parents[2] / "recorded"
RECORDED_HOURS = 30


@pytest.fixture(scope="module")
def earlier() -> dict[str, Any]:
    """The answers that the earlier version's own reader gave."""
    answers: dict[str, Any] = json.loads((RECORDED / "history.json").read_text(encoding="utf-8"))
    return answers


@pytest_asyncio.fixture
async def rig(bus: Bus, tmp_path: Path) -> AsyncIterator[Rig]:
    database = sqlite3.connect(tmp_path / "history.sqlite3")
    database.executescript((RECORDED / "history.sql").read_text(encoding="utf-8"))
    database.close()
    rig = Rig(bus, store_at(sqlite_url(tmp_path)))
    rig.at = BASE + RECORDED_HOURS * HOUR + 301
    await rig.open()
    yield rig
    await rig.store.close()


async def test_points_rollups_and_watched_times_read_as_the_earlier_version_read_them(
    rig: Rig, earlier: dict[str, Any]
) -> None:
    end = BASE + RECORDED_HOURS * HOUR
    assert [list(point) for point in await rig.points()] == earlier["points"]
    assert [list(point) for point in await rig.points("tcp.up")] == earlier["up"]
    assert [list(rollup) for rollup in await rig.rollups(300, BASE, end)] == earlier["5m"]
    assert [list(rollup) for rollup in await rig.rollups(3600, BASE, end)] == earlier["1h"]
    assert [list(span) for span in await rig.store.watched(BASE, BASE + 40 * HOUR)] == earlier["watched"]


async def test_recording_goes_on_in_the_series_of_the_earlier_version(rig: Rig, earlier: dict[str, Any]) -> None:
    start = BASE + (RECORDED_HOURS + 1) * HOUR
    await rig.send(seen(start, 99.0), at=start)
    await rig.work(start + HOUR + 301)
    assert [list(point) for point in await rig.points()] == [*earlier["points"], [start - BASE, 99.0]]
    assert len({series.id for series in await rig.store.all_series()}) == 2
