"""Counted records of one audience, updated from changes of the records that are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from feeds.kinds import ALERT, ASSET, FULL, KINDS, Audience, Record
from feeds.kinds.counted import NOTHING, CountedKind, CountPair, Share
from feeds.kinds.records import Row
from feeds.live.delta import Delta
from feeds.model import Kind

RowsByKind = Mapping[str, Mapping[str, Row]]
SharedCounts = dict[tuple[str, str, bool], Counter[Share]]
"""How many records of a kind have the same share, by kind, region, and whether confidential records are counted."""


@dataclass(slots=True)
class CountDelta(Delta):
    """A change of a counted record. Only one audience receives it."""

    audience: Audience = field(default_factory=Audience)

    def item(self, audience: Audience, face: str = FULL) -> Record | None:
        """The patch for this audience. None when the record belongs to another one or has not changed."""
        return Delta.item(self, audience, face) if self.concerns(audience) else None

    def concerns(self, audience: Audience) -> bool:
        """True when the record belongs to that audience."""
        return counted_for(audience) == self.audience


def counted_for(audience: Audience) -> Audience:
    """The audience whose counts are shown to this one. Records owned by one person are not counted."""
    return replace(audience, person="")


def _has_confidential(name: str) -> bool:
    """True when an audience without `personal` may see fewer records of the kind, or of the assets of its records."""
    return KINDS[name].confidential is not None or (name == Kind.ALERT and ASSET.confidential is not None)


class CountTally:
    """Counts of one audience: how often each (field, value) pair occurs, by the id of the counted record."""

    def __init__(self, kind: CountedKind[Any], audience: Audience, rev: str) -> None:
        """`rev` is the revision since which changes of these records are known."""
        self.kind, self.audience, self.rev = kind, audience, rev
        self.records: dict[str, Record] = {}
        self._counts: dict[str, Counter[CountPair]] = {}
        self._present = True
        self._all_assets = ASSET.sees_all(audience)

    def copy(self) -> CountTally:
        """An independent copy."""
        copied = CountTally(self.kind, self.audience, self.rev)
        copied.records = dict(self.records)
        copied._counts = {key: counts.copy() for key, counts in self._counts.items()}
        copied._present = self._present
        return copied

    def counting(self, rows: RowsByKind, most: int | None = None, shared: SharedCounts | None = None) -> Iterator[None]:
        """Count all records. Yields after every `most` records; they must not change meanwhile.

        `shared` has what was counted of the same records for other audiences, and gains what is counted here.
        """
        shared = {} if shared is None else shared
        for name in self.kind.over:
            known_by = (name, self.audience.region, self.audience.personal or not _has_confidential(name))
            if (shares := shared.get(known_by)) is None:
                shares = shared[known_by] = Counter()
                yield from self._count_shares(name, rows, shares, most)
            for number, (share, times) in enumerate(shares.items(), 1):
                self._add(share, times)
                if most is not None and number % most == 0:
                    yield
        self._settle(self._counts)

    def _count_shares(self, name: str, rows: RowsByKind, shares: Counter[Share], most: int | None) -> Iterator[None]:
        """Count the shares of all records of a kind. The share of those with equal traits is computed once."""
        kind, audience, assets = KINDS[name], self.audience, rows[Kind.ASSET]
        sees = None if kind.sees_all(audience) else kind.sees
        traits = self.kind.traits.get(name)
        alike: dict[Hashable, list[Any]] = {}
        for number, row in enumerate(rows[name].values(), 1):
            if sees is None or sees(audience, kind.fields_of(row)):
                if traits is None:
                    record = kind.public_record(row)
                    shares[self.kind.share(name, record, self._asset_of(name, record, assets), audience)] += 1
                else:
                    values = traits.values_of(row)
                    asset = self._subject(values[0], values[1], assets)
                    if (first := alike.get(trait := traits.trait(values, asset))) is None:
                        alike[trait] = [1, row, asset]
                    else:
                        first[0] += 1
            if most is not None and number % most == 0:
                yield
        for number, (count, row, asset) in enumerate(alike.values(), 1):
            shares[self.kind.share(name, kind.public_record(row), asset, audience)] += count
            if most is not None and number % most == 0:
                yield

    def fold(self, deltas: Sequence[Delta], alerts: Mapping[str, Row], assets: Mapping[str, Record]) -> list[Delta]:
        """Update the counts from changes of records. `alerts` and `assets` are all records after the changes."""
        counted = [delta for delta in deltas if delta.kind.name in self.kind.over]
        changed = {delta.id: delta for delta in deltas if delta.kind is ASSET}
        before = _Before(changed, assets)
        touched: set[str] = set()
        for delta in counted:
            name = delta.kind.name
            self._move(touched, self._share(name, delta.old, before), self._share(name, delta.new, assets))
        counted_alerts = {delta.id for delta in counted if delta.kind.name == Kind.ALERT}
        moved = {delta.id for delta in changed.values() if self._moved(delta)}
        for key, row in alerts.items() if moved and Kind.ALERT in self.kind.over else ():
            if key not in counted_alerts and ALERT.fields_of(row)["asset"] in moved:
                record = ALERT.public_record(row)
                self._move(touched, self._share(Kind.ALERT, record, before), self._share(Kind.ALERT, record, assets))
        return self._settle(touched)

    def _moved(self, delta: Delta) -> bool:
        """True when the asset's change moves its alerts to another counted record."""
        return any((delta.old or {}).get(name) != (delta.new or {}).get(name) for name in ("region", "owner", "kind"))

    def _share(self, name: str, record: Record | None, assets: Mapping[str, Record]) -> Share:
        if record is None or not KINDS[name].sees(self.audience, record):
            return NOTHING
        return self.kind.share(name, record, self._asset_of(name, record, assets), self.audience)

    def _asset_of(self, name: str, record: Record, assets: Mapping[str, Record]) -> Record | None:
        """The asset that an alert is about; None for another record, and when the audience does not see the asset."""
        return self._subject(record["subject_kind"], record["asset"], assets) if name == Kind.ALERT else None

    def _subject(self, kind: str, id: str, assets: Mapping[str, Record]) -> Record | None:
        """The subject of an alert, if it is an asset that the audience sees."""
        asset = assets.get(id) if kind == Kind.ASSET else None
        return asset if asset is not None and (self._all_assets or ASSET.sees(self.audience, asset)) else None

    def _move(self, touched: set[str], old: Share, new: Share) -> None:
        if old != new:
            self._add(old, -1)
            self._add(new, 1)
            touched.update(old[0], new[0])

    def _add(self, share: Share, by: int) -> None:
        keys, pairs = share
        for key in keys:
            if (counts := self._counts.get(key)) is None:
                counts = self._counts[key] = Counter()
            for pair in pairs:
                if number := counts.get(pair, 0) + by:
                    counts[pair] = number
                else:
                    del counts[pair]

    def _settle(self, touched: Iterable[str]) -> list[Delta]:
        """Update the touched records: all records when the kind becomes present or absent."""
        touched = set(touched)
        for key in [key for key in touched if not self._counts.get(key)]:
            self._counts.pop(key, None)
        present = self.kind.present is None or self.kind.present(self._counts)
        if present != self._present:
            self._present, touched = present, {*self._counts, *self.records}
        return [change for key in sorted(touched) if (change := self._update(key)) is not None]

    def _update(self, key: str) -> Delta | None:
        """Update the record from its counts. Returns its change; None without one."""
        old, counts = self.records.get(key), self._counts.get(key)
        new = self.kind.count(key, counts) if counts and self._present else None
        if new is None:
            self.records.pop(key, None)
        else:
            self.records[key] = new
        return CountDelta(self.kind, key, old, new, audience=self.audience) if old != new else None


class _Before(Mapping[str, Record]):
    """The assets before the changes."""

    def __init__(self, changed: Mapping[str, Delta], assets: Mapping[str, Record]) -> None:
        self._changed, self._assets = changed, assets

    def get(self, key: str, default: Any = None) -> Any:
        delta = self._changed.get(key)
        return delta.old if delta is not None else self._assets.get(key, default)

    def __getitem__(self, key: str) -> Record:
        raise NotImplementedError

    def __iter__(self) -> Iterator[str]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError
