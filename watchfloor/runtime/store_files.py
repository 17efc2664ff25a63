"""Detection of damaged, emptied and replaced store files: their structure, and the lives of history and cases.

Each store file gets a random name, its life, when it is created (feeds.journal.companions). The journal records these
lives, so that an emptied, removed or replaced file is distinguished from a new one. SQLite's own check finds pages that
are damaged or cut off. Stores in PostgreSQL have no files.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

from feeds.journal import Journal
from feeds.journal.companions import LIFE

log = logging.getLogger(__name__)

CURSOR = "store-lives"
"""Cursor of the journal that holds the life of each store."""
LIVES = {"history": "history_mark", "cases": "case_mark"}
"""Stores that have a life, and the table that holds it."""
STORES = ("journal", "intake", *LIVES)
LARGEST = 1 << 30
"""Size in bytes of the largest file whose structure is checked."""
CHECK_FIRST, CHECK_DAMAGED_EVERY = 2.0, 30.0
"""Seconds until a small file's structure is first checked, so that no start waits for it; and between two checks of a
damaged file."""
SMALL = 32 << 20
"""Size in bytes of a file whose first check waits twice as long, because it competes with the start of a large site."""
CHECK_EVERY = (30.0, 3600.0)
"""Shortest and longest time between two checks of a whole file, seconds."""
SHARE = 0.001
"""Share of the time that the check of one whole file may take; what it took decides when the next one is due."""
REPLACED, DAMAGED = "replaced", "damaged"
NAMES = {
    "zh-CN": {"journal": "台账", "intake": "接收库", "history": "指标历史库", "cases": "审批案件库"},
    "en": {"journal": "journal", "intake": "intake", "history": "metric history", "cases": "store of cases"},
}
MESSAGES = {
    "zh-CN": {
        REPLACED: "{store}被清空、删除或替换，此前的数据缺失。请从备份恢复，或用 watchfloor journal accept 确认。",
        DAMAGED: "{store}的文件损坏，部分数据无法读取。请停止站点，移走该文件并从备份恢复。",
    },
    "en": {
        REPLACED: "The {store} was emptied, removed or replaced, and what it held is missing. Restore a backup, or "
        "accept it: watchfloor journal accept.",
        DAMAGED: "The file of the {store} is damaged, and part of it cannot be read. Stop the site, move the file "
        "away, and restore a backup.",
    },
}


class StoreFiles:
    """Compares the store files beside a SQLite journal. `faults` holds REPLACED or DAMAGED by store."""

    def __init__(self, journal: Journal) -> None:
        self.faults: dict[str, str] = {}
        self._journal = journal
        self._due: dict[str, float] = {}
        self._damaged: set[str] = set()

    def message(self, language: str) -> str:
        """Tell people what is wrong and how to proceed; "" when nothing is."""
        texts, names = MESSAGES[language], NAMES[language]
        return " ".join(texts[fault].format(store=names[store]) for store, fault in self.faults.items())

    def is_due(self, at: float) -> bool:
        """True when the structure of a file is due to be checked at that time of the event loop."""
        return any(at >= due for due in self._due.values())

    async def compare(self, *, updates_record: bool) -> None:
        """Check once. With `updates_record` the journal learns of stores that it has not seen. Raises JournalError."""
        if not self._journal.store.is_sqlite:
            return
        files = {store: Path(self._journal.store.file).with_name(f"{store}.sqlite3") for store in STORES}
        await self._check_structure(files)
        faults = dict.fromkeys(sorted(self._damaged), DAMAGED)
        self._note({store: fault for store, fault in self.faults.items() if fault == REPLACED} | faults)
        recorded = await self._journal.cursor(CURSOR) or {}
        lives = await asyncio.to_thread(read_lives, files)
        for store, life in lives.items():
            if store not in faults and life is not None and life != recorded.get(store, life):
                faults[store] = REPLACED
        self._note(faults)
        fresh = {store: life for store, life in lives.items() if life and store not in recorded}
        if updates_record and fresh:
            async with self._journal.begin() as tx:
                await tx.set_cursor(CURSOR, recorded | fresh)

    def _note(self, faults: dict[str, str]) -> None:
        if faults == self.faults:
            return
        self.faults = faults
        if faults:
            log.error("%s", self.message("en"))
        else:
            log.info("the files of all stores are whole again")

    async def _check_structure(self, files: dict[str, Path]) -> None:
        """Check the structure of the files that are due."""
        for store, file in files.items():
            at = asyncio.get_running_loop().time()
            if store not in self._due:
                self._due[store] = at + CHECK_FIRST * (1 + size_of(file) / SMALL)
            if at < self._due[store]:
                continue
            whole = await asyncio.to_thread(is_whole, file)
            took = asyncio.get_running_loop().time() - at
            (self._damaged.discard if whole else self._damaged.add)(store)
            self._due[store] = at + (pause_after(took) if whole else CHECK_DAMAGED_EVERY)


def pause_after(took: float) -> float:
    """Seconds from a check of a whole file that took `took` seconds to the next: small files are checked often."""
    return min(max(took / SHARE, CHECK_EVERY[0]), CHECK_EVERY[1])


def size_of(file: Path) -> int:
    """The size of a file in bytes, 0 when it cannot be told."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def is_whole(file: Path) -> bool:
    """True unless SQLite finds damage; also for a file that is absent, empty, locked or larger than LARGEST."""
    try:
        if not 0 < file.stat().st_size <= LARGEST:
            return True
        with closing(_connect(file)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.OperationalError as error:
        log.debug("%s cannot be checked now: %s", file, error)
        return True
    except sqlite3.DatabaseError:
        return False
    except OSError:
        return True


def read_lives(files: dict[str, Path]) -> dict[str, str | None]:
    """The life of each store: "" when the file is absent or has none, None when it cannot be read now."""
    return {store: _life(files[store], table) for store, table in LIVES.items()}


def _life(file: Path, table: str) -> str | None:
    try:
        if not file.exists() or not file.stat().st_size:
            return ""
        with closing(_connect(file)) as connection:
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                return ""
            row = connection.execute(f"SELECT value FROM {table} WHERE name = ?", (LIFE,)).fetchone()
            return str(row[0]) if row else ""
    except (sqlite3.Error, OSError) as error:
        log.debug("%s cannot be read now: %s", file, error)
        return None


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=1.0)


async def accept(journal: Journal) -> list[str]:
    """Record the present lives. Returns the replaced stores, for the audit entry that the caller writes."""
    recorded = await journal.cursor(CURSOR) or {}
    if not journal.store.is_sqlite or not recorded:
        return []
    files = {store: Path(journal.store.file).with_name(f"{store}.sqlite3") for store in STORES}
    lives = await asyncio.to_thread(read_lives, files)
    replaced = [store for store, life in recorded.items() if lives.get(store) != life]
    if replaced:
        async with journal.begin() as tx:
            await tx.set_cursor(CURSOR, {store: life for store, life in lives.items() if life})
    return replaced


async def forget(journal: Journal) -> None:
    """Delete the recorded lives, after a restore has filled the stores."""
    if await journal.cursor(CURSOR):
        async with journal.begin() as tx:
            await tx.set_cursor(CURSOR, {})
