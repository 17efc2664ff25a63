"""Store files that were emptied, removed, replaced or damaged are told by name until a person accepts or restores."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from feeds.cases.store import CaseStore, cases_url
from feeds.history.store import HistoryStore, history_url
from feeds.journal import Intake, Journal, intake_url, sqlite_url
from tests.damage import PLACES, damage
from watchfloor.runtime import journal_watch, store_files
from watchfloor.runtime.journal_watch import JournalWatch
from watchfloor.runtime.store_files import DAMAGED, LIVES, REPLACED, STORES, StoreFiles, is_whole


async def make_stores(data: Path) -> None:
    """Create all stores beside the journal, as the roles do at their start."""
    url = sqlite_url(data)
    for store in (
        HistoryStore(history_url(url), "test"),
        CaseStore(cases_url(url), "test"),
        Intake(intake_url(url), "test"),
    ):
        await store.open()
        await store.close()


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    opened = Journal(sqlite_url(tmp_path), "test")
    await opened.open()
    await make_stores(tmp_path)
    yield opened
    await opened.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_files, "CHECK_FIRST", 0.0)
    monkeypatch.setattr(store_files, "CHECK_DAMAGED_EVERY", 0.0)


async def faults(journal: Journal, *, updates_record: bool = True) -> dict[str, str]:
    """The faults that a newly started role reports."""
    watch = StoreFiles(journal)
    await watch.compare(updates_record=updates_record)
    return watch.faults


def remove(data: Path, store: str) -> None:
    for file in data.glob(f"{store}.sqlite3*"):
        file.unlink()


def empty(data: Path, store: str) -> None:
    for file in data.glob(f"{store}.sqlite3*"):
        file.write_bytes(b"")


@pytest.mark.parametrize("vanish", [remove, empty])
@pytest.mark.parametrize("store", LIVES)
async def test_a_store_that_vanished_is_told_also_after_its_role_has_made_it_anew(
    journal: Journal, tmp_path: Path, store: str, vanish: Callable[[Path, str], None]
) -> None:
    assert await faults(journal) == {}
    before = tmp_path / "before"
    shutil.copy(tmp_path / f"{store}.sqlite3", before)
    vanish(tmp_path, store)
    assert await faults(journal) == {store: REPLACED}
    await make_stores(tmp_path)
    assert await faults(journal) == {store: REPLACED}
    assert await faults(journal) == {store: REPLACED}, "it is not recorded as seen"
    shutil.copy(before, tmp_path / f"{store}.sqlite3")
    assert await faults(journal) == {}


async def test_a_person_accepts_a_replaced_store_once_and_an_entry_names_both(journal: Journal, tmp_path: Path) -> None:
    await faults(journal)
    remove(tmp_path, "history")
    await make_stores(tmp_path)
    assert await journal_watch.accept(journal, tmp_path, None, by="admin1") == ([], [], ["history"])
    (entry,) = await journal.entries(kind="audit")
    assert (entry.name, entry.actor, entry.body["stores"]) == ("journal-accepted", "admin1", ["history"])
    assert await faults(journal) == {}
    assert await journal_watch.accept(journal, tmp_path, None, by="admin1") == ([], [], [])


async def test_a_restore_begins_with_the_stores_that_it_filled(journal: Journal, tmp_path: Path) -> None:
    await faults(journal)
    remove(tmp_path, "history")
    await make_stores(tmp_path)
    await journal_watch.reset(journal, tmp_path)
    assert await faults(journal) == {}
    remove(tmp_path, "history")
    assert await faults(journal) == {"history": REPLACED}


async def test_a_role_that_only_compares_records_nothing(journal: Journal) -> None:
    await faults(journal, updates_record=False)
    assert await journal.cursor(store_files.CURSOR) is None


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("store", STORES)
async def test_damage_of_a_store_is_found_wherever_it_is(tmp_path: Path, store: str, place: str) -> None:
    journal = Journal(sqlite_url(tmp_path), "test")
    await journal.open()
    await journal.close()
    await make_stores(tmp_path)
    file = tmp_path / f"{store}.sqlite3"
    assert is_whole(file)
    damage(file, place)
    assert not is_whole(file)


def test_a_small_file_is_checked_often_and_a_large_one_at_least_hourly() -> None:
    assert [store_files.pause_after(took) for took in (0.0, 0.01, 0.5, 10.0)] == [30.0, 30.0, 500.0, 3600.0]


async def test_damage_is_told_in_both_languages_and_ends_with_the_mended_file(journal: Journal, tmp_path: Path) -> None:
    file, watch = tmp_path / "history.sqlite3", JournalWatch(journal, tmp_path, None, updates_record=True)
    whole = file.read_bytes()
    await watch.compare_if_possible()
    damage(file, "tail")
    again = JournalWatch(journal, tmp_path, None, updates_record=True)
    await again.compare_if_possible()
    assert again._files.faults == {"history": DAMAGED}
    assert "指标历史库" in again.message("zh-CN")
    assert "metric history is damaged" in again.message("en")
    file.write_bytes(whole)
    await again.compare_if_possible()
    assert again.message("en") == ""


async def test_damage_that_changes_no_time_of_a_file_is_found_when_its_structure_is_due(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_files, "CHECK_EVERY", (0.0, 0.0))
    watch = JournalWatch(journal, tmp_path, None)
    for _ in range(2):  # the first one leaves files of its own
        await watch.compare_if_changed()
    assert watch._compared == watch._file_stamps(), "what compares changes no file"
    file = tmp_path / "history.sqlite3"
    before = file.stat()
    damage(file, "middle")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    await watch.compare_if_changed()
    assert watch._files.faults == {"history": DAMAGED}
