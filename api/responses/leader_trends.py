"""Answers about trends for leaders."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from api.responses.common import Texts, Time


class TrendValue(msgspec.Struct, kw_only=True):
    """A figure of a period: null where nothing is known, `n` records, and how much of the period is known (0 to 1)."""

    value: float | None
    n: int
    coverage: float


class TrendBase(TrendValue, kw_only=True):
    """The figure of a period that is compared to. `change` is a ratio, percentage points / 100, or a difference.

    `verdict` says why there is no ratio: none, incomplete, few, zero.
    """

    first: str = msgspec.field(name="from")
    to: str
    change: float | None
    unit: Literal["", "ratio", "points", "count"]
    verdict: Literal["", "none", "incomplete", "few", "zero"]


class TrendFigure(msgspec.Struct, kw_only=True):
    """A figure with its definition, its value, and the two that it compares to (环比, 同比)."""

    key: str
    form: Literal["count", "duration", "share"]
    version: int
    name: Texts
    definition: Texts
    own: TrendValue
    previous: TrendBase
    year_before: TrendBase


class TrendMonth(msgspec.Struct, kw_only=True):
    """The figures of a month by key; a running month has as many days as have passed, and so have those beside it."""

    month: str
    first: str = msgspec.field(name="from")
    to: str
    coverage: float
    values: dict[str, dict[str, Any]]


class RankedUnit(msgspec.Struct, kw_only=True):
    """A unit by its median time to sign, in seconds. `rank` is null for a small sample."""

    unit: str
    name: dict[str, str]
    median: float | None
    n: int
    rank: int | None


class LeaderTrends(msgspec.Struct, kw_only=True):
    """Trends of emergency command."""

    as_of: Time
    month: str
    known_since: Time | None
    figures: list[TrendFigure]
    months: list[TrendMonth]
    units: list[RankedUnit]
