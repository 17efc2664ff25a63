"""Rows as a mapping sees them: how full each target is, which words are unknown, which stamps are midnight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from feeds.mapping.expressions import MappedRow, RowMapping

DISTINCT = 10_000
"""Distinct values that are counted at most."""


@dataclass(slots=True)
class FieldProfile:
    """One target over a number of rows. `midnights` counts instants at 00:00:00 of the mapping's zone.

    `problems` counts unusable values by code and value.
    """

    target: str
    filled: int = 0
    values: set[str] = field(default_factory=set)
    midnights: int = 0
    instants: int = 0
    oldest: Any = None
    newest: Any = None
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def midnight_share(self) -> float:
        """The share of instants that are a midnight, 0.0 without instants."""
        return self.midnights / self.instants if self.instants else 0.0


class Profiler:
    """Collects the profiles of a mapping's targets, row by row."""

    def __init__(self, mapping: RowMapping) -> None:
        self._mapping = mapping
        self.rows = 0
        self.profiles = {target: FieldProfile(target) for target in mapping.fields}

    def add(self, mapped: MappedRow) -> None:
        """Count one row."""
        self.rows += 1
        for target, value in mapped.values.items():
            self._value(self.profiles[target], value)
        for problem in mapped.problems:
            if problem.target in self.profiles:
                self.profiles[problem.target].problems[problem.code, problem.value] += 1

    def add_all(self, rows: Iterable[MappedRow]) -> None:
        """Count several rows."""
        for row in rows:
            self.add(row)

    def _value(self, profile: FieldProfile, value: Any) -> None:
        profile.filled += 1
        if len(profile.values) < DISTINCT:
            profile.values.add(str(value))
        convert = self._mapping.fields[profile.target].convert
        if convert not in ("date", "datetime"):
            return
        profile.oldest = value if profile.oldest is None else min(profile.oldest, value)
        profile.newest = value if profile.newest is None else max(profile.newest, value)
        if convert == "datetime":
            local = datetime.fromtimestamp(value, self._mapping.zone)
            profile.instants += 1
            profile.midnights += (local.hour, local.minute, local.second) == (0, 0, 0)
