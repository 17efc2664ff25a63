"""The growth of the stores, the days that are left, and the disk as a source."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feeds import disk
from feeds.disk import Space
from watchfloor.runtime import disk_source
from watchfloor.runtime.disk_watch import DiskWatch, Growth, days_left

HOUR = 3600.0


def with_space(monkeypatch: pytest.MonkeyPatch, *, total: int, free: int) -> None:
    """Let every disk have this room; what is written is written to the real one."""
    monkeypatch.setattr(disk, "space", lambda _folder: Space(total=total, free=free))


@pytest.mark.parametrize(
    ("free", "state"), [(100, "ok"), (10, "ok"), (9.9, "low"), (2.1, "low"), (1.9, "full"), (0, "full")]
)
def test_people_are_warned_below_ten_percent_and_told_when_it_is_full(free: float, state: str) -> None:
    assert Space(total=1_000_000_000, free=int(free * 10_000_000)).state == state


def test_growth_is_foretold_from_an_hour_on_and_survives_a_restart(tmp_path: Path) -> None:
    growth = Growth(tmp_path / "growth.json")
    growth.record(0.0, {"journal": 1_000})
    assert growth.per_day(HOUR / 2, {"journal": 2_000}) == {"journal": None}
    again = Growth(tmp_path / "growth.json")
    assert again.per_day(12 * HOUR, {"journal": 2_000, "history": 5}) == {"journal": 2_000.0, "history": 0.0}


def test_samples_from_before_the_clock_was_set_back_are_dropped(tmp_path: Path) -> None:
    growth = Growth(tmp_path / "growth.json")
    growth.record(100 * HOUR, {"journal": 1_000})
    growth.record(0.0, {"journal": 1_000})
    assert growth.samples == [(0.0, {"journal": 1_000})]


def test_what_shrinks_gives_no_days_back() -> None:
    assert days_left(900, [100.0, -1_000.0, None]) == 9.0
    assert days_left(900, [-1.0, None]) is None


def test_the_reserve_is_freed_on_a_full_disk_and_taken_again_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    reserve, watch = tmp_path / "run" / "reserve", DiskWatch(tmp_path)
    with_space(monkeypatch, total=100_000_000, free=50_000_000)
    assert not watch.check()
    assert os.stat(reserve).st_blocks * 512 >= 1_000_000
    with_space(monkeypatch, total=100_000_000, free=1_000_000)
    assert watch.check()
    assert not reserve.exists()
    with_space(monkeypatch, total=100_000_000, free=5_000_000)
    watch.check()
    assert not reserve.exists()
    with_space(monkeypatch, total=100_000_000, free=50_000_000)
    watch.check()
    assert reserve.exists()


def test_every_store_is_weighed(tmp_path: Path) -> None:
    for name, size in {
        "journal.sqlite3": 10,
        "journal.sqlite3-wal": 5,
        "valkey/aof/a.aof": 7,
        "run/valkey.log": 3,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * size)
    (tmp_path / "journal.sqlite3.before-migration-0001").write_bytes(b"x" * 4)
    (tmp_path / "note").write_bytes(b"xx")
    sizes = disk.sizes(tmp_path)
    assert sizes == {"journal": 19, "history": 0, "intake": 0, "valkey": 7, "logs": 3, "reserve": 0, "other": 2}


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_disk_that_is_low_is_a_failing_source_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    with_space(monkeypatch, total=1_000_000_000, free=50_000_000)
    beat = disk_source.disk_heartbeat(tmp_path, language, 5.0, 10.0)
    assert beat is not None
    assert (beat.source, beat.ok, beat.at) == ("role.disk", False, 5.0)
    assert "50.0 MB" in beat.error
    with_space(monkeypatch, total=1_000_000_000, free=500_000_000)
    beat = disk_source.disk_heartbeat(tmp_path, language, 5.0, 10.0)
    assert beat is not None
    assert (beat.ok, beat.error, beat.stats["free_percent"]) == (True, "", 50.0)
