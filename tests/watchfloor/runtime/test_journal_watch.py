"""Lost journal entries are detected, counted and reported until a person accepts the loss."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from feeds.bus import Bus
from feeds.journal import Journal, JournalLost, sqlite_url
from feeds.journal.heads import Gap, Heads
from watchfloor.runtime import journal_watch
from watchfloor.runtime.journal_watch import JournalReplaced, JournalWatch

ENTRIES = 60


@asynccontextmanager
async def opened(data: Path) -> AsyncIterator[Journal]:
    journal = Journal(sqlite_url(data), "test")
    await journal.open()
    yield journal
    await journal.close()


async def write(journal: Journal, entries: int) -> None:
    """Append entries with one document each, in one transaction each."""
    for number in range(entries):
        async with journal.begin() as tx:
            seq = await tx.append(kind="audit", name="note", subject=str(number), at=time.time())
            await tx.put("note", f"{number}-{seq}", {"seq": seq}, seq=seq)


async def fill(data: Path, bus: Bus | None = None) -> None:
    """Write a journal with recorded heads. Leave its write-ahead log as a killed process would."""
    async with opened(data) as journal:
        await write(journal, ENTRIES)
        await JournalWatch(journal, data, bus, updates_record=True).compare(count=True)
        files = {file: file.read_bytes() for file in data.glob("journal.sqlite3*") if not file.name.endswith("-shm")}
    for file, content in files.items():
        file.write_bytes(content)


async def gaps(data: Path, bus: Bus | None = None, *, updates_record: bool = True) -> list[Gap]:
    """Return the gaps that a newly started role detects."""
    async with opened(data) as journal:
        watch = JournalWatch(journal, data, bus, updates_record=updates_record)
        await watch.compare()
        return watch.gaps


async def count(data: Path) -> int:
    async with opened(data) as journal:
        return await journal.count()


async def test_an_intact_journal_has_no_gaps_and_its_record_is_updated(tmp_path: Path) -> None:
    await fill(tmp_path)
    async with opened(tmp_path) as journal:
        watch = JournalWatch(journal, tmp_path, None, updates_record=True)
        await watch.compare()
        await write(journal, 5)
        await watch.compare()
        assert watch.gaps == []
        recorded = await journal_watch.load(tmp_path / "run" / journal_watch.FILE, None, journal)
    assert recorded is not None
    assert recorded.entries == ENTRIES + 5


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
async def test_entries_lost_with_a_damaged_write_ahead_log_are_reported_by_number(tmp_path: Path, place: float) -> None:
    await fill(tmp_path)
    wal = tmp_path / "journal.sqlite3-wal"
    content = bytearray(wal.read_bytes())
    at = int(len(content) * place)
    content[at : at + 64] = bytes(byte ^ 0xFF for byte in content[at : at + 64])
    wal.write_bytes(content)
    left = await count(tmp_path)
    assert left < ENTRIES
    assert await gaps(tmp_path) == [Gap(chain="test", first=left + 1, last=ENTRIES)]


async def test_an_emptied_journal_is_reported_and_stays_reported_after_new_entries(tmp_path: Path) -> None:
    await fill(tmp_path)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    lost = [Gap(chain="test", first=1, last=ENTRIES)]
    assert await gaps(tmp_path) == lost
    async with opened(tmp_path) as journal:
        await write(journal, ENTRIES + 3)
    assert await gaps(tmp_path) == lost
    assert "1–60" in journal_watch.message(lost, "en")
    assert "60 条" in journal_watch.message(lost, "zh-CN")


async def test_the_gap_of_a_lost_tail_does_not_change_with_new_entries(tmp_path: Path) -> None:
    await fill(tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as damage, damage:
        damage.execute("DELETE FROM entry WHERE chain_seq > 40")
    assert await gaps(tmp_path) == [Gap(chain="test", first=41, last=ENTRIES)]
    async with opened(tmp_path) as journal:
        await write(journal, 5)
    assert await gaps(tmp_path) == [Gap(chain="test", first=41, last=ENTRIES)]


async def test_documents_that_vanish_without_an_entry_are_counted(tmp_path: Path) -> None:
    await fill(tmp_path)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as damage, damage:
        damage.execute("DELETE FROM doc WHERE seq <= 7")
    (gap,) = await gaps(tmp_path)
    assert (gap.chain, gap.rows) == ("", 7)
    assert "7 documents" in journal_watch.message([gap], "en")


@pytest.mark.parametrize("content", [None, b"", b"{"])
async def test_redis_has_the_record_when_the_file_is_missing_or_damaged(
    tmp_path: Path, bus: Bus, content: bytes | None
) -> None:
    await fill(tmp_path, bus)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    heads = tmp_path / "run" / journal_watch.FILE
    heads.unlink() if content is None else heads.write_bytes(content)
    assert await gaps(tmp_path, bus) == [Gap(chain="test", first=1, last=ENTRIES)]


async def test_accepting_a_loss_once_counts_for_both_records_and_is_audited(tmp_path: Path, bus: Bus) -> None:
    await fill(tmp_path, bus)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    lost = await gaps(tmp_path, bus)
    async with opened(tmp_path) as journal:
        assert await journal_watch.accept(journal, tmp_path, None, by="admin1") == (lost, [], [])
        (entry,) = await journal.entries(kind="audit")
    assert (entry.name, entry.actor) == ("journal-accepted", "admin1")
    assert entry.body["missing"] == [{"chain": "test", "first": 1, "last": ENTRIES}]
    assert await gaps(tmp_path, bus) == []  # Redis still has the previous record


async def test_a_watch_that_only_compares_writes_no_record(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await write(journal, 1)
        await JournalWatch(journal, tmp_path, None).compare()
    assert not (tmp_path / "run").exists()


async def test_a_journal_file_that_is_moved_while_open_raises_journal_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_watch, "TICK", 0.01)
    async with opened(tmp_path) as journal:
        task = asyncio.create_task(journal_watch.until_replaced(journal))
        await asyncio.sleep(0.05)
        assert not task.done()
        (tmp_path / "journal.sqlite3").rename(tmp_path / "moved")
        with pytest.raises(JournalReplaced):
            await task


async def test_nothing_is_compared_while_neither_a_store_nor_the_record_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(tmp_path)
    comparisons = 0
    compare = JournalWatch.compare

    async def counted(self: JournalWatch, *, count: bool = False) -> None:
        nonlocal comparisons
        comparisons += 1
        await compare(self, count=count)

    monkeypatch.setattr(JournalWatch, "compare", counted)
    async with opened(tmp_path) as journal:
        watch = JournalWatch(journal, tmp_path, None, updates_record=True)
        await watch.compare_if_changed()
        await watch.compare_if_changed()  # the first one has written the record
        before = comparisons
        await watch.compare_if_changed()
        assert comparisons == before
        await write(journal, 1)
        await watch.compare_if_changed()
        assert comparisons == before + 1
        (tmp_path / "run" / journal_watch.FILE).unlink()
        await watch.compare_if_changed()
        assert comparisons == before + 2
        assert (tmp_path / "run" / journal_watch.FILE).is_file()


async def test_a_comparison_that_failed_is_made_again_though_no_file_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(tmp_path)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    load, refusals = journal_watch.load, [JournalLost("database is locked")]

    async def load_later(path: Path, bus: Bus | None, journal: Journal) -> Heads | None:
        if refusals:
            raise refusals.pop()
        return await load(path, bus, journal)

    monkeypatch.setattr(journal_watch, "load", load_later)
    async with opened(tmp_path) as journal:
        watch = JournalWatch(journal, tmp_path, None)
        await watch.compare_if_changed()
        assert watch.gaps == []
        await watch.compare_if_changed()
        assert watch.gaps[0] == Gap(chain="test", first=1, last=ENTRIES)
