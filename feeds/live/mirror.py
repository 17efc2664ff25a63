"""The web worker's picture of all live state, and what each audience may see of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds.model import Alert, Asset, AssetState, Change, Health, Kind, Reading
from feeds.model.isa_state import isa_state
from feeds.regions import covers
from feeds.wire import iso, public

Record = dict[str, Any]
KINDS = ("asset", "source", "alert", "warning")
PARENT_REGIONS = "_parent_regions"
_STATE = Kind.STATE
_NEVER_SEEN = AssetState(id="", region="", health=Health.UNKNOWN)
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Audience:
    """Who looks: "" sees every region; without `personal` no name of a person is shown."""

    region: str = ""
    personal: bool = True

    def sees(self, kind: str, record: Mapping[str, Any]) -> bool:
        """Whether a record concerns this audience's region; a warning also when it covers more than the region."""
        if kind == "warning":
            if record["scope"] != "Public" and not self.personal:
                return False
            regions = record["regions"] or [""]
            return not self.region or any(covers(self.region, one) or covers(one, self.region) for one in regions)
        return covers(self.region, record["region"])

    def shown(self, kind: str, record: Record) -> Record:
        """The record as this audience may read it: no names of people on a wall, no id of a foreign parent."""
        if kind == "alert" and not self.personal and record["ack"]:
            return {**record, "ack": {**record["ack"], "by": "", "comment": ""}}
        if kind == "asset":
            shown = {name: value for name, value in record.items() if name != PARENT_REGIONS}
            shown["parents"] = [key for key, region in record[PARENT_REGIONS] if covers(self.region, region)]
            return shown
        return record


def alert_record(alert: Alert) -> Record:
    """An alert as REST and the live feed show it."""
    return {**public(alert), "acked": alert.acked, "state": isa_state(alert)}


def asset_part(asset: Asset, assets: Mapping[str, Asset]) -> Record:
    """What of an asset's record the inventory says, and its parents' regions, which no audience is shown."""
    parents = [(key, assets[key].region) for key in asset.parents if key in assets]
    return {**public(asset), PARENT_REGIONS: parents}


def state_part(state: AssetState, before: AssetState, shown: Record | None) -> Record:
    """What of an asset's record its state says; a reading as it was `before` stands there as it was `shown`."""
    old = shown["readings"] if shown is not None else {}
    was = before.readings
    readings = {
        key: old[key] if key in old and was.get(key) == one else _reading(one) for key, one in state.readings.items()
    }
    return {
        "health": state.health,
        "since": iso(state.since),
        "stale_since": iso(state.stale_since),
        "seen_at": iso(state.seen_at),
        "readings": readings,
    }


def _reading(one: Reading) -> Record:
    """`public` of a reading, of which every poll brings many."""
    return {
        "value": one.value,
        "unit": one.unit,
        "quality": one.quality,
        "observed_at": iso(one.observed_at),
        "received_at": iso(one.received_at),
        "source": one.source,
        "probe": one.probe,
        "fresh_until": iso(one.fresh_until),
        "text": one.text,
    }


def patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> Record:
    """What to set on `old` to make it `new`: whole fields, but readings by key (None removes one)."""
    changed = {name: value for name, value in new.items() if name not in old or _differ(old[name], value)}
    if "readings" in changed and "readings" in old:
        before, after = old["readings"], new["readings"]
        readings: Record = {key: value for key, value in after.items() if _differ(before.get(key), value)}
        changed["readings"] = readings | {key: None for key in before if key not in after}
    return changed


def _differ(old: Any, new: Any) -> bool:
    """Most parts of a record are the very same objects as before."""
    return old is not new and bool(old != new)


def patched(old: Mapping[str, Any], change: Mapping[str, Any]) -> Record:
    """The other half of `patch`, as every client does it."""
    new = {**old, **change}
    if "readings" in change:
        merged = {**old.get("readings", {}), **change["readings"]}
        new["readings"] = {key: value for key, value in merged.items() if value is not None}
    return new


