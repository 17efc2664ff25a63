"""A device's own time of a value, and the words for one that cannot be used. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

OLDEST = 1.5e9
"""Epoch seconds (2017). A device that gives an earlier time has no time."""


def clock_says(moment: float) -> str:
    """The text of a value whose own time (epoch seconds) cannot be used, in Chinese and English."""
    stamp = datetime.fromtimestamp(min(max(moment, 0.0), 4e9), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return f"其时钟显示 {stamp}，采用接收时间 | its clock says {stamp}: the time of receipt is used"
