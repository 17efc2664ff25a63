"""Boards: counts, worst state and ages by region, unit, kind and feed. Made by each web worker, for each audience."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from feeds.kinds.audience import Audience
from feeds.kinds.filters import Exact, Words
from feeds.kinds.kind import RecordKind, Stored
from feeds.model import Health
from feeds.model.times import Time

Grouping = Literal["region", "unit", "kind", "feed"]
GROUPINGS: tuple[Grouping, ...] = ("region", "unit", "kind", "feed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Counts of what one audience sees of a region (a county's code), a unit (owner), a kind of asset or a feed.

    `health` counts the assets, `alerts` the active alerts that nothing hides by severity, `unacked` those of them that
    nobody has taken, `sources` the sources of data by whether they are heard of (`ok`, `failing`, `silent`).
    `worst` is `unknown` where nothing is worse and something is not known. `stale_since`: since when the oldest missing
    data is missing. `seen_at`: when the asset that was heard of least recently was heard of, down to the minute.
    """

    id: str
    by: Grouping
    key: str
    worst: Health
    total: int
    health: dict[str, int]
    alerts: dict[str, int]
    unacked: int
    sources: dict[str, int]
    stale: int
    stale_since: Time | None
    seen_at: Time | None


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every audience has records of its own, so none is hidden."""

    def sees(self, audience: Audience, record: Mapping[str, Any]) -> bool:
        """Whether the record is shown to this audience: always."""
        return True


@dataclass(frozen=True, kw_only=True, eq=False)
class CountedKind(RecordKind[Board]):
    """A kind whose records are counted over the records of other kinds. Nothing of it is stored."""

    @property
    def stored(self) -> tuple[Stored, ...]:
        return ()


BOARD = CountedKind(
    name="board",
    plural="boards",
    record=Board,
    writer="web",
    visible=Everybody(),
    filters=(Words(name="by", words=GROUPINGS), Exact(name="key"), Words(name="worst", words=tuple(Health))),
    slashes=True,
)
