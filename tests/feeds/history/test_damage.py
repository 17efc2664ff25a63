"""Unreadable rows of the history: later writes and the live data continue."""

from __future__ import annotations

import pytest

from feeds.bus import Bus
from feeds.history import schema
from feeds.history.rollup import DAY, HOUR
from tests.feeds.history.rig import BASE, Rig, seen, store_at


@pytest.mark.parametrize("damaged", [b"\x78nonsense", b"\x12\x05nonsense", b""])
async def test_a_damaged_row_is_left_out_and_its_neighbours_are_packed(
    bus: Bus, journal_url: str, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(bus, store_at(journal_url))
    await rig.open()
    try:
        for metric in ("a.x", "a.y"):
            await rig.send(seen(BASE, 1.0, metric=metric), seen(BASE + 60, 3.0, metric=metric))
        await rig.work(BASE + HOUR + 301)
        first, _ = sorted(await rig.store.between(schema.fresh, [(0, 1 << 62)]))
        await rig.store.put({schema.fresh: {first: damaged}})
        await rig.work(BASE + DAY)
        assert await rig.store.first_key(schema.fresh) is None
        rollups = [await rig.rollups(300, BASE, BASE + HOUR, metric) for metric in ("a.x", "a.y")]
        assert sorted(rollups) == [[], [(0, 2, 1.0, 3.0, 2.0)]]
        tables = (schema.raw, schema.five)
        keys = {table: sorted(await rig.store.between(table, [(0, 1 << 62)])) for table in tables}
        await rig.store.put({table: {keys[table][0]: damaged} for table in tables})
        shown = [len(await rig.points(metric)) for metric in ("a.x", "a.y")]
        assert sorted(shown) == [0, 2]
        assert [await rig.rollups(300, BASE, BASE + HOUR, metric) for metric in ("a.x", "a.y")] == rollups
        assert "cannot be read" in caplog.text
    finally:
        await rig.store.close()


async def test_a_damaged_row_of_points_does_not_keep_late_ones_out(bus: Bus, journal_url: str) -> None:
    rig = Rig(bus, store_at(journal_url))
    await rig.open()
    try:
        await rig.send(seen(BASE, 1.0))
        await rig.work(BASE + 60)
        (key,) = [schema.key_of(int(BASE // HOUR), series.id) for series in await rig.store.all_series()]
        await rig.store.put({schema.raw: {key: b"nonsense"}})
        await rig.work(BASE + HOUR + 301)
        assert await rig.points() == [(0.0, 1.0)]
    finally:
        await rig.store.close()
