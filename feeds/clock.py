"""Time as an input: loops take a Clock, so that tests move it instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]


def now() -> float:
    """Seconds since the epoch, UTC."""
    return time.time()
