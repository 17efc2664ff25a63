"""The change of one record between two flushes of the live feed, and its patch for each audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds.kinds import FULL, Audience, Record, RecordKind

_encode = msgspec.json.Encoder().encode


def patch(old: Mapping[str, Any], new: Mapping[str, Any]) -> Record:
    """The fields to set on `old` to make it `new`. Readings are set by key (None removes one)."""
    changed = {name: value for name, value in new.items() if name not in old or _differ(old[name], value)}
    if "readings" in changed and "readings" in old:
        before, after = old["readings"], new["readings"]
        readings: Record = {key: value for key, value in after.items() if _differ(before.get(key), value)}
        changed["readings"] = readings | {key: None for key in before if key not in after}
    return changed


def _differ(old: Any, new: Any) -> bool:
    """True when the values differ. Compares identity first: most values are the same object as before."""
    return old is not new and bool(old != new)


def patched(old: Mapping[str, Any], change: Mapping[str, Any]) -> Record:
    """`old` with a patch applied. Every client does the same."""
    new = {**old, **change}
    if "readings" in change:
        merged = {**old.get("readings", {}), **change["readings"]}
        new["readings"] = {key: value for key, value in merged.items() if value is not None}
    return new


def field_patch(
    id: str, old: Mapping[str, Any], new: Mapping[str, Any], fields: Iterable[str], parts: frozenset[str]
) -> Record | None:
    """The item that turns `old` into `new` (both have all `fields`); None when nothing has changed in them.

    Fields named in `parts` are patched part by part, and each part field by field.
    """
    changed: Record = {}
    merged: Record = {}
    for name in fields:
        before, after = old[name], new[name]
        if before is after or before == after:
            continue
        if name in parts:
            merged[name] = _merge(before, after)
        else:
            changed[name] = after
    if not (changed or merged):
        return None
    item: Record = {"id": id}
    if changed:
        item["set"] = changed
    if merged:
        item["merge"] = merged
    return item


def _merge(old: Mapping[str, Record], new: Mapping[str, Record]) -> dict[str, Record | None]:
    merged: dict[str, Record | None] = {}
    for key, part in new.items():
        before = old.get(key)
        if before is None:
            merged[key] = part
        elif before is not part and (
            change := {name: value for name, value in part.items() if before.get(name, _ABSENT) != value}
        ):
            merged[key] = change
    return merged | {key: None for key in old if key not in new}


_ABSENT = object()


def applied(record: Mapping[str, Any], item: Mapping[str, Any]) -> Record:
    """The record after an item has been applied. Every client does the same."""
    new = {**record, **item.get("set", {})}
    for name, parts in item.get("merge", {}).items():
        merged = dict(new[name])
        for key, part in parts.items():
            if part is None:
                del merged[key]
            else:
                merged[key] = {**merged.get(key, {}), **part}
        new[name] = merged
    return new


@dataclass(slots=True)
class Delta:
    """One record before and after a flush. None: it did not exist before, or no longer does.

    `whole` is the patch for an audience that sees everything. Most audiences can be sent that one, so
    its bytes are made once, when the first of them needs it.
    """

    kind: RecordKind[Any]
    id: str
    old: Record | None
    new: Record | None
    _whole: Record | None = field(init=False, default=None)
    _compared: bool = field(init=False, default=False)
    _bytes: msgspec.Raw | None = field(init=False, default=None)
    _patches: dict[str, msgspec.Raw | None] = field(init=False, default_factory=dict)

    @property
    def whole(self) -> Record | None:
        """The patch for an audience that sees everything. None: nothing changed, or the record is new or gone."""
        if not self._compared:
            self._compared = True
            change = patch(self.old, self.new) if self.old is not None and self.new is not None else None
            self._whole = {"kind": self.kind.name, "id": self.id, "set": change} if change else None
        return self._whole

    @property
    def plain(self) -> Delta:
        """The change in the plain feed, which leaves out records of exercises, tests and drafts."""
        if self.kind.apart is None:
            return self
        old, new = (record if self.kind.is_plain(record) else None for record in (self.old, self.new))
        return self if old is self.old and new is self.new else Delta(self.kind, self.id, old, new)

    def concerns(self, audience: Audience) -> bool:
        """False when the record exists only for another audience."""
        return True

    def patch_of(self, face: str) -> msgspec.Raw | None:
        """The item for views with this face that had the record and still have it. Computed once."""
        if face not in self._patches:
            assert self.old is not None, "a record that was not there has no patch"
            assert self.new is not None, "a record that is gone has no patch"
            item = field_patch(self.id, self.old, self.new, self.kind.fields(face), self.kind.parts)
            self._patches[face] = msgspec.Raw(_encode(item)) if item is not None else None
        return self._patches[face]

    def item(self, audience: Audience, face: str = FULL) -> Record | None:
        """The item of a face for this audience; None when nothing visible has changed.

        A record that it did not see before comes with all fields. One that it no longer sees is `gone`.
        """
        kind = self.kind
        old = self.old if self.old is not None and kind.sees(audience, self.old) else None
        new = self.new if self.new is not None and kind.sees(audience, self.new) else None
        if new is None:
            return None if old is None else {"kind": kind.name, "id": self.id, "gone": True}
        if old is not None and face == FULL and self._alike(audience):
            return self.whole
        shown = kind.faced(kind.shown(audience, new), face)
        change = shown if old is None else patch(kind.faced(kind.shown(audience, old), face), shown)
        return {"kind": kind.name, "id": self.id, "set": change} if change else None

    def _alike(self, audience: Audience) -> bool:
        """True when `whole` is the right patch for an audience that saw the record before and still sees it."""
        return self.kind.told_alike(audience, self.whole["set"] if self.whole is not None else {})

    def encoded(self, audience: Audience, face: str = FULL) -> msgspec.Raw | Record | None:
        """The item, already encoded as JSON where many clients receive the same one."""
        item = self.item(audience, face)
        if item is None or item is not self.whole:
            return item
        if self._bytes is None:
            self._bytes = msgspec.Raw(_encode(item))
        return self._bytes
