"""Detection of lost journal entries: the heads of the journal's chains, recorded outside the journal and compared.

The record of heads stands in two places; `feeds.journal.heads.latest` chooses between them:

    data/run/journal-heads.json
    Redis: the hash of the engine `journal`, field `journal-heads`

The role `alert` updates the record every TICK seconds and when it ends. The web role only compares. Both state the
heads of all other chains in their own chain (an anchor) once an hour and when they end. While entries are missing the
record is not advanced. It is replaced by a restore or by `watchfloor journal accept`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from feeds import state_file
from feeds.bus import Bus, BusError
from feeds.clock import now
from feeds.fencing import Fenced
from feeds.journal import ChainFault, Journal, JournalError, Keyring, heads, seals
from feeds.journal.chains import MOST
from feeds.journal.heads import Gap, Heads
from watchfloor.runtime import store_files
from watchfloor.runtime.store_files import StoreFiles

log = logging.getLogger(__name__)

FILE = "journal-heads.json"
TICK = 5.0
"""Seconds between two comparisons. The loss of entries written since the last one is not detected."""
ANCHOR_EVERY = 3600.0
"""Seconds between two anchors, when other chains have grown meanwhile."""
COUNT_EVERY = 60.0
"""Seconds between two counts of the documents."""
FIELD = "journal-heads"
"""Field of the Redis hash that holds the record."""
MESSAGES = {
    "zh-CN": "台账不完整，缺失：{gaps}。请从备份恢复，或用 watchfloor journal accept 确认。",
    "en": "The journal is not whole. Missing: {gaps}. Restore a backup, or accept it: watchfloor journal accept.",
}
GAP_TEXTS = {
    "zh-CN": ("{chain} 的第 {first}–{last} 条记录（{rows} 条）", "{rows} 份文档"),
    "en": ("entries {first}–{last} of {chain} ({rows})", "{rows} documents"),
}


class Accepted(NamedTuple):
    """Findings that a person has accepted: missing entries, faults of chains, and stores of another life."""

    gaps: list[Gap]
    faults: list[ChainFault]
    stores: list[str]


class JournalReplaced(Exception):
    """A store's file was removed or replaced while it was open. Further writes to it would be lost."""


