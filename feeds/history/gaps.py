"""Gaps in a series. Readers get an explicit break, so that no chart draws a line across a gap."""

from __future__ import annotations

import numpy as np

from feeds.history.codec import Floats, Ints

UNKNOWN_AFTER = 300.0
"""Seconds for which a value is valid when its collector did not declare a validity."""


def breaks(times: Ints, lasting: float, end: float) -> Ints:
    """The moments (ms) from which no value was valid; `times` (ms, ascending) are valid for `lasting` seconds each.

    `end` (epoch seconds) is the end of the query. A value that is still valid then makes no break.
    """
    if not len(times):
        return times
    over = times + round((lasting or UNKNOWN_AFTER) * 1000)
    following = np.append(times[1:], int(end * 1000))
    return over[over < following]


def with_breaks(times: Ints, moments: Ints, *columns: Floats) -> tuple[Ints, list[Floats]]:
    """Times and columns with a row of NaN at every break."""
    if not len(moments):
        return times, list(columns)
    indexes = np.searchsorted(times, moments)
    return np.insert(times, indexes, moments), [np.insert(column, indexes, np.nan) for column in columns]
