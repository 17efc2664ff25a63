"""Retention of the metric history."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """`[history]`: retention of points, 5 min rollups and 1 h rollups, seconds."""

    keep_raw: float = 30.0 * DAY
    keep_5m: float = 400.0 * DAY
    keep_1h: float = 5 * 365.0 * DAY
