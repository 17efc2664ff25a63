"""Boards of each audience, counted from its records and kept by the changes of these records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from feeds.kinds import ASSET, BOARD, FULL, KINDS, Audience, Record
from feeds.kinds.asset import VIDEO
from feeds.kinds.records import KindRecords
from feeds.kinds.source import FEEDS
from feeds.live.delta import Delta
from feeds.model import Health, Kind

_OK, _UNKNOWN = str(Health.OK), str(Health.UNKNOWN)
_WORST = (str(Health.DOWN), str(Health.DEGRADED), _UNKNOWN)
_HEALTHS = tuple(str(health) for health in Health)
_SOURCES = ("ok", "failing", "silent")
_COUNTED = (Kind.ASSET, Kind.ALERT, Kind.SOURCE)
_USUAL = (Audience(), Audience(personal=False))
Pair = tuple[str, str]
Records = Mapping[str, Record]


@dataclass(slots=True)
class BoardDelta(Delta):
    """A change of a board of one audience; no other audience is told of it."""

    audience: Audience = field(default_factory=Audience)

    def item(self, audience: Audience, face: str = FULL) -> Record | None:
        """What this audience must be told; None for every other one."""
        return Delta.item(self, audience, face) if self.concerns(audience) else None

    def concerns(self, audience: Audience) -> bool:
        """Whether these are the boards of this audience."""
        return counted_for(audience) == self.audience


def counted_for(audience: Audience) -> Audience:
    """The audience whose boards this one is shown: what a person owns is not counted."""
    return replace(audience, person="")


class BoardTally:
    """The counts of one audience: for each board how often each (field, value) pair occurs."""

    def __init__(self, audience: Audience, rev: str) -> None:
        """`rev` is the revision from which on the changes of these boards are known."""
        self.audience, self.rev = audience, rev
        self.boards: dict[str, Record] = {}
        self._counts: dict[str, Counter[Pair]] = {}

    def copy(self) -> BoardTally:
        """A tally that goes on by itself."""
        copied = BoardTally(self.audience, self.rev)
        copied.boards = dict(self.boards)
        copied._counts = {key: counts.copy() for key, counts in self._counts.items()}
        return copied

    def fold(self, deltas: Iterable[Delta], alerts: Records, assets: Records) -> list[BoardDelta]:
        """Count the changes of records in. `alerts` and `assets` are all records as they are after the changes."""
        counted = [delta for delta in deltas if delta.kind.name in _COUNTED]
        changed = {delta.id: delta for delta in counted if delta.kind is ASSET}
        told = {delta.id for delta in counted if delta.kind.name == Kind.ALERT}
        touched: set[str] = set()
        moved: set[str] = set()
        for delta in counted:
            old, new = self._seen(delta.kind.name, delta.old), self._seen(delta.kind.name, delta.new)
            if delta.kind.name == Kind.ALERT:
                self._recount(
                    touched, self._alert(old, changed, assets, "old"), self._alert(new, changed, assets, "new")
                )
                continue
            places = _places(delta.kind.name, old), _places(delta.kind.name, new)
            self._recount(touched, (places[0], _pairs(old)), (places[1], _pairs(new)))
            if delta.kind is ASSET and places[0] != places[1]:
                moved.add(delta.id)
        for key, alert in alerts.items() if moved else ():
            if key not in told and alert["asset"] in moved and (seen := self._seen(Kind.ALERT, alert)) is not None:
                before, after = (self._alert(seen, changed, assets, side) for side in ("old", "new"))
                self._recount(touched, before, after)
        return [change for key in sorted(touched) if (change := self._told(key)) is not None]

    def _seen(self, kind: str, record: Record | None) -> Record | None:
        return record if record is not None and KINDS[kind].sees(self.audience, record) else None

    def _alert(
        self, alert: Record | None, changed: Mapping[str, Delta], assets: Records, side: str
    ) -> tuple[tuple[str, ...], tuple[Pair, ...]]:
        """Where an alert counts and as what, with its asset as it was before (`old`) or after (`new`) the changes."""
        if alert is None or not alert["active"] or alert["suppressed_by"]:
            return (), ()
        pairs = [("alerts", str(alert["severity"]))] + ([] if alert["acked"] else [("unacked", "")])
        key, kind = alert["asset"], alert["subject_kind"]
        if kind != Kind.ASSET:
            return (*_region(alert), f"feed:{_feed(kind)}"), tuple(pairs)
        asset = self._seen(kind, getattr(changed[key], side) if key in changed else assets.get(key))
        places = _places(kind, asset)[1:] if asset is not None else ("feed:network",)
        return (*_region(alert), *places), tuple(pairs)

    def _recount(
        self,
        touched: set[str],
        before: tuple[tuple[str, ...], tuple[Pair, ...]],
        after: tuple[tuple[str, ...], tuple[Pair, ...]],
    ) -> None:
        if before == after:
            return
        for (places, pairs), by in ((before, -1), (after, 1)):
            for place in places:
                counts = self._counts.setdefault(place, Counter())
                touched.add(place)
                for pair in pairs:
                    counts[pair] += by
                    if not counts[pair]:
                        del counts[pair]

    def _told(self, key: str) -> BoardDelta | None:
        """The board made anew, and what has changed in it; None when nothing has."""
        old, counts = self.boards.get(key), self._counts[key]
        new = board(key, counts) if counts else None
        if new is None:
            self.boards.pop(key, None)
            del self._counts[key]
        else:
            self.boards[key] = new
        return BoardDelta(BOARD, key, old, new, audience=self.audience) if old != new else None


def board(key: str, counts: Counter[Pair]) -> Record:
    """The board of these counts, in its public form: a `Board` would be taken apart again at every change."""
    by, _, name = key.partition(":")
    values: dict[str, dict[str, int]] = {}
    for (group, value), count in counts.items():
        values.setdefault(group, {})[value] = count
    states, heard, stale, seen = (values.get(group, {}) for group in ("health", "sources", "stale", "seen"))
    blind = "failing" in heard or "silent" in heard or not (states or heard)
    return {
        "id": key,
        "by": by,
        "key": name,
        "worst": next((state for state in _WORST if state in states), _UNKNOWN if blind else _OK),
        "total": sum(states.values()),
        "health": {state: states.get(state, 0) for state in _HEALTHS},
        "alerts": values.get("alerts", {}),
        "unacked": counts.get(("unacked", ""), 0),
        "sources": {state: heard.get(state, 0) for state in _SOURCES},
        "stale": sum(stale.values()),
        "stale_since": min(stale, default=None),
        "seen_at": min(seen, default=None),
    }


def _region(record: Record) -> tuple[str, ...]:
    """The board of the county, or of what lies above the counties."""
    return (f"region:{record['region'][:6]}",) if record["region"] else ()


def _places(kind: str, record: Record | None) -> tuple[str, ...]:
    """The boards on which an asset or a source counts; that of its region comes first."""
    if record is None or (kind == Kind.SOURCE and record["kind"] == "role"):
        return ()
    if kind == Kind.SOURCE:
        return (*_region(record), f"feed:{_feed_of_source(record['kind'])}")
    owner = (f"unit:{record['owner']}",) if record["owner"] else ()
    feed = "video" if record["kind"] in VIDEO else "network"
    return (f"region:{record['region'][:6]}", *owner, f"kind:{record['kind']}", f"feed:{feed}")


def _feed_of_source(kind: str) -> str:
    feed = kind.partition(".")[0]
    return feed if feed in FEEDS else "network"


def _feed(subject_kind: str) -> str:
    """The feed of an alert that is about no asset."""
    return "emergency" if subject_kind == Kind.WARNING else "network"


def _pairs(record: Record | None) -> tuple[Pair, ...]:
    """What an asset or a source counts as."""
    if record is None:
        return ()
    if "health" not in record:
        silent, failing = record["silent_since"], record["failing_since"]
        return (("sources", "silent" if silent else "ok" if record["ok"] and not failing else "failing"),)
    pairs = [("health", str(record["health"]))]
    if record["seen_at"]:
        pairs.append(("seen", f"{record['seen_at'][:16]}:00.000Z"))
    if record["stale_since"]:
        pairs.append(("stale", record["stale_since"]))
    return tuple(pairs)


class Boards:
    """The tallies of all audiences that have asked, over the records of a mirror."""

    def __init__(self, parts: Mapping[str, KindRecords], audiences: Iterable[Audience] = ()) -> None:
        """`audiences` are counted as soon as there are records, as the usual ones are."""
        self._parts = parts
        self._expected = dict.fromkeys((*_USUAL, *audiences))
        self._tallies: dict[Audience, BoardTally] = {}

    @property
    def audiences(self) -> list[Audience]:
        """The audiences whose boards are counted."""
        return list(self._tallies)

    def clear(self) -> None:
        """Count anew when somebody asks."""
        self._tallies.clear()

    def restarting(self, rev: str) -> Iterator[None]:
        """Count anew from what there is now; the usual audiences are counted before anybody asks."""
        tallies: dict[Audience, BoardTally] = {}
        for audience in (*self._expected, *(each for each in self._tallies if each not in self._expected)):
            tallies[audience] = self._begun(audience, rev)
            yield
        self._tallies = tallies

    def since(self, audience: Audience) -> str | None:
        """The revision from which on the changes of an audience's boards are known; None when they are not."""
        tally = self._tallies.get(counted_for(audience))
        return tally.rev if tally is not None else None

    def flush(self, deltas: list[Delta]) -> list[BoardDelta]:
        """What has changed on the boards of each audience with these changes of records."""
        alerts, assets = self._parts[Kind.ALERT].records, self._parts[Kind.ASSET].records
        return [change for tally in self._tallies.values() for change in tally.fold(deltas, alerts, assets)]

    def records(self, audience: Audience, rev: str) -> dict[str, Record]:
        """The boards of an audience as they are now, changes that have not been flushed included."""
        key = counted_for(audience)
        tally = self._tallies.get(key)
        alerts, assets = self._parts[Kind.ALERT].records, self._parts[Kind.ASSET].records
        if tally is None:
            tally = self._tallies[key] = self._begun(key, rev)
        pending = [
            Delta(KINDS[name], id, old, self._parts[name].records.get(id))
            for name in _COUNTED
            for id, old in self._parts[name].touched.items()
        ]
        if pending:
            tally = tally.copy()
            tally.fold(pending, alerts, assets)
        return dict(tally.boards)

    def _begun(self, audience: Audience, rev: str) -> BoardTally:
        """A tally of the records as they were at the last flush."""
        tally = BoardTally(audience, rev)
        tally.fold(self._flushed(), *self._before())
        return tally

    def _before(self) -> tuple[Records, Records]:
        """All alerts and assets as they were at the last flush."""
        alerts, assets = (
            {**part.records, **part.touched} for part in (self._parts[Kind.ALERT], self._parts[Kind.ASSET])
        )
        return _present(alerts), _present(assets)

    def _flushed(self) -> list[Delta]:
        """Every record as it was at the last flush, as one that has just come."""
        return [
            Delta(KINDS[name], id, None, record)
            for name in _COUNTED
            for id, record in _present({**self._parts[name].records, **self._parts[name].touched}).items()
        ]


def _present(records: Mapping[str, Record | None]) -> dict[str, Record]:
    return {id: record for id, record in records.items() if record is not None}
