"""Reminder sheets (催办单) as data: `sheets.csv` says which colour follows what after how long. Pure.

`after` is the light that raises the sheet, or the colour of the sheet before; `seconds` later than that, or one full
term of the task later where that is shorter.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRule:
    """When a sheet of one colour is raised, for tasks of which kinds. `letter` stands in its number."""

    colour: str
    letter: str
    after: str
    seconds: float
    kinds: tuple[str, ...]
    source: str


@cache
def sheet_rules() -> tuple[SheetRule, ...]:
    """The rules in the order of the file."""
    text = (files("feeds.tasks") / "sheets.csv").read_text("utf-8")
    return tuple(
        SheetRule(
            colour=row["colour"],
            letter=row["letter"],
            after=row["after"],
            seconds=float(row["seconds"]),
            kinds=tuple(row["kinds"].split(";")),
            source=row["source"],
        )
        for row in csv.DictReader(text.splitlines())
    )
