"""Counted records (boards, groups) of every audience that has asked for them, computed from a mirror's records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from feeds.kinds import KINDS, Audience, Record
from feeds.kinds.counted import CountedKind
from feeds.kinds.records import KindRecords, Row
from feeds.live.delta import Delta
from feeds.live.tally import CountTally, RowsByKind, SharedCounts, counted_for
from feeds.model import Kind

USUAL = (Audience(), Audience(personal=False))
"""The audiences that are counted before anybody asks."""
_Flushed = tuple[list[Delta], Mapping[str, Row], Mapping[str, Record]]


class Counts:
    """The tallies of one counted kind by audience. Counting may take several turns of the loop."""

    def __init__(
        self, kind: CountedKind[Any], parts: Mapping[str, KindRecords], audiences: Iterable[Audience] = ()
    ) -> None:
        """`audiences` are counted as soon as there are records."""
        self.kind = kind
        self._parts = parts
        self._expected = dict.fromkeys((*USUAL, *audiences))
        self._tallies: dict[Audience, CountTally] = {}
        self._flushed: dict[Audience, list[_Flushed]] = {}

    @property
    def audiences(self) -> list[Audience]:
        """The audiences that are counted."""
        return list(self._tallies)

    def clear(self) -> None:
        """Drop all counts. They are computed again when an audience asks."""
        self._tallies.clear()

    def restarting(self, rev: str, most: int | None = None) -> Iterator[None]:
        """Count all records anew for the usual audiences. Yields after every `most`."""
        shared: SharedCounts = {}
        for audience in (*self._expected, *(each for each in self._tallies if each not in self._expected)):
            self._tallies.pop(audience, None)
            yield from self.counting(audience, rev, most, shared)

    def since(self, audience: Audience) -> str | None:
        """The revision since which an audience's changes are known. None: nothing is counted for it."""
        tally = self._tallies.get(counted_for(audience))
        return tally.rev if tally is not None else None

    def counting(
        self, audience: Audience, rev: str, most: int | None = None, shared: SharedCounts | None = None
    ) -> Iterator[None]:
        """Count for an audience. Yields after every `most` records. Changes flushed meanwhile are counted last.

        `shared`: see CountTally.counting; no change may be applied while it is used.
        """
        key = counted_for(audience)
        while key in self._flushed and most is not None:
            yield  # another caller is counting for this audience
        if key in self._tallies:
            return
        tally = CountTally(self.kind, key, rev)
        flushed = self._flushed[key] = []
        try:
            rows = self._before() if shared is None else {name: part.rows for name, part in self._parts.items()}
            yield from tally.counting(rows, most, shared)
        finally:
            del self._flushed[key]
        for deltas, alerts, assets in flushed:
            tally.fold(deltas, alerts, assets)
        self._tallies[key] = tally

    def flush(self, deltas: list[Delta]) -> list[Delta]:
        """The changes of each audience's counted records that result from these changes of records."""
        alerts, assets = self._parts[Kind.ALERT].rows, self._parts[Kind.ASSET].records
        for flushed in self._flushed.values():
            flushed.append((deltas, dict(alerts), dict(assets)))
        return [change for tally in self._tallies.values() for change in tally.fold(deltas, alerts, assets)]

    def records(self, audience: Audience, rev: str) -> dict[str, Record]:
        """The counted records of an audience as they are now, including changes that have not been flushed."""
        key = counted_for(audience)
        if key not in self._tallies:
            unfinished = self._flushed.pop(key, None)
            for _ in self.counting(key, rev):
                pass
            if unfinished is not None:
                self._flushed[key] = unfinished
        tally = self._tallies[key]
        alerts, assets = self._parts[Kind.ALERT].rows, self._parts[Kind.ASSET].records
        pending = [
            Delta(KINDS[name], id, old, self._parts[name].records.get(id))
            for name in dict.fromkeys((*self.kind.over, Kind.ASSET))
            for id, old in self._parts[name].touched.items()
        ]
        if pending:
            tally = tally.copy()
            tally.fold(pending, alerts, assets)
        return dict(tally.records)

    def _before(self) -> RowsByKind:
        """All records as of the last flush."""
        return {
            name: _present({**self._parts[name].rows, **self._parts[name].touched})
            for name in {*self.kind.over, Kind.ASSET}
        }


def _present(rows: Mapping[str, Row]) -> dict[str, Row]:
    return {id: row for id, row in rows.items() if row is not None}
