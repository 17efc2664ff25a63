"""The trends page: values, changes and ranks as their definitions say, and a dash for what is not known."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.reports.texts import ReportTexts
from dashboard.reports.trend_values import TrendLine, approval_lines, availability_line, emergency_lines, ranked
from dashboard.reports.trends import change_text, value_text
from feeds.comparison import PeriodChange

TEXTS = ReportTexts("zh-CN", ZoneInfo("Asia/Shanghai"))


def test_departments_rank_by_their_share_with_ties_and_small_samples_below() -> None:
    counts = {"A": (50, 50), "B": (120, 120), "C": (97, 98), "D": (9, 9), "E": (0, 0)}
    rows = [
        {"key": key, "in_time": part, "due": due, "in_time_share": round(part / due, 4) if due else None}
        for key, (part, due) in counts.items()
    ]
    assert [(rank, row["key"]) for rank, row in ranked(rows, 10)] == [(1, "A"), (1, "B"), (3, "C"), (None, "D")]


@pytest.mark.parametrize(
    ("change", "form", "text"),
    [
        (PeriodChange(change=0.0487, unit="ratio"), "count", "+4.9%"),
        (PeriodChange(change=-0.213, unit="ratio"), "count", "-21.3%"),
        (PeriodChange(change=0.014, unit="points"), "share", "+1.4 个百分点"),
        (PeriodChange(change=2, unit="count", verdict="few"), "count", "7 比 5"),
        (PeriodChange(change=7, unit="count", verdict="zero"), "count", "上期为 0，本期 7"),
        (PeriodChange(verdict="incomplete"), "count", "可比性不足"),
        (PeriodChange(verdict="none"), "count", "无法比较"),
    ],
)
def test_a_change_is_said_in_its_own_words(change: PeriodChange, form: str, text: str) -> None:
    assert change_text(change, 7.0, 5.0, form, TEXTS) == text


def test_what_is_not_known_is_a_dash() -> None:
    assert [value_text(None, form, TEXTS) for form in ("count", "share", "duration")] == ["—"] * 3
    assert value_text(0.975, "share", TEXTS) == "97.5%"
    assert value_text(108.0, "duration", TEXTS) == "1:48 分"


def summary(**fields: Any) -> dict[str, Any]:
    base = {"accepted": 1498, "done": 1498, "in_time_share": 0.961, "mean_days": 3.0}
    return {
        **{"accepted": 1581, "done": 1571, "due": 1540, "in_time_share": 0.975, "working_days": 20},
        "compared": {
            "previous": base | {"from": "2026-10-01", "to": "2026-10-27", "working_days": 15},
            "year_before": base | {"from": "2025-11-01", "to": "2025-11-27", "working_days": 20},
        },
    } | fields


MONTHS = [
    {"key": month, "accepted": 1498, "done": 1498, "due": 1400, "in_time_share": 0.961}
    for month in ("2026-09", "2026-10", "2026-11")
]


def line_of(lines: list[TrendLine], key: str) -> TrendLine:
    return next(line for line in lines if line.key == key)


def test_approvals_before_their_first_case_are_not_known() -> None:
    lines = approval_lines(summary(), MONTHS, "2026-11")
    done = line_of(lines, "done")
    assert [point.value for point in done.points[-4:]] == [None, 1498, 1498, 1498]
    assert (done.year_before.value, done.year_before.change.verdict) == (None, "none")
    assert round(done.previous.change.change or 0, 3) == 0.049


def test_a_count_tells_its_change_per_working_day_as_well() -> None:
    done = line_of(approval_lines(summary(), MONTHS, "2026-11"), "done")
    assert round(done.per_workday or 0, 3) == -0.213
    assert line_of(approval_lines(summary(working_days=None), MONTHS, "2026-11"), "done").per_workday is None


def test_shares_differ_in_percentage_points() -> None:
    share = line_of(approval_lines(summary(), MONTHS, "2026-11"), "in_time")
    assert (share.previous.change.unit, round(share.previous.change.change or 0, 3)) == ("points", 0.014)


def test_availability_is_compared_only_where_enough_is_known() -> None:
    rows = [
        {"key": {"month": month}, "of_known": 0.99, "coverage": coverage, "assets": 50, "seconds": {"up": seconds}}
        for month, coverage, seconds in (
            ("2026-11", 0.99, 50 * 1000.0),
            ("2026-10", 0.5, 50 * 1000.0),
            ("2026-09", 1.0, 50 * 400.0),
        )
    ]
    elapsed = dict.fromkeys(("2026-09", "2026-10", "2026-11"), 1000.0)
    line = availability_line(rows, "2026-11", elapsed)
    assert (line.value, line.previous.change.verdict, line.year_before.change.verdict) == (0.99, "incomplete", "none")
    assert [point.whole for point in line.points[-3:]] == [False, False, True]
    assert line.points[-3].coverage == 0.4, "listed for 400 s of 1,000"


def test_the_answer_about_emergency_command_becomes_lines() -> None:
    base = {"value": None, "n": 0, "coverage": 0.0, "change": None, "unit": "", "verdict": "none"}
    figure = {
        **{"key": "incidents", "form": "count", "definition": {"zh-CN": "事件"}},
        "own": {"value": 3.0, "n": 3, "coverage": 0.5},
        "previous": base | {"from": "2026-10-01", "to": "2026-10-27"},
        "year_before": base | {"from": "2025-11-01", "to": "2025-11-27"},
    }
    month = {"month": "2026-11", "coverage": 0.5, "values": {"incidents": {"value": 3.0, "n": 3}}}
    (line,) = emergency_lines({"figures": [figure], "months": [month]})
    assert (line.value, line.points[0].whole, line.previous.days) == (3.0, False, "2026-10-01 – 2026-10-27")
