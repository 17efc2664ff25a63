"""Rows that the journal had and has no more are found, counted and told, until a person accepts it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from feeds.bus import Bus
from feeds.journal import Journal, sqlite_url
from feeds.journal.heads import Gap
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
    """Entries with a document each, one transaction after the other."""
    for number in range(entries):
        async with journal.begin() as tx:
            seq = await tx.append(kind="audit", name="note", subject=str(number), at=time.time())
            await tx.put("note", f"{number}-{seq}", {"seq": seq}, seq=seq)


async def fill(data: Path, bus: Bus | None = None) -> None:
    """A journal whose heads are kept, with its write-ahead log as a kill leaves it."""
    async with opened(data) as journal:
        await write(journal, ENTRIES)
        await JournalWatch(journal, data, bus, keeps=True).look(count=True)
        files = {file: file.read_bytes() for file in data.glob("journal.sqlite3*") if not file.name.endswith("-shm")}
    for file, content in files.items():
        file.write_bytes(content)


async def gaps(data: Path, bus: Bus | None = None, *, keeps: bool = True) -> list[Gap]:
    """What is missing, as a role finds it that has just been started."""
    async with opened(data) as journal:
        watch = JournalWatch(journal, data, bus, keeps=keeps)
        await watch.look()
        return watch.gaps


async def count(data: Path) -> int:
    async with opened(data) as journal:
        return await journal.count()


async def test_a_whole_journal_misses_nothing_and_its_heads_follow_it(tmp_path: Path) -> None:
    await fill(tmp_path)
    async with opened(tmp_path) as journal:
        watch = JournalWatch(journal, tmp_path, None, keeps=True)
        await watch.look()
        await write(journal, 5)
        await watch.look()
        assert watch.gaps == []
    kept = await journal_watch.load(tmp_path / "run" / journal_watch.FILE, None)
    assert kept is not None
    assert kept.entries == ENTRIES + 5


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9])
async def test_entries_lost_with_a_damaged_write_ahead_log_are_told_by_number(tmp_path: Path, place: float) -> None:
    await fill(tmp_path)
    wal = tmp_path / "journal.sqlite3-wal"
    content = bytearray(wal.read_bytes())
    at = int(len(content) * place)
    content[at : at + 64] = bytes(byte ^ 0xFF for byte in content[at : at + 64])
    wal.write_bytes(content)
    left = await count(tmp_path)
    assert left < ENTRIES
    assert await gaps(tmp_path) == [Gap(chain="test", first=left + 1, last=ENTRIES)]


async def test_an_emptied_journal_is_told_and_stays_told_while_it_goes_on(tmp_path: Path) -> None:
    await fill(tmp_path)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    lost = [Gap(chain="test", first=1, last=ENTRIES)]
    assert await gaps(tmp_path) == lost
    async with opened(tmp_path) as journal:
        await write(journal, ENTRIES + 3)
    assert await gaps(tmp_path) == lost
    assert "1–60" in journal_watch.words(lost, "en")
    assert "60 条" in journal_watch.words(lost, "zh-CN")


async def test_the_end_of_a_tail_that_was_lost_does_not_move_when_the_journal_goes_on(tmp_path: Path) -> None:
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
    assert "7 documents" in journal_watch.words([gap], "en")


@pytest.mark.parametrize("content", [None, b"", b"{"])
async def test_the_other_store_knows_the_heads_when_the_file_is_gone_or_damaged(
    tmp_path: Path, bus: Bus, content: bytes | None
) -> None:
    await fill(tmp_path, bus)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    heads = tmp_path / "run" / journal_watch.FILE
    heads.unlink() if content is None else heads.write_bytes(content)
    assert await gaps(tmp_path, bus) == [Gap(chain="test", first=1, last=ENTRIES)]


async def test_a_person_accepts_a_loss_once_for_both_records_and_the_journal_says_so(tmp_path: Path, bus: Bus) -> None:
    await fill(tmp_path, bus)
    for file in tmp_path.glob("journal.sqlite3*"):
        file.unlink()
    lost = await gaps(tmp_path, bus)
    async with opened(tmp_path) as journal:
        assert await journal_watch.accept(journal, tmp_path, None, by="admin1") == lost
        (entry,) = await journal.entries(kind="audit")
    assert (entry.name, entry.actor) == ("journal-accepted", "admin1")
    assert entry.body["missing"] == [{"chain": "test", "first": 1, "last": ENTRIES}]
    assert await gaps(tmp_path, bus) == []  # the bus still has the heads of before


async def test_a_role_that_only_looks_keeps_no_heads(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await write(journal, 1)
        await JournalWatch(journal, tmp_path, None).look()
    assert not (tmp_path / "run").exists()


async def test_a_journal_whose_file_is_removed_or_replaced_under_it_ends_the_role(
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
