"""How far a source has been read: the newest stamp of each table, and rounds that end before their last page.

A round that ends early goes on at its place. The newest stamp moves only with a complete round, because a system may
give its newest rows first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feeds.cases.source import CaseTable

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class RowPage:
    """The rows of one page. `following` is where the page after it begins, None behind the last page.

    `problem` is a sentence on a page that is not what it should be, "" for a good one.
    """

    rows: Rows
    following: Any = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A round of one table that goes on later. `newest` is the newest stamp of its rows so far."""

    since: float
    place: Any
    newest: float


@dataclass(slots=True, kw_only=True)
class Progress:
    """The newest stamp and the unfinished round, by table."""

    newest: dict[str, float] = field(default_factory=dict)
    unfinished: dict[str, Unfinished] = field(default_factory=dict)

    def copy(self) -> Progress:
        return Progress(newest=dict(self.newest), unfinished=dict(self.unfinished))

    def begin(self, table: CaseTable, since: float) -> Unfinished:
        """The round of a table that goes on, or a new one that asks for rows changed since then."""
        return self.unfinished.get(table.name) or Unfinished(since=since, place=None, newest=0.0)

    def end(self, table: CaseTable, round_: Unfinished, *, failed: bool) -> None:
        """Note how far a round came. One without a place is complete, or begins anew if it failed."""
        self.unfinished.pop(table.name, None)
        if round_.place is not None:
            self.unfinished[table.name] = round_
        if round_.place is not None or failed:
            return
        if newest := max(self.newest.get(table.name, 0.0), round_.newest):
            self.newest[table.name] = newest


def positions(body: Any) -> dict[str, float]:
    """The newest stamps by table of a state file. Raises TypeError or ValueError for another form."""
    if not isinstance(body, Mapping):
        raise TypeError("these are no positions")
    return {str(name): float(at) for name, at in body.items()}
