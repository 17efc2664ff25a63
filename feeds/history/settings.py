"""How long what was collected is kept."""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class HistorySettings:
    """`[history]`: how long points, rollups of 5 min and rollups of 1 h are kept, seconds."""

    keep_raw: float = 30.0 * DAY
    keep_5m: float = 400.0 * DAY
    keep_1h: float = 5 * 365.0 * DAY