@dataclass(slots=True)
class Delta:
    """One thing between two flushes: what it was and what it is (None: not there).

    `whole` is what one who sees everything is told; most audiences that see the thing are told just that, so its
    bytes are made once, and only when somebody is told.
    """

    kind: str
    id: str
    old: Record | None
    new: Record | None
    _whole: Record | None = field(init=False, default=None)
    _compared: bool = field(init=False, default=False)
    _bytes: msgspec.Raw | None = field(init=False, default=None)

    @property
    def whole(self) -> Record | None:
        """What one who sees everything is told; None when nothing has changed, or the thing has come or gone."""
        if not self._compared:
            self._compared = True
            change = patch(self.old, self.new) if self.old is not None and self.new is not None else None
            self._whole = {"kind": self.kind, "id": self.id, "set": change} if change else None
        return self._whole

    def item(self, audience: Audience) -> Record | None:
        """What this audience must be told; None when it saw nothing of it before and sees nothing now."""
        old = self.old if self.old is not None and audience.sees(self.kind, self.old) else None
        new = self.new if self.new is not None and audience.sees(self.kind, self.new) else None
        if new is None:
            return None if old is None else {"kind": self.kind, "id": self.id, "gone": True}
        if old is not None and self._alike(audience):
            return self.whole
        shown = audience.shown(self.kind, new)
        change = shown if old is None else patch(audience.shown(self.kind, old), shown)
        return {"kind": self.kind, "id": self.id, "set": change} if change else None

    def _alike(self, audience: Audience) -> bool:
        """Whether who saw the thing before and sees it now is told no more and no less than `whole`."""
        changed = self.whole["set"] if self.whole is not None else {}
        if self.kind == "asset":
            return PARENT_REGIONS not in changed and "parents" not in changed
        return self.kind != "alert" or audience.personal or "ack" not in changed

    def encoded(self, audience: Audience) -> msgspec.Raw | Record | None:
        """The item, as ready JSON where it is the same for many."""
        item = self.item(audience)
        if item is None or item is not self.whole:
            return item
        if self._bytes is None:
            self._bytes = msgspec.Raw(_encode(item))
        return self._bytes


