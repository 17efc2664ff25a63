"""The web worker's copy of all live records, and the part of it that each audience may see."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any

from feeds.kinds import FULL, KINDS, Audience, Record, RecordKind
from feeds.kinds.alert import alert_record
from feeds.kinds.counted import CountedKind
from feeds.kinds.records import KindRecords, Row
from feeds.live.counts import Counts
from feeds.live.delta import Delta, patch, patched
from feeds.model import Change

__all__ = ["Audience", "Delta", "Mirror", "Record", "alert_record", "patch", "patched"]


class Mirror:
    """Public records by kind and id. `rev` is the revision of the change stream that they correspond to."""

    def __init__(self, audiences: Iterable[Audience] = ()) -> None:
        """Counted kinds are counted for `audiences` as soon as there are records."""
        self.rev = ""
        self._kinds: dict[str, RecordKind[Any]] = {kind.name: kind for kind in KINDS}
        self._parts: dict[str, KindRecords] = {name: kind.records() for name, kind in self._kinds.items()}
        self.counts: dict[str, Counts] = {
            kind.name: Counts(kind, self._parts, audiences)
            for kind in self._kinds.values()
            if isinstance(kind, CountedKind)
        }
        self._takers: dict[str, Callable[[Change], None]] = {
            stored: take for part in self._parts.values() for stored, take in part.takers().items()
        }

    def reset(self, rev: str, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Start again from a whole state."""
        for _ in self.resetting(rev, stored):
            pass

    def resetting(self, rev: str, stored: Mapping[str, Mapping[str, Any]], most: int | None = None) -> Iterator[None]:
        """Like `reset`, but yields after every `most` records. Apply no changes until it is done.

        Records that are stored one by one are counted without being made; `making` makes them, or whoever asks.
        """
        for part in self._parts.values():
            part.reset(stored)
            part.touched.clear()
            while part.catch_up(most):
                yield
        for counts in self.counts.values():
            yield from counts.restarting(rev, most)
        self.rev = rev

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply changes. The touched records wait for `flush`."""
        takers = self._takers
        for change in changes:
            self.rev = change.rev or self.rev
            takers[change.kind](change)

    def _catch_up(self) -> None:
        for part in self._parts.values():
            part.catch_up()

    def catching_up(self, audience: Audience | None, most: int) -> Generator[None, None, None]:
        """Recompute outdated records, and count for an audience if one is given. Yields after every `most` records."""
        for part in self._parts.values():
            while part.catch_up(most):
                yield
        if audience is not None:
            for counts in self.counts.values():
                yield from counts.counting(audience, self.rev, most)

    def making(self, most: int) -> Generator[None, None, None]:
        """Make the records that nobody has asked for yet. Yields after every `most` records."""
        for part in self._parts.values():
            while part.make(most):
                yield

    def rows(self, kind: str, audience: Audience) -> list[Row]:
        """The rows of a kind that this audience may see: see `RecordKind.fields_of` and `public_record`."""
        rows, described = self._parts[kind].rows, self._kinds[kind]
        if described.sees_all(audience):
            return list(rows.values())
        return [row for row in rows.values() if described.sees(audience, described.fields_of(row))]

    def fields(self, kind: str, audience: Audience) -> list[Mapping[str, Any]]:
        """The records of a kind that this audience may see, of which single fields are asked: none is made for it."""
        self._parts[kind].catch_up()
        described = self._kinds[kind]
        return [described.fields_of(row) for row in self.rows(kind, audience)]

    def held(self, kind: str, audience: Audience) -> Mapping[str, Record]:
        """All records of a kind, unchecked: the caller checks `kind.sees`. Counted kinds: those of `audience`."""
        if kind in self.counts:
            return self.records(kind, audience)
        self._parts[kind].catch_up()
        return self._parts[kind].records

    @property
    def waiting(self) -> int:
        """The number of records touched since the last flush."""
        return sum(len(part.touched) for part in self._parts.values())

    def flush(self) -> list[Delta]:
        """A delta for each record touched since the last flush. An unchanged record has an empty patch."""
        self._catch_up()
        deltas: list[Delta] = []
        for name, part in self._parts.items():
            kind, records = self._kinds[name], part.records
            deltas += [Delta(kind, key, old, records.get(key)) for key, old in part.touched.items()]
            part.touched.clear()
        counted = [change for counts in self.counts.values() for change in counts.flush(deltas)]
        return deltas + counted

    def forget(self) -> None:
        """Drop the changes that wait for `flush`: no client can continue from before them."""
        for counts in self.counts.values():
            counts.clear()
        for part in self._parts.values():
            part.touched.clear()

    def record(self, kind: str, key: str, audience: Audience) -> Record | None:
        """One record; None when it does not exist or this audience may not see it."""
        if kind in self.counts:
            return self.records(kind, audience).get(key)
        self._parts[kind].catch_up()
        record, described = self._parts[kind].records.get(key), self._kinds[kind]
        if record is None or not described.sees(audience, record):
            return None
        return described.shown(audience, record)

    def records(self, kind: str, audience: Audience, face: str = FULL) -> Mapping[str, Record]:
        """All records of a kind that this audience may see, with the fields of a face."""
        if (counts := self.counts.get(kind)) is not None:
            self._catch_up()
            return counts.records(audience, self.rev)
        part, described = self._parts[kind], self._kinds[kind]
        part.catch_up()
        shown: Mapping[str, Record] = (
            part.copy()
            if described.shows_all(audience)
            else {
                key: described.shown(audience, described.public_record(row))
                for key, row in part.rows.items()
                if described.sees(audience, described.fields_of(row))
            }
        )
        return shown if face == FULL else {key: described.faced(record, face) for key, record in shown.items()}

    def _plain_records(self, name: str, audience: Audience) -> Mapping[str, Record]:
        kind, records = self._kinds[name], self.records(name, audience)
        return (
            dict(records)
            if kind.apart is None
            else {key: record for key, record in records.items() if kind.is_plain(record)}
        )

    @property
    def audiences(self) -> list[Audience]:
        """The audiences for which counted kinds are counted."""
        return list(dict.fromkeys(audience for counts in self.counts.values() for audience in counts.audiences))

    def counted_since(self, audience: Audience, kind: str = "") -> list[str | None]:
        """The revision since which an audience's changes of a counted kind are known (None: not counted yet).

        Empty for a kind that is not counted. Without `kind`: of all counted kinds of the plain feed.
        """
        return [
            counts.since(audience)
            for name, counts in self.counts.items()
            if name == kind or (not kind and counts.kind.plain)
        ]

    def hidden(self, audience: Audience) -> dict[str, int]:
        """The number of records of each kind that this audience does not see; a unit is not told how many."""
        of_unit = audience.units is not None
        if of_unit or (not audience.region and audience.personal and not KINDS.personal):
            return dict.fromkeys(self._kinds, 0)
        self._catch_up()
        return {
            name: 0
            if kind.sees_all(audience)
            else sum(not kind.sees(audience, kind.fields_of(row)) for row in self._parts[name].rows.values())
            for name, kind in self._kinds.items()
        }

    def snapshot(self, audience: Audience) -> Record:
        """All records that this audience may see, as of `rev`."""
        plain = [name for name, kind in self._kinds.items() if kind.plain]
        hidden = self.hidden(audience)
        records = {name: self._plain_records(name, audience) for name in plain}
        return {"rev": self.rev, **records, "hidden": {name: hidden[name] for name in plain}}
