"""The check of a camera's clock, with hysteresis: two wrong offsets in a row fail it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

LIMIT, CLEAR = 10.0, 5.0
"""Seconds of offset beyond which a clock is wrong, and below which it is right again."""
CLOCK_FRESH = 3 * 3600.0
"""Seconds for which a reading of the clock is shown as fresh."""
ZONE_SLACK = 90.0
"""Seconds by which an offset may differ from whole hours to be called a wrong time zone."""


@dataclass(slots=True)
class ClockCheck:
    """State of one clock's check. `wrong` is the number of wrong offsets in a row."""

    wrong: int = 0

    def verdict(self, offset: float) -> bool | None:
        """Take an offset in seconds. True: the clock is right. False: it is wrong. None: wait for a second offset."""
        if abs(offset) > LIMIT:
            self.wrong += 1
        elif abs(offset) < CLEAR:
            self.wrong = 0
        return None if self.wrong == 1 else not self.wrong


def offset_text(offset: float, *, unset: bool = False) -> str:
    """The meaning of a clock offset (seconds), in Chinese and English, divided by " | "."""
    if unset:
        return "时钟未设置 | the clock was never set"
    hours = round(offset / 3600)
    if hours and abs(offset - hours * 3600) <= ZONE_SLACK:
        return f"时区设置错误，偏差 {hours:+d} 小时 | the time zone is wrong by {hours:+d} h"
    return f"时钟偏差 {offset:+.0f} 秒 | the clock is off by {offset:+.0f} s"
