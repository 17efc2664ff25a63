"""The kinds that this process knows, and what is looked up by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec

from feeds.kinds.audience import Own
from feeds.kinds.kind import RecordKind, Stored
from feeds.kinds.subject import SubjectKind


class StoredType:
    """A type of record in Redis with its compiled decoder."""

    __slots__ = ("decode", "live", "name", "record", "ruled")

    def __init__(self, stored: Stored) -> None:
        self.name, self.record, self.live, self.ruled = stored.name, stored.record, stored.live, stored.ruled
        self.decode = msgspec.msgpack.Decoder(stored.record).decode


class Kinds:
    """Kinds by name. `more_subjects` are what rules may ask about beside the records of kinds."""

    def __init__(self, kinds: Iterable[RecordKind[Any]], more_subjects: Iterable[SubjectKind] = ()) -> None:
        self._kinds: dict[str, RecordKind[Any]] = {}
        self._more_subjects = tuple(more_subjects)
        self.stored: dict[str, StoredType] = {}
        self.subjects: dict[str, SubjectKind] = {}
        self._use(kinds)

    def _use(self, kinds: Iterable[RecordKind[Any]]) -> None:
        """Know these kinds and no others. The mappings stay the same objects: hot paths hold them."""
        self._kinds = {kind.name: kind for kind in kinds}
        types = [StoredType(stored) for kind in self._kinds.values() for stored in kind.stored]
        subjects = [kind.subject for kind in self._kinds.values() if kind.subject is not None]
        if odd := [subject.name for subject in subjects if subject.name not in self._kinds]:
            raise ValueError(f"subjects are named as their kinds are: {odd}")
        self.stored.clear()
        self.stored.update({stored.name: stored for stored in types})
        self.subjects.clear()
        self.subjects.update({subject.name: subject for subject in (*subjects, *self._more_subjects)})

    def __iter__(self) -> Iterator[RecordKind[Any]]:
        return iter(self._kinds.values())

    def __getitem__(self, name: str) -> RecordKind[Any]:
        return self._kinds[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The kinds that are shown, in the order of their registration."""
        return tuple(self._kinds)

    @property
    def entries(self) -> tuple[str, ...]:
        """The journal entry kinds that are about records."""
        return tuple(dict.fromkeys(entry for kind in self for entry in kind.entries))

    @property
    def personal(self) -> bool:
        """Whether a kind shows each person the own records only."""
        return any(isinstance(kind.visible, Own) for kind in self)

    @contextmanager
    def with_kind(self, kind: RecordKind[Any]) -> Iterator[None]:
        """Know one more kind for a while; for tests and tools. Servers and engines made before do not know it."""
        before = self._kinds
        if kind.name in before:
            raise ValueError(f"there is a kind {kind.name!r} already")
        self._use((*before.values(), kind))
        try:
            yield
        finally:
            self._use(before.values())

    def empty_state(self) -> Mapping[str, dict[str, Any]]:
        """An empty state: no record of any type."""
        return {name: {} for name in self.stored}
