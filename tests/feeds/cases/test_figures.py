"""Figures: exact formulas over the sums, on real rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from feeds.cases.figures import Period, ageing, grouped, month_period, open_before, summary
from feeds.cases.ledger import CaseLedger
from feeds.cases.ranks import histogram_rank, nearest_rank
from feeds.cases.reader import CaseQuery, CaseReader
from feeds.cases.store import CaseStore
from tests.feeds.cases.rig import NOW, case_fact, fact, many
from tests.feeds.workdays.books import NATION

TODAY = date(2026, 11, 28)
APRIL, MAY = month_period("2026-04"), month_period("2026-05")


async def test_a_month_of_cases(store: CaseStore, ledger: CaseLedger) -> None:
    granted = {"result": "准予许可"}
    await ledger.apply(
        [
            case_fact("in time", ended="2026-05-20T10:00", **granted),
            case_fact("late", ended="2026-05-27T10:00", **granted),
            case_fact("open"),
            case_fact("withdrawn", ended="2026-05-06T10:00", result="撤回"),
            case_fact("extended", ended="2026-06-02T10:00", **granted),
            fact("extended", "extension", "e", days=10, approver="a", notice="n", decided="2026-05-10T09:00"),
        ],
        NOW,
    )
    reader = CaseReader(store)
    april = await summary(reader, APRIL, TODAY, NATION, {})
    assert (april["accepted"], april["done"], april["open_start"], april["open_end"]) == (5, 0, 0, 5)
    assert april["completion"] == 0.8
    may = await summary(reader, MAY, TODAY, NATION, {})
    assert (may["accepted"], may["done"], may["dropped"], may["open_start"], may["open_end"]) == (0, 2, 1, 5, 2)
    assert (may["due"], may["in_time"], may["in_time_share"]) == (3, 1, 0.3333)
    assert may["carried_completion"] == 0.4
    assert may["promised_in_time_share"] == 0.25
    june = await summary(reader, month_period("2026-06"), TODAY, NATION, {})
    assert (june["due"], june["in_time"], june["done"], june["promised_in_time_share"]) == (1, 1, 1, None)
    assert (may["mean_days"], may["few"], may["median_days"]) == (22.5, True, None)
    assert may["compression"] == -0.125


async def test_the_identity_of_open_cases_holds_from_month_to_month(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply(many(300, seed=9), NOW)
    reader = CaseReader(store)
    for month in range(1, 11):
        figures = await summary(reader, month_period(f"2026-{month:02}"), TODAY, NATION, {})
        assert figures["open_end"] == await open_before(reader, date(2026, month + 1, 1), TODAY, {})
        assert figures["open_end"] == figures["open_start"] + figures["accepted"] - figures["done"] - figures["dropped"]
    assert figures["open_end"] == await reader.count(CaseQuery(state=("open",)))


async def test_a_case_that_was_never_accepted_leaves_no_hole_in_the_open_ones(
    store: CaseStore, ledger: CaseLedger
) -> None:
    never: dict[str, Any] = {
        "accepted": None,
        "applied": "2026-04-20T09:00",
        "ended": "2026-04-21T09:00",
        "result": "不予受理",
    }
    await ledger.apply([case_fact("1"), case_fact("2", **never)], NOW)
    april = await summary(CaseReader(store), APRIL, TODAY, NATION, {})
    assert (april["accepted"], april["done"], april["dropped"], april["open_end"]) == (1, 0, 0, 1)


async def test_sums_by_day_and_by_month_agree(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply(many(200, seed=4), NOW)
    reader = CaseReader(store)
    by_month = {row["key"]: row for row in await grouped(reader, Period(date(2026, 1, 1), TODAY), TODAY, "month", {})}
    for month in ("2026-03", "2026-07"):
        days = await grouped(reader, month_period(month), TODAY, "day", {})
        for name in ("accepted", "done", "due", "in_time"):
            assert sum(day[name] for day in days) == by_month[month][name]


async def test_a_running_month_counts_due_days_that_are_past_only(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact("1", accepted="2026-11-13T09:00", promised=10)], NOW)
    await ledger.apply([case_fact("2", accepted="2026-11-16T09:00", promised=10)], NOW)
    november = await summary(CaseReader(store), month_period("2026-11"), TODAY, NATION, {})
    assert (november["accepted"], november["due"], november["in_time"]) == (2, 1, 0)
    year = Period(date(2026, 1, 1), date(2026, 12, 31))
    months = {row["key"]: row["due"] for row in await grouped(CaseReader(store), year, TODAY, "month", {})}
    assert months == {"2026-11": 1}
    days = {row["key"]: row["due"] for row in await grouped(CaseReader(store), year, TODAY, "day", {})}
    assert {day: due for day, due in days.items() if due} == {"2026-11-27": 1}


async def test_a_running_month_is_compared_over_as_many_working_days(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact(str(day), accepted=f"2026-10-{day:02}T09:00") for day in range(8, 31)], NOW)
    running = await summary(CaseReader(store), month_period("2026-11"), date(2026, 11, 3), NATION, {})
    previous = running["compared"]["previous"]
    assert (previous["from"], previous["to"], previous["accepted"]) == ("2026-10-01", "2026-10-09", 2)
    assert previous["change"]["accepted"] is None
    full = await summary(CaseReader(store), month_period("2026-11"), TODAY, NATION, {})
    assert full["compared"]["previous"]["to"] == "2026-10-31"


async def test_totals_count_joint_cases_and_departments_their_parts(store: CaseStore, ledger: CaseLedger) -> None:
    parts = [case_fact(f"J-{name}", parent="J", department=name, handed_over="2026-04-20T09:00") for name in ("a", "b")]
    await ledger.apply([case_fact("J", kind="联办件", promised=45, statutory=45), *parts], NOW)
    reader = CaseReader(store)
    assert (await summary(reader, APRIL, TODAY, NATION, {}))["accepted"] == 1
    departments = await grouped(reader, APRIL, TODAY, "department", {})
    assert {row["key"]: row["accepted"] for row in departments} == {"a": 1, "b": 1, "housing": 1}


async def test_ageing_of_open_cases(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply(
        [
            case_fact("red", accepted="2026-11-13T09:00", promised=10),
            case_fact("today", accepted="2026-11-16T09:00", promised=9),
            case_fact("far", accepted="2026-11-26T09:00"),
            case_fact("paused", accepted="2026-11-20T09:00"),
            fact("paused", "suspension", "s", kind="听证", notice="n", started="2026-11-25"),
            case_fact("unknown", accepted="2026-11-27T09:00", promised=30, statutory=30),
        ],
        NOW,
    )
    counted = await ageing(CaseReader(store), TODAY, NATION, {})
    assert counted["left"] == {"overdue_1_2": 2, "over_10": 1, "paused": 1, "unknown": 1}
    friday = await ageing(CaseReader(store), date(2026, 11, 27), NATION, {})
    assert friday["left"]["today"] == 2
    assert counted["age"] == {"11_20": 2, "0_5": 2, "6_10": 1}


async def test_the_slowest_steps_leave_unknown_ends_out_and_count_them(store: CaseStore, ledger: CaseLedger) -> None:
    facts = []
    for n in range(25):
        facts.append(case_fact(str(n), accepted="2026-11-02T09:00"))
        end = "2026-11-03T10:00" if n < 22 else "2026-11-03T09:00"
        facts.append(fact(str(n), "step", "1", name="初审", started="2026-11-03T09:00", ended=end, limit=1))
        facts.append(fact(str(n), "step", "2", name="核准", started="2026-11-04T09:00"))
    await ledger.apply(facts, NOW)
    [step] = await CaseReader(store).slowest_steps(date(2026, 9, 1).toordinal(), {})
    assert (step["step"], step["n"], step["unknown_end"], step["mean_minutes"], step["p90_minutes"]) == (
        "承办",
        22,
        3,
        60.0,
        60,
    )


@pytest.mark.parametrize(("share", "rank"), [(0.5, 3), (0.9, 9), (1.0, 10)])
def test_percentiles_are_by_nearest_rank(share: float, rank: int) -> None:
    values = [1, 2, 2, 3, 3, 4, 5, 6, 9, 10]
    assert nearest_rank(values, share) == rank
    assert histogram_rank({value: values.count(value) for value in values}, share) == rank
    assert histogram_rank({}, share) is None


async def test_windows_go_on_where_they_ended(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact(f"{n:03}", accepted=f"2026-11-{1 + n % 27:02}T09:00") for n in range(100)], NOW)
    reader = CaseReader(store)
    paged: list[Any] = []
    after = None
    while rows := await reader.window(CaseQuery(), after=after, limit=30):
        paged += rows
        after = (float(rows[-1].due_day or 0), rows[-1].id)
    assert len({row.id for row in paged}) == len(paged) == 100
    assert [row.due_day for row in paged] == sorted(row.due_day or 0 for row in paged)


@pytest.mark.parametrize(
    ("region", "seen"), [("532300", 2), ("532301", 1), ("530000", 2), ("530100", 0), ("", 2), ("532301000000", 1)]
)
async def test_a_region_sees_what_lies_in_it(store: CaseStore, ledger: CaseLedger, region: str, seen: int) -> None:
    await ledger.apply([case_fact("1", region="532301"), case_fact("2", region="532322")], NOW)
    reader = CaseReader(store)
    assert await reader.count(CaseQuery(within=region)) == seen
    assert (await summary(reader, APRIL, TODAY, NATION, {"within": region}))["accepted"] == seen


async def test_percentiles_and_steps_of_a_region_leave_other_regions_out(store: CaseStore, ledger: CaseLedger) -> None:
    facts = []
    for n in range(25):
        for region, end in (("532301", "2026-11-03T10:00"), ("532322", "2026-11-06T10:00")):
            number = f"{region}-{n}"
            facts.append(case_fact(number, region=region, accepted="2026-11-02T09:00", ended=end, result="准予许可"))
            facts.append(fact(number, "step", "1", name="初审", started="2026-11-02T09:00", ended=end, limit=1))
    await ledger.apply(facts, NOW)
    reader = CaseReader(store)
    november = month_period("2026-11")
    whole = await summary(reader, november, TODAY, NATION, {"region": "", "within": ""})
    assert (whole["median_days"], whole["p90_days"]) == (1, 4)
    since = date(2026, 9, 1).toordinal()
    for region, days in (("532301", 1), ("532322", 4)):
        figures = await summary(reader, november, TODAY, NATION, {"region": "", "within": region})
        assert (figures["median_days"], figures["p90_days"], figures["few"]) == (days, days, False)
        assert [step["n"] for step in await reader.slowest_steps(since, {"within": region})] == [25]
    [both] = await reader.slowest_steps(since, {})
    assert both["n"] == 50


async def test_percentiles_of_the_site_leave_parts_of_joint_cases_out(store: CaseStore, ledger: CaseLedger) -> None:
    ended = {"accepted": "2026-11-02T09:00", "result": "准予许可"}
    facts = [case_fact(f"whole-{n}", ended="2026-11-03T10:00", **ended) for n in range(25)]
    facts += [
        case_fact(f"part-{n}", parent="whole-1", handed_over="2026-11-02T09:00", ended="2026-11-06T10:00", **ended)
        for n in range(25)
    ]
    await ledger.apply(facts, NOW)
    figures = await summary(CaseReader(store), month_period("2026-11"), TODAY, NATION, {})
    assert (figures["median_days"], figures["p90_days"]) == (1, 1)
