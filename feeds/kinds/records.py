"""The public records of one kind in a web worker, folded from changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol, cast

from feeds.kinds.audience import Record
from feeds.model import Change

if TYPE_CHECKING:
    from feeds.kinds.kind import RecordKind


Row = Any
"""A public record (a dictionary), or the stored record of which one can be made (never a dictionary)."""


class UnmadeRecord(Mapping[str, Any]):
    """A stored record of which single fields can be asked, as of the public one. That is made for a derived field.

    To count, select and order hundreds of thousands takes a few fields of each, and their public forms take ten times
    as long to make as to read.
    """

    __slots__ = ("_fields", "_public", "_stored", "_view")

    def __init__(self, stored: Any, view: Callable[[Any], Record], fields: Mapping[str, Callable[[Any], Any]]) -> None:
        """`fields` give those that are shown as they are stored."""
        self._stored, self._view, self._fields = stored, view, fields
        self._public: Record | None = None

    def public_record(self) -> Record:
        """The public record."""
        if self._public is None:
            self._public = self._view(self._stored)
        return self._public

    def __getitem__(self, name: str) -> Any:
        field = self._fields.get(name)
        return field(self._stored) if field is not None else self.public_record()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.public_record())

    def __len__(self) -> int:
        return len(self.public_record())


class LazyRecords(Mapping[str, Record]):
    """Public records by id, each made of its row when it is asked for."""

    __slots__ = ("_rows", "_view")

    def __init__(self, rows: dict[str, Row], view: Callable[[Any], Record]) -> None:
        self._rows, self._view = rows, view

    def __getitem__(self, key: str) -> Record:
        row = self._rows[key]
        if type(row) is not dict:
            row = self._rows[key] = self._view(row)
        return cast(Record, row)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class KindRecords(Protocol):
    """Public records by id, and how changes get into them.

    `rows` has the records, some of them unmade. `touched` has what each record was before it first changed (None: not
    there) since somebody emptied it.
    """

    touched: dict[str, Record | None]

    @property
    def rows(self) -> Mapping[str, Row]: ...

    @property
    def records(self) -> Mapping[str, Record]: ...

    def copy(self) -> Mapping[str, Record]:
        """The records as they are now; changes that come later do not alter them."""

    def reset(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Start again from the whole state, by the name under which it is stored."""

    def takers(self) -> Mapping[str, Callable[[Change], None]]:
        """What takes a change in, by the name under which its record is stored."""

    def catch_up(self, most: int | None = None) -> bool:
        """Make the records that have changed since they were made, at most so many. True when more wait."""

    def make(self, most: int) -> bool:
        """Make records that nobody has asked for yet, at most so many. True when more wait."""


class PlainRecords:
    """Records that follow from one stored record each."""

    def __init__(self, kind: RecordKind[Any]) -> None:
        self.rows: dict[str, Row] = {}
        self.touched: dict[str, Record | None] = {}
        self._name, self._view, self._live = kind.name, kind.view, kind.live
        self._unmade: dict[str, None] = {}

    @property
    def records(self) -> Mapping[str, Record]:
        """All public records; those of a whole state are made when they are asked for."""
        return LazyRecords(self.rows, self._view) if self._unmade else self.rows

    def copy(self) -> Mapping[str, Record]:
        return LazyRecords(dict(self.rows), self._view) if self._unmade else dict(self.rows)

    def reset(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        self.rows = dict(stored.get(self._name, {}))
        self._unmade = dict.fromkeys(self.rows)

    def takers(self) -> Mapping[str, Callable[[Change], None]]:
        return {self._name: self._take}

    def catch_up(self, most: int | None = None) -> bool:
        """Nothing to do: a record is made when it changes."""
        return False

    def make(self, most: int) -> bool:
        records = LazyRecords(self.rows, self._view)
        for key in list(islice(self._unmade, most)):
            records[key]
            del self._unmade[key]
        return bool(self._unmade)

    def _take(self, change: Change) -> None:
        self.touched.setdefault(change.id, self.records.get(change.id))
        self._unmade.pop(change.id, None)
        after = change.after
        if after is None or (self._live is not None and not self._live(after)):
            self.rows.pop(change.id, None)
        else:
            self.rows[change.id] = self._view(after)
