"""The public records of one kind in a web worker, folded from changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Protocol

from feeds.kinds.audience import Record
from feeds.model import Change

if TYPE_CHECKING:
    from feeds.kinds.kind import RecordKind


class KindRecords(Protocol):
    """Public records by id, and how changes get into them.

    `touched` has what each record was before it first changed (None: not there) since somebody emptied it.
    """

    records: dict[str, Record]
    touched: dict[str, Record | None]

    def reset(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        """Start again from the whole state, by the name under which it is stored."""

    def takers(self) -> Mapping[str, Callable[[Change], None]]:
        """What takes a change in, by the name under which its record is stored."""

    def catch_up(self, most: int | None = None) -> bool:
        """Make the records that have not been made anew since they changed, at most so many. True when more wait."""


class PlainRecords:
    """Records that follow from one stored record each."""

    def __init__(self, kind: RecordKind[Any]) -> None:
        self.records: dict[str, Record] = {}
        self.touched: dict[str, Record | None] = {}
        self._name, self._view, self._live = kind.name, kind.view, kind.live
        self._unmade: dict[str, Any] = {}

    def reset(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        rows = stored.get(self._name, {})
        self._unmade = {key: row for key, row in rows.items() if type(row) is not dict}
        self.records = {key: row for key, row in rows.items() if key not in self._unmade}  # read as views

    def takers(self) -> Mapping[str, Callable[[Change], None]]:
        return {self._name: self._take}

    def catch_up(self, most: int | None = None) -> bool:
        """Each record is made when it changes; only those of a whole state wait, unless they were read as views."""
        for key in list(islice(self._unmade, most)):
            self.records[key] = self._view(self._unmade.pop(key))
        return bool(self._unmade)

    def _take(self, change: Change) -> None:
        self.touched.setdefault(change.id, self.records.get(change.id))
        after = change.after
        if after is None or (self._live is not None and not self._live(after)):
            self.records.pop(change.id, None)
        else:
            self.records[change.id] = self._view(after)
