"""Which figures of the load are out of their target."""

from __future__ import annotations

from typing import Any

import pytest

from api.load.outs import outs

CALM: dict[str, Any] = {
    "rate": {"per_operator": 1, "target": 1, "day_per_operator": 150, "day_target": 150, "day_too_many": 300},
    "flood": {"on": False},
    "peak": {"hour": 15, "hour_target": 15, "minute": 2, "minute_target": 2},
    "stale": {"count": 0, "target": 0, "limit": 5},
    "chattering": {"count": 0, "target": 0},
    "frequent": {"share": 0.05, "target": 0.05},
    "priorities": {"counts": {"critical": 2, "major": 18}, "high": 0.1, "target": {"high": 0.05}},
}
TIMES: dict[str, Any] = {"median_s": 600, "target": 600}
NO_TARGET: dict[str, Any] = {"median_s": 600, "target": None}


def test_a_figure_that_just_meets_its_target_is_within_it() -> None:
    assert set(outs(CALM, TIMES, NO_TARGET).values()) == {""}


@pytest.mark.parametrize(
    ("figure", "part", "values", "out"),
    [
        ("rate", "rate", {"per_operator": 1.1}, "degraded"),
        ("rate", "rate", {"per_operator": 10.1}, "down"),
        ("day", "rate", {"day_per_operator": 151}, "degraded"),
        ("day", "rate", {"day_per_operator": 301}, "down"),
        ("flood", "flood", {"on": True}, "down"),
        ("peak_hour", "peak", {"hour": 1000}, "degraded"),
        ("peak_minute", "peak", {"minute": 3}, "degraded"),
        ("stale", "stale", {"count": 5}, "degraded"),
        ("stale", "stale", {"count": 6}, "down"),
        ("chattering", "chattering", {"count": 1}, "degraded"),
        ("frequent", "frequent", {"share": 0.06}, "degraded"),
        ("frequent", "frequent", {"share": None}, ""),
        ("priorities", "priorities", {"high": 0.11}, "degraded"),
        ("priorities", "priorities", {"high": 0.11, "counts": {"critical": 19}}, ""),
    ],
)
def test_a_figure_beyond_its_target_says_how_far(figure: str, part: str, values: dict[str, Any], out: str) -> None:
    judged = outs(CALM | {part: CALM[part] | values}, TIMES, TIMES)
    assert {name: value for name, value in judged.items() if value} == ({figure: out} if out else {})


def test_a_time_is_late_only_where_the_site_has_a_target() -> None:
    late = {"median_s": 601, "target": 600}
    judged = outs(CALM, late, NO_TARGET | {"median_s": 1e9})
    assert (judged["mtta"], judged["mttr"]) == ("degraded", "")
