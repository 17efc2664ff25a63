"""Assets: one public record made from stored ones: the inventory's row, the state, the facts and the root cause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from feeds.cameras.derived import CAMERA
from feeds.cameras.status import CameraStatus, camera_status
from feeds.kinds.audience import Audience, Record
from feeds.kinds.kind import RecordKind, Stored
from feeds.kinds.records import KindRecords, Row
from feeds.kinds.views import shown_type, view_fields, view_type
from feeds.model import Asset, AssetState, Change, DeviceFacts, Health, Kind, Reading, RootCause
from feeds.regions import covers
from feeds.wire import iso, public

PARENT_REGIONS = "_parent_regions"
_PARENTS = frozenset(("parents", PARENT_REGIONS))
_NEVER_SEEN = AssetState(id="", region="", health=Health.UNKNOWN)


@dataclass(frozen=True, kw_only=True, eq=False)
class JoinedKind(RecordKind[Asset]):
    """Assets with their states at the top level, and the alert that explains them (`cut_by`, "" for none).

    `state` is the type of the second stored record. `camera` sums up a camera's ladder; None for any other asset.
    `facts` is what the device says of itself.
    """

    state: type[AssetState] = AssetState

    @property
    def stored(self) -> tuple[Stored, ...]:
        return (
            Stored(Kind.ASSET, Asset),
            Stored(Kind.STATE, AssetState),
            Stored(Kind.FACTS, DeviceFacts, ruled=False),
            Stored(Kind.ROOT_CAUSE, RootCause, ruled=False),  # what the alert engine itself says of an asset
        )

    @cached_property
    def schema(self) -> type[Any]:
        state = {name: kind for name, kind in view_fields(AssetState).items() if name not in ("id", "region")}
        more = {"cut_by": str, "camera": shown_type(CameraStatus | None), "facts": dict[str, str]}
        return view_type("AssetRecord", Asset, view_fields(Asset) | state | more)

    def records(self) -> KindRecords:
        return AssetRecords()

    def shown(self, audience: Audience, record: Record) -> Record:
        """The record without parents in regions that this audience does not see."""
        record = super().shown(audience, record)
        shown = {name: value for name, value in record.items() if name != PARENT_REGIONS}
        shown["parents"] = [key for key, region in record[PARENT_REGIONS] if covers(audience.region, region)]
        return shown

    def altered(self, audience: Audience) -> frozenset[str]:
        return _PARENTS | super().altered(audience)


class AssetRecords:
    """Public records of assets. Each is made when it is asked for, so that a poll alone only stores its state."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.touched: dict[str, Record | None] = {}
        self._assets: dict[str, Asset] = {}
        self._states: dict[str, AssetState] = {}
        self._children: dict[str, set[str]] = {}
        self._roots: dict[str, str] = {}
        self._facts: dict[str, DeviceFacts] = {}
        self._behind: dict[str, AssetState | None] = {}
        """Assets whose records are out of date, with the states that these show; None: make the record from nothing."""

    @property
    def rows(self) -> Mapping[str, Row]:
        return self.records

    def copy(self) -> Mapping[str, Record]:
        return dict(self.records)

    def reset(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        self._assets, self._states, self._children = {}, dict(stored.get(Kind.STATE, {})), {}
        self._roots = {key: cause.root for key, cause in stored.get(Kind.ROOT_CAUSE, {}).items()}
        self._facts = dict(stored.get(Kind.FACTS, {}))
        for asset in stored.get(Kind.ASSET, {}).values():
            self._keep_asset(asset)
        self.records = {}
        self._behind = dict.fromkeys(self._assets)

    def takers(self) -> Mapping[str, Callable[[Change], None]]:
        return {
            Kind.STATE: self._take_state,
            Kind.ASSET: self._take_asset,
            Kind.FACTS: self._take_facts,
            Kind.ROOT_CAUSE: self._take_root_cause,
        }

    def catch_up(self, most: int | None = None) -> bool:
        """Make at most so many records that are out of date. True when there are more."""
        behind = self._behind
        for key in list(islice(behind, most)):
            self._catch_up(key, behind.pop(key))
        return bool(behind)

    def make(self, most: int) -> bool:
        """Nothing to do: `catch_up` makes the records of a whole state."""
        return False

    def _catch_up(self, key: str, before: AssetState | None) -> None:
        asset, shown = self._assets.get(key), self.records.get(key)
        if asset is None:
            self.records.pop(key, None)
        elif shown is None or before is None:
            self.records[key] = self._record(asset)
        else:
            state = self._states.get(key, _NEVER_SEEN)
            self.records[key] = self._joined(shown, _state_part(state, before, shown))

    def _take_state(self, change: Change) -> None:
        key, states = change.id, self._states
        before = states.get(key)
        if change.after is None:
            states.pop(key, None)
        else:
            states[key] = change.after
        self.touched.setdefault(key, self.records.get(key))
        self._behind.setdefault(key, before)

    def _take_facts(self, change: Change) -> None:
        if isinstance(change.after, DeviceFacts):
            self._facts[change.id] = change.after
        else:
            self._facts.pop(change.id, None)
        self.touched.setdefault(change.id, self.records.get(change.id))
        self._behind[change.id] = None

    def _take_root_cause(self, change: Change) -> None:
        key, cause = change.id, change.after
        if isinstance(cause, RootCause):
            self._roots[key] = cause.root
        else:
            self._roots.pop(key, None)
        self.touched.setdefault(key, self.records.get(key))
        self._behind.setdefault(key, self._states.get(key))

    def _take_asset(self, change: Change) -> None:
        """An inventory row has changed; its children's records say where it lies."""
        if isinstance(change.after, Asset):
            self._keep_asset(change.after)
        else:
            self._assets.pop(change.id, None)
        for key in (change.id, *self._children.get(change.id, ())):
            self.touched.setdefault(key, self.records.get(key))
            self._behind[key] = None

    def _record(self, asset: Asset) -> Record:
        state = self._states.get(asset.id, _NEVER_SEEN)
        facts = self._facts.get(asset.id)
        merged = facts.merged(asset.probes) if facts is not None else {}
        return self._joined(_asset_part(asset, self._assets) | {"facts": merged}, _state_part(state, _NEVER_SEEN, None))

    def _joined(self, asset: Record, state: Record) -> Record:
        """The record of an asset with these fields of its state."""
        camera = None
        if asset["kind"] == CAMERA:
            camera = camera_status(state["health"], asset["labels"], state["readings"], asset["importance"])
        return {**asset, **state, "cut_by": self._roots.get(asset["id"], ""), "camera": camera}

    def _keep_asset(self, asset: Asset) -> None:
        """Store a row, and its asset as a child of its parents.

        Children are never removed. One that has another parent now is only made again once too often.
        """
        self._assets[asset.id] = asset
        for parent in asset.parents:
            self._children.setdefault(parent, set()).add(asset.id)


def _asset_part(asset: Asset, assets: Mapping[str, Asset]) -> Record:
    """The fields of the inventory's row, and the parents' regions, which no audience is shown."""
    parents = [(key, assets[key].region) for key in asset.parents if key in assets]
    return {**public(asset), PARENT_REGIONS: parents}


def _state_part(state: AssetState, before: AssetState, shown: Record | None) -> Record:
    """The fields of the state. A reading that has not changed since `before` keeps its object in the record `shown`."""
    old = shown["readings"] if shown is not None else {}
    was = before.readings
    readings = {
        key: old[key] if key in old and was.get(key) == reading else _reading(reading)
        for key, reading in state.readings.items()
    }
    return {
        "health": state.health,
        "since": iso(state.since),
        "stale_since": iso(state.stale_since),
        "seen_at": iso(state.seen_at),
        "readings": readings,
    }


def _reading(reading: Reading) -> Record:
    """Like `public`, written out: every poll brings many readings."""
    return {
        "value": reading.value,
        "unit": reading.unit,
        "quality": reading.quality,
        "observed_at": iso(reading.observed_at),
        "received_at": iso(reading.received_at),
        "source": reading.source,
        "probe": reading.probe,
        "fresh_until": iso(reading.fresh_until),
        "text": reading.text,
        "confirmed_at": iso(reading.confirmed_at),
    }