class JournalWatch:
    """Compares the journal with its recorded heads. With `updates_record` it also updates the record.

    `gaps` holds the missing entries and documents of the last comparison.
    """

    def __init__(self, journal: Journal, data: Path, bus: Bus | None, *, updates_record: bool = False) -> None:
        self.gaps: list[Gap] = []
        self._journal, self._path, self._bus = journal, data / "run" / FILE, bus
        self._updates_record = updates_record
        self._counted = float("-inf")
        self._anchored: float | None = None
        self._compared: list[tuple[int, int, int]] | None = None
        self._compared_at = float("-inf")
        self._anchor: dict[str, Any] = {}
        self._files = StoreFiles(journal)

    def message(self, language: str) -> str:
        """Tell people what is missing or damaged and how to proceed; "" while nothing is."""
        return " ".join(filter(None, (message(self.gaps, language), self._files.message(language))))

    async def run(self) -> None:
        """Compare every TICK seconds until cancelled, and once more at the end. Close the bus."""
        try:
            while True:
                await self.compare_if_changed()
                await asyncio.sleep(TICK)
        finally:
            with suppress(Fenced):  # another copy of the role updates the record from now on
                await self.compare_if_possible(last=True)
            if self._bus is not None:
                await self._bus.close()

    async def compare_if_changed(self) -> None:
        """Compare when a file of the stores or the record has changed since the last time, and every COUNT_EVERY s.

        Also when the structure of a file is due to be checked, and again after a comparison that failed. A comparison
        reads a dozen rows, in two roles of a site where nothing happens.
        """
        at, files = asyncio.get_running_loop().time(), self._file_stamps()
        is_due = at - self._compared_at >= COUNT_EVERY or self._files.is_due(at)
        if files is None or files != self._compared or self.gaps or is_due:
            succeeded = await self.compare_if_possible()
            self._compared, self._compared_at = files if succeeded else None, at

    def _file_stamps(self) -> list[tuple[int, int, int]] | None:
        """Inode, size and time of change of each store's files and of the record; None for PostgreSQL.

        Without the index of a write-ahead log (`-shm`): a reader alone changes it.
        """
        if not self._journal.store.is_sqlite:
            return None
        folder = Path(self._journal.store.file).parent
        stores = sorted((*folder.glob("*.sqlite3"), *folder.glob("*.sqlite3-wal")))
        stamps = []
        for file in (*stores, self._path):
            try:
                status = os.stat(file)
            except OSError:
                stamps.append((0, 0, 0))
            else:
                stamps.append((status.st_ino, status.st_size, status.st_mtime_ns))
        return stamps

    async def compare_if_possible(self, *, last: bool = False) -> bool:
        """Like `compare()`, but log errors at debug level: other checks report a store that is down.

        Returns True when nothing failed.
        """
        succeeded = True
        try:
            await self.compare(count=last)
            if self._journal.keyring is not None and (last or self._anchor_is_due()):
                self._anchor = await heads.anchor(self._journal, self._anchor)
        except (JournalError, BusError, OSError) as error:
            log.debug("cannot compare the journal with its recorded heads: %s", error)
            succeeded = False
        try:
            await self._files.compare(updates_record=self._updates_record)
        except JournalError as error:
            log.debug("cannot compare the lives of the stores with the journal: %s", error)
            succeeded = False
        return succeeded

    def _anchor_is_due(self) -> bool:
        at = asyncio.get_running_loop().time()
        is_due = self._anchored is not None and at - self._anchored >= ANCHOR_EVERY
        if is_due or self._anchored is None:
            self._anchored = at
        return is_due

    async def compare(self, *, count: bool = False) -> None:
        """Compare once, and update the record when nothing is missing. With `count`, count the documents now.

        Raises JournalError and OSError.
        """
        recorded = await load(self._path, self._bus, self._journal)
        gaps = await heads.missing(self._journal, recorded) if recorded is not None else []
        if gaps and gaps != self.gaps:
            log.error("%s", message(gaps, "en"))
        elif self.gaps and not gaps:
            log.info("no journal entries are missing any more")
        self.gaps = gaps
        if self._updates_record and not gaps:
            await self._update(recorded, count)
        elif self._updates_record and recorded is not None and not recorded.gaps:
            await save(self._path, self._bus, replace(recorded, gaps=tuple(gaps)), self._journal.keyring)

    async def _update(self, recorded: Heads | None, count: bool) -> None:
        """Record the current heads if they changed. Keep the last count of documents unless it is due."""
        monotonic = asyncio.get_running_loop().time()
        count = count or monotonic - self._counted >= COUNT_EVERY
        current = await heads.read(self._journal, epoch=recorded.epoch if recorded else 0, count=count)
        if count:
            self._counted = monotonic
        elif recorded is not None:
            if current.chains == recorded.chains:
                return
            current = replace(current, documents=recorded.documents, counted_at=recorded.counted_at)
        await save(self._path, self._bus, current, self._journal.keyring)


def message(gaps: list[Gap], language: str) -> str:
    """Tell people which entries are missing and how to proceed; "" when `gaps` is empty."""
    if not gaps:
        return ""
    rows, documents = GAP_TEXTS[language]
    parts = [
        (rows if gap.chain else documents).format(chain=gap.chain, first=gap.first, last=gap.last, rows=gap.rows)
        for gap in gaps
    ]
    return MESSAGES[language].format(gaps=", ".join(parts))


