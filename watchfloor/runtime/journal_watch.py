"""Whether the journal still has all that it once had: its heads are kept outside it, compared, and told.

    data/run/journal-heads.json    and the same in Redis: feeds.journal.heads

The role `alert` keeps them, on a slow tick and at its end; every role that has a watch compares. While something is
missing the record stays as it is, until a restore or `watchfloor journal accept`.
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
from feeds.journal import Journal, JournalError, heads
from feeds.journal.heads import Gap, Heads

log = logging.getLogger(__name__)

FILE = "journal-heads.json"
TICK = 5.0
"""Seconds between two comparisons; what was written since the last one is not missed when it is lost."""
COUNT_EVERY = 60.0
"""Seconds between two counts of the documents."""
FIELD = "journal-heads"
WORDS = {
    "zh-CN": "台账不完整，缺失：{gaps}。请从备份恢复，或用 watchfloor journal accept 确认。",
    "en": "The journal is not whole. Missing: {gaps}. Restore a backup, or accept it: watchfloor journal accept.",
}
PARTS = {
    "zh-CN": ("{chain} 的第 {first}–{last} 条记录（{rows} 条）", "{rows} 份文档"),
    "en": ("entries {first}–{last} of {chain} ({rows})", "{rows} documents"),
}


class JournalReplaced(Exception):
    """The journal's file was removed or replaced while it was open: what is written to it would be lost."""


class JournalWatch:
    """Compares the journal with its kept heads; with `keeps` it also keeps them. `gaps` are what is missing."""

    def __init__(self, journal: Journal, data: Path, bus: Bus | None, *, keeps: bool = False) -> None:
        self.gaps: list[Gap] = []
        self._journal, self._path, self._bus, self._keeps = journal, data / "run" / FILE, bus, keeps
        self._counted = float("-inf")

    def words(self, language: str) -> str:
        """What is missing and what to do, for people; "" when nothing is."""
        return words(self.gaps, language)

    async def run(self) -> None:
        """Compare and keep until cancelled, and once more at the end."""
        try:
            while True:
                await self.quietly()
                await asyncio.sleep(TICK)
        finally:
            await self.quietly(last=True)
            if self._bus is not None:
                await self._bus.close()

    async def quietly(self, *, last: bool = False) -> None:
        """Like `look`; a lost store, bus or disk is told elsewhere."""
        try:
            await self.look(count=last)
        except (JournalError, BusError, OSError) as error:
            log.debug("the journal's heads: %s", error)

    async def look(self, *, count: bool = False) -> None:
        """Compare once, and keep the heads when nothing is missing. Raises JournalError, OSError."""
        kept = await load(self._path, self._bus)
        gaps = await heads.missing(self._journal, kept) if kept is not None else []
        if gaps and gaps != self.gaps:
            log.error("%s", words(gaps, "en"))
        elif self.gaps and not gaps:
            log.info("nothing is missing in the journal any more")
        self.gaps = gaps
        if self._keeps and not gaps:
            await self._keep(kept, count)
        elif self._keeps and kept is not None and not kept.gaps:
            await save(self._path, self._bus, replace(kept, gaps=tuple(gaps)))

    async def _keep(self, kept: Heads | None, count: bool) -> None:
        at = asyncio.get_running_loop().time()
        count = count or at - self._counted >= COUNT_EVERY
        current = await heads.read(self._journal, epoch=kept.epoch if kept else 0, count=count)
        if count:
            self._counted = at
        elif kept is not None:
            if current.chains == kept.chains:
                return
            current = replace(current, documents=kept.documents, counted_at=kept.counted_at)
        await save(self._path, self._bus, current)


def words(gaps: list[Gap], language: str) -> str:
    """What is missing and what to do, for people; "" when nothing is."""
    if not gaps:
        return ""
    rows, documents = PARTS[language]
    parts = [
        (rows if gap.chain else documents).format(chain=gap.chain, first=gap.first, last=gap.last, rows=gap.rows)
        for gap in gaps
    ]
    return WORDS[language].format(gaps=", ".join(parts))


async def load(path: Path, bus: Bus | None) -> Heads | None:
    """The record that counts, of the file's and the bus's; None when there is none."""
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
    """Keep heads in the file and the bus. Raises OSError; a bus that is away gets them with the next change."""
    await asyncio.to_thread(state_file.write_json, path, current.record())
    if bus is not None:
        with suppress(BusError):
            await bus.write([("HSET", bus.keys.engine("journal"), FIELD, json.dumps(current.record()))])


async def accept(journal: Journal, data: Path, bus: Bus | None, *, by: str) -> list[Gap]:
    """Take the journal as it is for whole, and write down who did so and what is missing; what that is."""
    path = data / "run" / FILE
    kept = await load(path, bus)
    gaps = await heads.missing(journal, kept) if kept is not None else []
    if kept is None or not gaps:
        return []
    lost = [{"chain": gap.chain, "first": gap.first, "last": gap.last} for gap in gaps]
    async with journal.begin() as tx:
        await tx.append(
            kind="audit", name="journal-accepted", subject="journal", at=now(), actor=by, body={"missing": lost}
        )
    await save(path, bus, await heads.read(journal, epoch=kept.epoch + 1))
    return gaps


async def renew(journal: Journal, data: Path) -> None:
    """Keep the heads of a journal that was filled anew (a restore), whatever the record says."""
    path = data / "run" / FILE
    kept = await load(path, None)
    await save(path, None, await heads.read(journal, epoch=kept.epoch + 1 if kept else 1))


async def until_replaced(journal: Journal) -> None:
    """Return never; raise JournalReplaced when the journal's file is no longer the one that is open."""
    first: tuple[int, int] | None = None
    while journal.store.is_sqlite:
        try:
            found = os.stat(journal.store.file)
            current = (found.st_dev, found.st_ino)
        except FileNotFoundError:
            current = (0, 0)
        if first is not None and current != first:
            raise JournalReplaced(f"{journal.store.file} was removed or replaced while it was open")
        first = current if current != (0, 0) else None
        await asyncio.sleep(TICK)
    await asyncio.Event().wait()
