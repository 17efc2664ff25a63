"""Detection of lost journal entries: the heads of the journal's chains, recorded outside the journal and compared.

The record of heads stands in two places; `feeds.journal.heads.latest` chooses between them:

    data/run/journal-heads.json
    Redis: the hash of the engine `journal`, field `journal-heads`

The role `alert` updates the record every TICK seconds and when it ends. The web role only compares. While entries are
missing the record is not advanced. It is replaced by a restore or by `watchfloor journal accept`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from feeds import state_file
from feeds.bus import Bus, BusError
from feeds.clock import now
from feeds.fencing import Fenced
from feeds.journal import Journal, JournalError, heads
from feeds.journal.heads import Gap, Heads

log = logging.getLogger(__name__)

FILE = "journal-heads.json"
TICK = 5.0
"""Seconds between two comparisons. The loss of entries written since the last one is not detected."""
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


class JournalReplaced(Exception):
    """The journal's file was removed or replaced while it was open. Further writes to it would be lost."""


class JournalWatch:
    """Compares the journal with its recorded heads. With `updates_record` it also updates the record.

    `gaps` holds the missing entries and documents of the last comparison.
    """

    def __init__(self, journal: Journal, data: Path, bus: Bus | None, *, updates_record: bool = False) -> None:
        self.gaps: list[Gap] = []
        self._journal, self._path, self._bus = journal, data / "run" / FILE, bus
        self._updates_record = updates_record
        self._counted = float("-inf")

    def message(self, language: str) -> str:
        """Tell people which entries are missing and how to proceed; "" while nothing is missing."""
        return message(self.gaps, language)

    async def run(self) -> None:
        """Compare every TICK seconds until cancelled, and once more at the end. Close the bus."""
        try:
            while True:
                await self.compare_if_possible()
                await asyncio.sleep(TICK)
        finally:
            with suppress(Fenced):  # another copy of the role updates the record from now on
                await self.compare_if_possible(last=True)
            if self._bus is not None:
                await self._bus.close()

    async def compare_if_possible(self, *, last: bool = False) -> None:
        """Like `compare()`, but log errors at debug level: other checks report a store that is down."""
        try:
            await self.compare(count=last)
        except (JournalError, BusError, OSError) as error:
            log.debug("cannot compare the journal with its recorded heads: %s", error)

    async def compare(self, *, count: bool = False) -> None:
        """Compare once, and update the record when nothing is missing. With `count`, count the documents now.

        Raises JournalError and OSError.
        """
        recorded = await load(self._path, self._bus)
        gaps = await heads.missing(self._journal, recorded) if recorded is not None else []
        if gaps and gaps != self.gaps:
            log.error("%s", message(gaps, "en"))
        elif self.gaps and not gaps:
            log.info("no journal entries are missing any more")
        self.gaps = gaps
        if self._updates_record and not gaps:
            await self._update(recorded, count)
        elif self._updates_record and recorded is not None and not recorded.gaps:
            await save(self._path, self._bus, replace(recorded, gaps=tuple(gaps)))

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
        await save(self._path, self._bus, current)


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


async def load(path: Path, bus: Bus | None) -> Heads | None:
    """Load the record with the highest epoch, then most entries, from file and bus. None if neither is valid."""
    in_file = await asyncio.to_thread(state_file.read_json, path, heads.parse)
    if bus is None:
        return in_file
    in_bus = None
    with suppress(BusError, KeyError, TypeError, ValueError):
        async with bus.pipeline() as pipe:
            pipe.hget(bus.keys.engine("journal"), FIELD)
            (body,) = await pipe.execute()
        in_bus = heads.parse(json.loads(body)) if body else None
    return heads.latest(in_file, in_bus)


async def save(path: Path, bus: Bus | None, current: Heads) -> None:
    """Write the record to the file and to the bus. Raises OSError.

    A bus that is down receives the record with the next change.
    """
    await asyncio.to_thread(state_file.write_json, path, current.record())
    if bus is not None:
        with suppress(BusError):
            await bus.write([("HSET", bus.keys.engine("journal"), FIELD, json.dumps(current.record()))])


async def accept(journal: Journal, data: Path, bus: Bus | None, *, by: str) -> list[Gap]:
    """Accept the loss of the missing entries. Return them, or an empty list when nothing is missing.

    The journal gets an audit entry with the actor `by` and the gaps. The record starts a new epoch.
    """
    path = data / "run" / FILE
    recorded = await load(path, bus)
    gaps = await heads.missing(journal, recorded) if recorded is not None else []
    if recorded is None or not gaps:
        return []
    lost = [{"chain": gap.chain, "first": gap.first, "last": gap.last} for gap in gaps]
    async with journal.begin() as tx:
        await tx.append(
            kind="audit", name="journal-accepted", subject="journal", at=now(), actor=by, body={"missing": lost}
        )
    await save(path, bus, await heads.read(journal, epoch=recorded.epoch + 1))
    return gaps


async def reset(journal: Journal, data: Path) -> None:
    """Record the heads of a restored journal in a new epoch, without comparing."""
    path = data / "run" / FILE
    recorded = await load(path, None)
    await save(path, None, await heads.read(journal, epoch=recorded.epoch + 1 if recorded else 1))


async def until_replaced(journal: Journal) -> None:
    """Raise JournalReplaced as soon as the SQLite journal's file is not the open one any more. Never return."""
    first: tuple[int, int] | None = None
    while journal.store.is_sqlite:
        try:
            status = os.stat(journal.store.file)
            current = (status.st_dev, status.st_ino)
        except FileNotFoundError:
            current = (0, 0)
        if first is not None and current != first:
            raise JournalReplaced(f"{journal.store.file} was removed or replaced while it was open")
        first = current if current != (0, 0) else None
        await asyncio.sleep(TICK)
    await asyncio.Event().wait()
