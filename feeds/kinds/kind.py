"""One kind of record as data: from it follow its wire type, live view, routes, rules, texts and types for browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, TypeVar, cast, get_args, get_origin

import msgspec

from feeds.kinds.audience import Audience, ByRegion, Own, Record, Visibility
from feeds.kinds.filters import Filter, Sort
from feeds.kinds.places import Geometry
from feeds.kinds.records import KindRecords, PlainRecords, Row, UnmadeRecord
from feeds.kinds.searchable import Searchable
from feeds.kinds.subject import SubjectKind
from feeds.kinds.views import view_fields, view_type
from feeds.wire import public, public_fields

T = TypeVar("T")
FULL = "full"
"""The face that has every field."""


@dataclass(frozen=True, slots=True)
class Derived(Generic[T]):
    """A field that the view has beside those of the record: its name, its type, and its value, given the record.

    Without `value` the kind's `derivation` gives it.
    """

    name: str
    type: Any
    value: Callable[[T], Any] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """One type of record as it is kept in Redis: under which name, and whether it is still live (None: always).

    `ruled`: rules over the kind may ask of it, so the alert engine follows it.
    """

    name: str
    record: type[Any]
    live: Callable[[Any], bool] | None = None
    ruled: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class RecordKind(Generic[T]):
    """A kind of record that lives in Redis, is shown on screens and listed by REST.

    `record` is the type on the wire, `writer` the one role that writes it. `live`: False for a record that leaves
    Redis and the screens (None: all are live); `archive` is the kind of journal document where it is found then.
    The view is the record's fields, with times as RFC 3339, and `derived`. `faces` name sets of its fields.
    `derivation` gives the values of derived fields by name, given the record's fields as shown.
    `visible` says who sees a record; `confidential` ones are for audiences with `personal` only, and what stands at
    the dotted paths of `redact` is blank for others. `entries` are the journal entry kinds about it.
    `filters` and `sort` make its list; `slashes`: its ids may contain "/". `subject` makes rules possible over it,
    `place` gives it a layer of the map, with the fields of the face "map". `plain`: the plain live feed and the
    snapshot have it; other kinds are for views and lists only. `apart`: True for a record of an exercise, a test or a
    draft, which the plain feed, the snapshot and the search leave out; views and lists show it when asked.
    `search`: what the search finds its records by. `holder` names the field with the unit that has a record: people of
    a unit see theirs, and no record of any kind without a holder.
    """

    name: str
    plural: str
    record: type[T]
    writer: str
    live: Callable[[T], bool] | None = None
    archive: str = ""
    derived: tuple[Derived[T], ...] = ()
    derivation: Callable[[Record], Record] | None = None
    faces: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    visible: Visibility = field(default_factory=ByRegion)
    confidential: Callable[[Mapping[str, Any]], bool] | None = None
    redact: tuple[str, ...] = ()
    entries: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: Sort = field(default_factory=Sort)
    slashes: bool = False
    subject: SubjectKind | None = None
    place: Callable[[Record], Geometry | None] | None = None
    plain: bool = True
    apart: Callable[[Mapping[str, Any]], bool] | None = None
    search: Searchable | None = None
    holder: str = ""

    @property
    def stored(self) -> tuple[Stored, ...]:
        """The types of record that this kind keeps in Redis."""
        return (Stored(self.name, self.record, self.live),)

    @cached_property
    def schema(self) -> type[Any]:
        """The type of the view, for OpenAPI and TypeScript."""
        derived = {field.name: field.type for field in self.derived}
        return view_type(f"{self.name.title().replace('_', '')}Record", self.record, view_fields(self.record) | derived)

    def records(self) -> KindRecords:
        """The public records of this kind in one web worker, empty; see `feeds.kinds.records`."""
        return PlainRecords(self)

    def view(self, record: T) -> Record:
        """The record as REST and the live feed show it."""
        shown = public(record)
        for extra in self.derived:
            if extra.value is not None:
                shown[extra.name] = extra.value(record)
        return self.derive(shown)

    def public_record(self, row: Row) -> Record:
        """The public record of a row."""
        return row if type(row) is dict else self.view(row)

    def fields_of(self, row: Row) -> Mapping[str, Any]:
        """A row as a record of which single fields are asked: one that is unmade stays so."""
        return row if type(row) is dict else UnmadeRecord(row, self.view, self.stored_fields)

    @cached_property
    def stored_fields(self) -> Mapping[str, Callable[[Any], Any]]:
        """Functions by field name, each of which gives a stored record's field in its public form.

        Empty when the `derivation` gives no derived field: it alters stored ones.
        """
        alters = self.derivation is not None and all(extra.value is not None for extra in self.derived)
        return {} if alters else public_fields(cast(Any, self.record))

    @cached_property
    def sort_key(self) -> Callable[[Row], tuple[str, ...]]:
        """A function that gives the sort key of a row in lists. The row's public record is not made for it."""
        of_public, fields = self.sort.key, self.stored_fields
        readers = [fields[name] for name in self.sort.fields if name in fields]
        if len(readers) < len(self.sort.fields):  # it is ordered by a derived field
            return lambda row: of_public(self.fields_of(row))
        return lambda row: of_public(row) if type(row) is dict else tuple([read(row) for read in readers])

    def derive(self, shown: Record) -> Record:
        """The record's shown fields with those that follow from them."""
        if self.derivation is not None:
            shown.update(self.derivation(shown))
        return shown

    def is_plain(self, record: Record | None) -> bool:
        """Whether the plain feed, the snapshot and the search have the record."""
        return record is not None and self.plain and not (self.apart is not None and self.apart(record))

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        """Whether this audience is shown the record at all."""
        if audience.units is not None:
            return bool(self.holder) and record[self.holder] in audience.units
        if self.confidential is not None and not audience.personal and self.confidential(record):
            return False
        return self.visible.sees(audience, record)

    def sees_all(self, audience: Audience) -> bool:
        """True when no record of the kind is hidden from this audience."""
        if audience.units is not None or audience.region or isinstance(self.visible, Own):
            return False
        return self.confidential is None or audience.personal

    def shows_all(self, audience: Audience) -> bool:
        """True when this audience is shown every record of the kind as it is."""
        return self.sees_all(audience) and not self.altered(audience)

    def shown(self, audience: Audience, record: Record) -> Record:
        """The record as this audience may read it."""
        if audience.personal or not self.redact:
            return record
        for path in self.redact:
            record = _blanked(record, path.split("."))
        return record

    def told_alike(self, audience: Audience, changed: Iterable[str]) -> bool:
        """Whether this audience is told the same of a change of these fields as one that sees everything."""
        return self.altered(audience).isdisjoint(changed)

    def altered(self, audience: Audience) -> frozenset[str]:
        """The fields that this audience may be shown otherwise than one that sees everything."""
        return frozenset() if audience.personal else self._redacted

    @cached_property
    def _redacted(self) -> frozenset[str]:
        return frozenset(path.partition(".")[0] for path in self.redact)

    def faced(self, record: Record, face: str) -> Record:
        """The fields of a record that a face has."""
        return record if face == FULL else {name: record[name] for name in self.faces[face]}

    def fields(self, face: str) -> tuple[str, ...]:
        """The names of the fields of a face, in the order of the view."""
        return self.faces[face] if face != FULL else tuple(field.name for field in msgspec.structs.fields(self.schema))

    @cached_property
    def parts(self) -> frozenset[str]:
        """The fields that are maps of objects, as the readings of an asset: their parts are patched one by one."""
        return frozenset(field.name for field in msgspec.structs.fields(self.schema) if _maps_objects(field.type))


def _maps_objects(annotation: Any) -> bool:
    values = get_args(annotation)[1:] if get_origin(annotation) is dict else ()
    return any(isinstance(value, type) and issubclass(value, msgspec.Struct) for value in values)


def _blanked(record: Record, path: list[str]) -> Record:
    """The record with an empty text at a path; what is not there stays away."""
    name, *below = path
    inner = record.get(name)
    if not inner:
        return record
    return {**record, name: _blanked(inner, below) if below else type(inner)()}