@dataclass(slots=True)
class Mirror:
    """Public records by kind and id; `rev` is the place in the change stream they stand at.

    An asset's record is made when somebody asks for it: while nobody looks, a poll costs no more than keeping it.
    """

    rev: str = ""
    _records: dict[str, dict[str, Record]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    _assets: dict[str, Asset] = field(default_factory=dict)
    _states: dict[str, AssetState] = field(default_factory=dict)
    _children: dict[str, set[str]] = field(default_factory=dict)
    _touched: dict[tuple[str, str], Record | None] = field(default_factory=dict)
    _behind: dict[str, AssetState | None] = field(default_factory=dict)
    """Assets whose records have not been made anew yet, with the states that these show; None: nothing is as it was."""

    def reset(self, rev: str, records: Mapping[Kind, Mapping[str, Any]]) -> None:
        """Start again from a whole state."""
        self.rev = rev
        self._assets, self._states, self._children = {}, dict(records[Kind.STATE]), {}
        for asset in records[Kind.ASSET].values():
            self._keep_asset(asset)
        self._records = {
            "asset": {key: self._asset_record(asset) for key, asset in self._assets.items()},
            "source": {key: public(source) for key, source in records[Kind.SOURCE].items()},
            "alert": {key: alert_record(alert) for key, alert in records[Kind.ALERT].items()},
            "warning": {key: public(warning) for key, warning in records[Kind.WARNING].items()},
        }
        self._touched.clear()
        self._behind.clear()

    def apply(self, changes: Iterable[Change]) -> None:
        """Fold changes in; what they touched waits for `flush`."""
        for change in changes:
            self.rev = change.rev or self.rev
            if change.kind is _STATE:
                before = self._states.get(change.id)
                _keep(self._states, change.id, change.after)
                self._touch("asset", change.id)
                self._behind.setdefault(change.id, before)
            elif change.kind is Kind.ASSET:
                self._place(change.id, change.after)
            else:
                self._touch(change.kind.value, change.id)
                _keep(self._records[change.kind.value], change.id, _record(change.after))

    def _touch(self, kind: str, key: str) -> None:
        self._touched.setdefault((kind, key), self._records[kind].get(key))

    def _place(self, key: str, asset: object) -> None:
        """An inventory row is this now; its children's records say where it lies."""
        if isinstance(asset, Asset):
            self._keep_asset(asset)
        else:
            self._assets.pop(key, None)
        for one in (key, *self._children.get(key, ())):
            self._touch("asset", one)
            self._behind[one] = None

    def _catch_up(self) -> None:
        """Make the records that are behind; what did not change in them is taken over as it is."""
        known = self._records["asset"]
        for key, before in self._behind.items():
            asset, shown = self._assets.get(key), known.get(key)
            if asset is None or shown is None or before is None:
                _keep(known, key, self._asset_record(asset) if asset is not None else None)
            else:
                known[key] = {**shown, **state_part(self._states.get(key, _NEVER_SEEN), before, shown)}
        self._behind.clear()

    def _asset_record(self, asset: Asset) -> Record:
        """An asset with its state at its top level, from nothing."""
        state = self._states.get(asset.id, _NEVER_SEEN)
        return {**asset_part(asset, self._assets), **state_part(state, _NEVER_SEEN, None)}

    def _keep_asset(self, asset: Asset) -> None:
        """Children are only ever added: one that has another parent now is rebuilt once too often, no more."""
        self._assets[asset.id] = asset
        for parent in asset.parents:
            self._children.setdefault(parent, set()).add(asset.id)

    def flush(self) -> list[Delta]:
        """What was touched since the last flush, each thing once; whether it is another one now, the delta knows."""
        self._catch_up()
        touched, self._touched = self._touched, {}
        return [Delta(kind, key, old, self._records[kind].get(key)) for (kind, key), old in touched.items()]

    def forget(self) -> None:
        """Nobody goes on from before: what was touched is no change to anybody."""
        self._touched.clear()

    def record(self, kind: str, key: str, audience: Audience) -> Record | None:
        """One record, if this audience may see it."""
        self._catch_up()
        record = self._records[kind].get(key)
        if record is None or not audience.sees(kind, record):
            return None
        return audience.shown(kind, record)

    def records(self, kind: str, audience: Audience) -> dict[str, Record]:
        """All records of a kind that this audience may see."""
        self._catch_up()
        known = self._records[kind]
        return {key: audience.shown(kind, one) for key, one in known.items() if audience.sees(kind, one)}

    def hidden(self, audience: Audience) -> dict[str, int]:
        """How many things of each kind this audience does not see, so that nobody takes a part for the whole."""
        if not audience.region and audience.personal:
            return dict.fromkeys(KINDS, 0)
        self._catch_up()
        return {
            kind: sum(not audience.sees(kind, record) for record in known.values())
            for kind, known in self._records.items()
        }

    def snapshot(self, audience: Audience) -> Record:
        """Everything this audience may see, at `rev`."""
        seen = {kind: self.records(kind, audience) for kind in KINDS}
        return {"rev": self.rev, **seen, "hidden": self.hidden(audience)}


def _record(after: object) -> Record | None:
    """What is shown of a source, an alert or a warning; None when it is gone, or an alert that nobody waits for."""
    if isinstance(after, Alert):
        return alert_record(after) if after.open else None
    return public(after) if after is not None else None


def _keep(known: dict[str, Any], key: str, after: Any) -> None:
    if after is None:
        known.pop(key, None)
    else:
        known[key] = after
