"""Texts of readings whose device gives no value, or a time that cannot be used. In Chinese and English. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

OLDEST = 1.5e9
"""Epoch seconds (2017). An earlier time is that of a device whose clock was never set."""


def unusable_time(moment: float) -> str:
    """The text of a value whose own time (epoch seconds) is replaced by the time of receipt."""
    stamp = datetime.fromtimestamp(min(max(moment, 0.0), 4e9), UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return f"其时钟显示 {stamp}，采用接收时间 | its clock says {stamp}: the time of receipt is used"


def no_value(mark: str) -> str:
    """The text of a reading for which the device sent `mark`, its maker's mark for "no value"."""
    return f"设备表示无有效值（{mark}） | the device says that it has no value ({mark})"
