"""Kinds of records that are counted over the records of other kinds, by each web worker for each audience."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

from feeds.kinds.audience import Audience, Record
from feeds.kinds.kind import RecordKind, Stored
from feeds.kinds.records import Row

T = TypeVar("T")
CountPair = tuple[str, str]
"""A field, and the value that a record counts for in it."""
Share = tuple[tuple[str, ...], tuple[CountPair, ...]]
"""The ids of the counted records to which a record belongs, and what it counts for in each of them."""
NOTHING: Share = ((), ())

ABOUT = ("subject_kind", "asset")
"""The fields of a record that name what it is about."""


class Traits:
    """What the share of a record depends on: records with equal traits have equal shares.

    `trait` is given the values of ABOUT and of `fields`, all fields of the stored record, and the asset that the record
    is about. They come from the public record or, before that is made, from the stored one, with times in epoch
    seconds.
    """

    __slots__ = ("_of_public", "_of_stored", "trait")

    def __init__(self, fields: tuple[str, ...], trait: Callable[[Sequence[Any], Record | None], Hashable]) -> None:
        self.trait = trait
        self._of_public, self._of_stored = itemgetter(*ABOUT, *fields), attrgetter(*ABOUT, *fields)

    def values_of(self, row: Row) -> tuple[Any, ...]:
        """The values of ABOUT and of `fields`."""
        return self._of_public(row) if type(row) is dict else self._of_stored(row)


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every audience has records of its own, so none is hidden."""

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        """True: a counted record is made for its audience."""
        return True


@dataclass(frozen=True, kw_only=True, eq=False)
class CountedKind(RecordKind[T]):
    """A kind whose records are counted. Nothing of it is stored.

    `over` names the kinds that are counted. `share` says what one of their records counts for, given its kind, the
    record as the audience may see it, the asset that it is about (None: not one that the audience sees), and the
    audience. `count` makes a record of the counts with its id. `present`: whether there are records at all, given all
    counts by id; None: always. `traits` by the kind that is counted: what the share of a record depends on, to be
    quicker; for records that are about an asset.
    """

    over: tuple[str, ...]
    share: Callable[[str, Record, Record | None, Audience], Share]
    count: Callable[[str, Counter[CountPair]], Record]
    present: Callable[[Mapping[str, Counter[CountPair]]], bool] | None = None
    traits: Mapping[str, Traits] = field(default_factory=dict)

    @property
    def stored(self) -> tuple[Stored, ...]:
        return ()


def by_group(counts: Counter[CountPair]) -> dict[str, dict[str, int]]:
    """Counts by field and value."""
    groups: dict[str, dict[str, int]] = {}
    for (group, value), count in counts.items():
        groups.setdefault(group, {})[value] = count
    return groups
