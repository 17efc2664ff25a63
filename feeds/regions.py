"""Containment of region codes by GB/T 2260 and its longer forms, without a table.

A code is 6 digits (GB/T 2260: province 2, prefecture 2, county 2), 9 (township, GB/T 10114) or 12 (village, the form of
the statistics bureau and CPEAS). Zeros at the end of a level mean the whole of the level above: 530000 is a province,
532300 a prefecture, 532301 a county, 532301101 a township, 532301101001 a village, and 532300000000 the same prefecture
as 532300.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise

# GB/T 2260-2007, first two digits: provinces, autonomous regions, municipalities, Taiwan, Hong Kong, Macao.
_PROVINCES = frozenset(
    {
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    }
)
_LEVELS = (2, 4, 6, 9, 12)
_LENGTHS = (6, 9, 12)


def is_code(text: str) -> bool:
    """True for a region code: 6, 9 or 12 ASCII digits, an existing province, no level left out."""
    return bool(_significant(text))


def covers(outer: str, inner: str) -> bool:
    """True when `inner` is `outer` or lies inside it; "" covers everything, including things without a region.

    An invalid code covers nothing and is covered only by "": a typing error hides data and never reveals it.
    """
    if not outer:
        return True
    prefix = _significant(outer)
    return bool(prefix) and _significant(inner).startswith(prefix)


def prefix(code: str) -> str:
    """The digits that the code of every region inside begins with ("532300" -> "5323"); "" for an invalid code."""
    return _significant(code)


def parent(code: str) -> str:
    """The code one level up ("532301" -> "532300"); "" above a province and for an invalid code."""
    significant = _significant(code)
    shorter = [level for level in _LEVELS if level < len(significant)]
    return significant[: shorter[-1]].ljust(6, "0") if shorter else ""


def common_region(regions: Iterable[str]) -> str:
    """The smallest region that covers all of them, "" when there is none."""
    first, *others = list(regions) or [""]
    common = first
    while common and not all(covers(common, other) for other in others):
        common = parent(common)
    return common


@lru_cache(maxsize=8192)
def _significant(text: str) -> str:
    """The significant digits ("532300" -> "5323"); "" for an invalid code."""
    if len(text) not in _LENGTHS or not (text.isascii() and text.isdigit()) or text[:2] not in _PROVINCES:
        return ""
    end = 2
    gap = False
    for start, stop in pairwise(_LEVELS):
        part = text[start:stop]
        if not part.strip("0"):
            # A prefecture without counties (441900) has townships of its own; no other level may be skipped.
            gap = gap or stop != 6
        elif gap:
            return ""
        else:
            end = stop
    return text[:end]