async def load(path: Path, bus: Bus | None, journal: Journal) -> Heads | None:
    """Load the record with the highest epoch, then most entries, from file and bus. None if neither is valid.

    A record must be signed when the journal is sealed. Raises JournalError.
    """
    unsigned = await journal.cursor(seals.NAME) is None
    parse = partial(heads.parse, keyring=journal.keyring, unsigned=unsigned)
    in_file = await asyncio.to_thread(state_file.read_json, path, parse)
    if bus is None:
        return in_file
    in_bus = None
    with suppress(BusError, KeyError, TypeError, ValueError):
        async with bus.pipeline() as pipe:
            pipe.hget(bus.keys.engine("journal"), FIELD)
            (body,) = await pipe.execute()
        in_bus = parse(json.loads(body)) if body else None
    return heads.latest(in_file, in_bus)


async def save(path: Path, bus: Bus | None, current: Heads, keyring: Keyring | None) -> None:
    """Write the record to the file and to the bus. Raises OSError.

    A bus that is down receives the record with the next change.
    """
    record = current.record(keyring)
    await asyncio.to_thread(state_file.write_json, path, record)
    if bus is not None:
        with suppress(BusError):
            await bus.write([("HSET", bus.keys.engine("journal"), FIELD, json.dumps(record))])


async def accept(journal: Journal, data: Path, bus: Bus | None, *, by: str) -> Accepted:
    """Accept the loss of the missing entries, the faults that `verify` finds, and replaced stores. Return them.

    The journal gets an audit entry with the actor `by`, the gaps, the faults and the stores, and is sealed as it is.
    The record starts a new epoch.
    """
    path = data / "run" / FILE
    recorded = await load(path, bus, journal)
    gaps = await heads.missing(journal, recorded) if recorded is not None else []
    faults, stores = await journal.verify(), await store_files.accept(journal)
    if not gaps and not faults and not stores:
        return Accepted([], [], [])
    lost = [{"chain": gap.chain, "first": gap.first, "last": gap.last} for gap in gaps]
    async with journal.begin() as tx:
        body = {"missing": lost, "faults": accepted(faults)} | ({"stores": stores} if stores else {})
        await tx.append(kind="audit", name="journal-accepted", subject="journal", at=now(), actor=by, body=body)
        tx.reseal()
    epoch = recorded.epoch + 1 if recorded is not None else 1
    await save(path, bus, await heads.read(journal, epoch=epoch), journal.keyring)
    return Accepted(gaps, faults, stores)


def accepted(faults: Sequence[ChainFault]) -> list[list[str | int]]:
    """Faults as [chain, number, text], as the accepting audit entry lists them (feeds.journal.chains)."""
    return [[fault.chain, fault.chain_seq, fault.what] for fault in faults[:MOST]]


async def reset(journal: Journal, data: Path) -> None:
    """Record the heads of a restored journal in a new epoch, without comparing."""
    path = data / "run" / FILE
    recorded = await load(path, None, journal)
    await store_files.forget(journal)
    epoch = recorded.epoch + 1 if recorded else 1
    await save(path, None, await heads.read(journal, epoch=epoch), journal.keyring)


COMPANIONS = {
    "project": ("history",),
    "alert": ("intake",),
    "command": ("intake",),
    "approvals": ("cases", "intake"),
    "web": ("history", "cases", "intake"),
}
"""The stores beside the journal that a role keeps open."""


async def until_replaced(journal: Journal, role: str = "") -> None:
    """Raise JournalReplaced as soon as a SQLite file that the role holds is not the open one any more. Never return.

    A file that was emptied counts as replaced: whoever still holds it locks out those who start on it anew.
    """
    names = ("journal", *COMPANIONS.get(role, ()))
    first: dict[Path, tuple[int, int]] = {}
    while journal.store.is_sqlite:
        for file in (Path(journal.store.file).with_name(f"{name}.sqlite3") for name in names):
            try:
                status = os.stat(file)
                current = (status.st_dev, status.st_ino)
            except FileNotFoundError:
                current = (0, 0)
            emptied = file in first and current != (0, 0) and not status.st_size
            if emptied or current != first.get(file, current):
                raise JournalReplaced(f"{file} was removed or replaced while it was open")
            if current != (0, 0) and status.st_size:
                first[file] = current
        await asyncio.sleep(TICK)
    await asyncio.Event().wait()
