"""Results of measurements: one JSON line a figure, with its conditions and the raw limit beside it."""

from __future__ import annotations

import asyncio
import json
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Conditions = dict[str, Any]


class Skipped(Exception):
    """This machine cannot measure it; the text says what it wants."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value.

    `raw` is the same machine's limit measured in the same run, in the same unit; `aim` is what the figure is to reach.
    """

    name: str
    value: float
    unit: str
    conditions: Conditions = field(default_factory=dict)
    raw: dict[str, float] = field(default_factory=dict)
    aim: str = ""

    def line(self) -> str:
        """The figure as JSON, with its ratio to every raw limit."""
        body: dict[str, Any] = {"figure": self.name, "value": _short(self.value), "unit": self.unit}
        if self.raw:
            body["raw"] = {name: _short(value) for name, value in self.raw.items()}
            body["ratio"] = {name: _short(self.value / value) for name, value in self.raw.items() if value}
        if self.aim:
            body["aim"] = self.aim
        return json.dumps(body | {"conditions": self.conditions}, ensure_ascii=False)


Measure = Callable[[bool], AsyncIterator[Figure]]
"""A measurement; True asks for the short one."""


async def until(condition: Callable[[], Awaitable[bool]], *, every: float = 0.01, within: float = 60.0) -> None:
    """Ask again and again until the answer is yes; TimeoutError when it does not come. Processes send no events."""
    async with asyncio.timeout(within):
        while not await condition():  # noqa: ASYNC110  # what is waited for happens in another process
            await asyncio.sleep(every)


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0…1) of them do not exceed; a p99 of fewer than 100 is their worst."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))]


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def spread(values: Sequence[float]) -> list[float]:
    """Every run's value, so that the reader sees how noisy the machine was."""
    return [_short(value) for value in values]


def _short(value: float) -> float:
    """Three significant digits below a thousand, whole numbers above."""
    if abs(value) >= 1000:
        return round(value)
    return float(f"{value:.3g}")
