"""Where nothing was known: a reader is told, and never draws a line across."""

from __future__ import annotations

import numpy as np

from feeds.history.codec import Floats, Ints

UNKNOWN_AFTER = 300.0
"""Seconds for which a value stands whose collector did not say how long."""


def breaks(times: Ints, lasting: float, end: float) -> Ints:
    """The moments (ms) from which on nothing was known, while `times` (ms, ascending) each last some seconds.

    `end` (epoch seconds) is how far the reader looks; a value that still lasts then makes no break.
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
    places = np.searchsorted(times, moments)
    return np.insert(times, places, moments), [np.insert(column, places, np.nan) for column in columns]
