"""Tallies of uptime by month. A closed month is counted once and, a day later, stored in the journal."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import astuple
from typing import Any
from zoneinfo import ZoneInfo

from api.availability.calendar import Part, month_start, parts
from api.availability.rows import rows
from feeds.history.outages import Outage, outages
from feeds.history.uptime import Tally, UptimeCalculator
from feeds.inventory.membership import InventoryMember, read
from feeds.journal import Doc, Journal, JournalLost
from feeds.journal.forms import register
from feeds.regions import covers
from feeds.wire import iso

log = logging.getLogger(__name__)

CLOSED = 3600.0
"""A month is closed so many seconds after its end: what was late is written by then."""
SETTLED = 86400.0
"""So much later it is kept for good: a recorder that was away has caught up by then, or never will."""
KIND, FORMAT = "uptime", 1
CACHED_MONTHS = 14
BRIEF = 60.0
"""Seconds for which what is still open is given again."""
Tallies = dict[str, Tally]


class UptimeTallies:
    """One per web process. One month is counted at a time, however many ask."""

    def __init__(self, journal: Journal, uptime: UptimeCalculator) -> None:
        self._journal, self._uptime = journal, uptime
        self._lock = asyncio.Lock()
        self._months: OrderedDict[tuple[float, float], Tallies] = OrderedDict()
        self._brief: tuple[float, float, Tallies] = (0.0, float("-inf"), {})
        self._totals: dict[str, tuple[float, dict[str, Any]]] = {}
        self._members: dict[str, InventoryMember] = {}
        self._read = 0

    async def members(self) -> dict[str, InventoryMember]:
        """Every asset that ever was in the inventory."""
        async with self._lock:
            newest = await self._journal.entries(kind="inventory", limit=1, newest_first=True)
            if newest and newest[0].seq > self._read:
                self._members = await read(self._journal, self._members, self._read)
                self._read = newest[0].seq
            return dict(self._members)

    async def tallies(
        self, members: dict[str, InventoryMember], part: Part, now: float, *, exact: bool = True
    ) -> tuple[float, Tallies]:
        """One month or a part of it, by asset, and up to when it counts. Not `exact`: a minute ago will do."""
        key = (part.start, part.end)
        async with self._lock:
            if key in self._months:
                self._months.move_to_end(key)
                return part.end, self._months[key]
            if part.whole and part.end + CLOSED < now:
                self._months[key] = await self._closed(members, part, now)
                while len(self._months) > CACHED_MONTHS:
                    self._months.popitem(last=False)
                return part.end, self._months[key]
            if exact:
                return min(part.end, now), await self._uptime.tallies(members, part.start, part.end, now)
            return await self._recent(members, part, now)

    async def outages(
        self, members: dict[str, InventoryMember], start: float, end: float, now: float
    ) -> dict[str, list[Outage]]:
        """Each time span in which one of these assets was not well (epoch seconds); read anew each time."""
        async with self._lock:
            return await outages(self._uptime, members, start, end, now)

    async def _closed(self, members: dict[str, InventoryMember], part: Part, now: float) -> Tallies:
        """A whole month that is over, from its document or counted now. A restart does not count it again: with 100,000
        transitions it takes a second of processor time, and a year twelve."""
        name = f"{part.start:.0f}-{part.end:.0f}"
        doc = await self._journal.doc(KIND, name)
        if doc is not None and (stored := _stored_tallies(doc)) is not None:
            return stored
        tallies = await self._uptime.tallies(members, part.start, part.end, now)
        if part.end + SETTLED < now:
            rows = {id: [round(seconds, 3) for seconds in astuple(tally)] for id, tally in tallies.items()}
            try:
                async with self._journal.begin() as tx:
                    await tx.put(KIND, name, {"format": FORMAT, "made": iso(now), "assets": rows}, open=False)
            except JournalLost as error:  # it is counted again next time, and whoever asks has the answer
                log.debug("availability: a month was not kept: %s", error)
        return tallies

    async def _recent(self, members: dict[str, InventoryMember], part: Part, now: float) -> tuple[float, Tallies]:
        """The tallies of a part that still goes on, and when they were counted."""
        start, counted_at, tallies = self._brief
        if start != part.start or not 0 <= now - counted_at < BRIEF:
            tallies = await self._uptime.tallies(members, part.start, part.end, now)
            self._brief = part.start, now, tallies
        return self._brief[1:]

    async def month(self, region: str, now: float, zone: ZoneInfo) -> dict[str, Any]:
        """This month so far for a region, all assets together; at most a minute old."""
        members = await self.members()
        part = parts(month_start(now, zone), now, zone)[-1] if now > month_start(now, zone) else None
        if part is None:
            return {
                "from": iso(now),
                "to": iso(now),
                "availability": None,
                "of_known": None,
                "coverage": None,
                "assets": 0,
            }
        counted_at, tallies = await self.tallies(members, part, now, exact=False)
        cached = self._totals.get(region)
        if cached is None or cached[0] != counted_at:
            asset_ids = [id for id, member in members.items() if covers(region, member.about.region)]
            cached = self._totals[region] = (
                counted_at,
                rows((), members, [(part.month, tallies)], asset_ids)[1].public(()),
            )
        names = ("assets", "availability", "of_known", "coverage")
        return {"from": iso(part.start), "to": iso(counted_at)} | {name: cached[1][name] for name in names}


def _stored_tallies(doc: Doc) -> Tallies | None:
    """The tallies of a document; None for one in the form of another version."""
    if doc.body["format"] != FORMAT:
        return None
    return {id: Tally(*map(float, seconds)) for id, seconds in doc.body["assets"].items()}


register(KIND, _stored_tallies)
