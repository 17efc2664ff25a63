"""The fold of facts to a case and its row: limits, suspensions, extensions, deletion, reopening, two systems."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.cases import words
from feeds.cases.facts import CaseFact, FactSet
from feeds.cases.fold import fold_facts
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact, fact, folded, row
from tests.feeds.workdays.books import at

APRIL_DUE = date(2026, 5, 20).toordinal()


def due(*facts: CaseFact, now: float = NOW) -> str:
    day = row(*facts, now=now).due_day
    return "" if day is None else date.fromordinal(day).isoformat()


def suspension(key: str = "s1", *, kind: str = "听证", notice: str = "n1", **body: Any) -> CaseFact:
    return fact(table="suspension", key=key, kind=kind, notice=notice, **body)


def extension(key: str = "e1", days: int = 10, **body: Any) -> CaseFact:
    fields = {"approver": "主任", "notice": "y1", "decided": "2026-05-10T09:00"}
    return fact(table="extension", key=key, days=days, **(fields | body))


def test_a_promise_case_has_its_limit_from_its_item() -> None:
    case = row(case_fact())
    assert (case.n, case.due_day, case.light, case.state) == (20, APRIL_DUE, "red", "open")
    assert case.overdue > 100


def test_the_promise_holds_where_it_is_shorter_than_the_law_and_the_law_where_it_is_not() -> None:
    assert due(case_fact(accepted="2026-03-02T09:00", promised=7, statutory=20)) == "2026-03-11"
    long = row(case_fact(promised=30, statutory=20))
    assert (long.n, words.PROMISE_OVER in long.flags) == (20, True)


def test_row_16_an_extension_is_added_to_the_promise() -> None:
    facts = [case_fact(accepted="2026-03-02T09:00", promised=7), extension(decided="2026-03-10T09:00")]
    assert due(*facts) == "2026-03-25"


@pytest.mark.parametrize(
    "flaw", [{"approver": ""}, {"notice": ""}, {"decided": "2026-05-21T00:00"}, {"days": 11}, {"days": 999}]
)
def test_an_extension_that_is_not_valid_adds_nothing_and_is_told(flaw: dict[str, Any]) -> None:
    case = row(case_fact(), extension(**flaw))
    assert (case.due_day, words.BAD_EXTENSION in case.flags) == (APRIL_DUE, True)


def test_extensions_add_up_to_ten_days_at_most_and_a_joint_case_to_fifteen() -> None:
    two = [extension("a", 6), extension("b", 6, decided="2026-05-11T09:00")]
    assert row(case_fact(), *two).n == 26
    assert row(case_fact(kind="联办件", promised=45, statutory=45), *two).n == 57


def test_suspensions_of_dates_and_instants_stop_the_clock() -> None:
    assert due(case_fact(), suspension(started="2026-04-27", ended="2026-05-08")) == "2026-05-29"
    assert due(case_fact(), suspension(started="2026-04-27T14:00", ended="2026-04-29T10:00")) == "2026-05-21"


@pytest.mark.parametrize(
    ("flaw", "flag"),
    [
        ({"kind": "领导出差"}, words.UNKNOWN_SUSPENSION),
        ({"notice": ""}, words.NO_NOTICE),
        ({"started": "2026-05-08", "ended": "2026-04-27"}, words.BAD_SUSPENSION),
    ],
)
def test_a_suspension_that_the_law_does_not_know_is_kept_and_does_not_stop_the_clock(
    flaw: dict[str, Any], flag: str
) -> None:
    facts = [case_fact(), suspension(**({"started": "2026-04-27", "ended": "2026-05-08"} | flaw))]
    case = row(*facts)
    assert (case.due_day, flag in case.flags) == (APRIL_DUE, True)
    assert len(folded(*facts).suspensions) == 1


def test_an_open_suspension_freezes_the_case() -> None:
    case = row(case_fact(), suspension(started="2026-05-06"))
    assert (case.due_day, case.left, case.light, case.next_at) == (None, 12, "green", None)
    assert words.PAUSED in case.flags


def test_row_32_a_verdict_follows_a_suspension_that_is_told_late() -> None:
    done = case_fact(ended="2026-05-27T10:00", result="准予许可")
    assert row(done).in_time is False
    assert row(done, suspension(started="2026-05-11", ended="2026-05-15")).in_time is True


def test_row_33_a_case_without_a_notice_counts_as_accepted_on_receipt() -> None:
    received = case_fact(accepted=None, applied="2026-06-17T15:00")
    waiting = row(received, now=at("2026-06-25T23:59"))
    assert (waiting.state, waiting.day0, waiting.next_at) == ("applied", None, at("2026-06-26T00:00"))
    deemed = row(received, now=at("2026-06-26T00:00"))
    assert (deemed.state, date.fromordinal(deemed.due_day or 1)) == ("open", date(2026, 7, 16))
    assert words.DEEMED in deemed.flags


def test_row_34_a_supplement_case_starts_when_its_papers_are_complete() -> None:
    papers = fact(table="supplement", key="1", notified="2026-06-30T10:00", received="2026-07-06T10:00")
    case = case_fact(kind="补办件", promised=10, accepted="2026-06-29T09:00")
    assert due(case, papers) == "2026-07-20"


def test_row_35_a_case_for_a_higher_authority_stops_when_it_is_submitted() -> None:
    case = {"kind": "上报件", "accepted": "2026-03-12T09:00"}
    assessed = row(case_fact(submitted_up="2026-04-10T16:00", **case))
    assert (assessed.light, assessed.state, assessed.in_time) == ("green", "open", True)
    assert words.SUBMITTED in assessed.flags
    assert row(case_fact(submitted_up="2026-04-11T00:00", **case)).in_time is False


def test_row_37_a_same_day_case_is_due_on_its_day() -> None:
    assert due(case_fact(kind="即办件", accepted="2026-10-12T17:45", promised=0)) == "2026-10-13"
    assert row(case_fact(kind="即办件", accepted="2026-10-12T09:00", ended="2026-10-12T09:45")).used == 45


def test_row_38_office_hours() -> None:
    case = case_fact(accepted="2026-09-30T16:50", promised=2, statutory=2, unit="小时")
    assert row(case).limit_at == at("2026-10-08T10:20")


def test_a_joint_part_starts_when_it_is_handed_over() -> None:
    part = case_fact(parent="J1", handed_over="2026-03-04T09:00", accepted="2026-03-02T09:00", promised=15)
    assert due(part, suspension(started="2026-03-09", ended="2026-03-13")) == "2026-04-01"


def test_a_case_that_ends_before_its_due_day_is_in_time_up_to_the_last_second() -> None:
    case = {"item": "shop", "accepted": "2026-02-12T09:00"}
    assert row(case_fact(ended="2026-02-26T23:59:59", **case)).in_time is True
    assert row(case_fact(ended="2026-02-27T00:00", **case)).in_time is False
    assert row(case_fact(ended="2026-02-24T12:00", **case)).used == 3


def test_rows_without_the_case_wait_on_the_shelf() -> None:
    assert row(suspension(started="2026-04-27")).state == "shelf"


def test_a_deleted_case_stays_on_record_and_comes_back_with_a_newer_row() -> None:
    gone = fact(stamp=2.0, deleted=True)
    assert row(case_fact(), gone).state == "deleted"
    assert row(case_fact(), gone, case_fact(stamp=3.0)).state == "open"


def test_a_reopened_case_keeps_its_day_0_and_counts_its_closed_span() -> None:
    ended = case_fact(ended="2026-05-06T10:00", result="准予许可")
    again = case_fact(stamp=2.0)
    case = row(ended, again)
    assert (case.state, case.due_day) == ("open", APRIL_DUE)
    assert words.REOPENED in case.flags
    assert folded(again, ended).reopened == 1


def test_stamps_in_the_future_are_told_and_not_counted() -> None:
    case = row(case_fact(ended="2027-06-01T10:00"))
    assert (case.state, words.FUTURE in case.flags) == ("open", True)


def test_an_end_before_acceptance_is_kept_and_told() -> None:
    case = row(case_fact(ended="2026-04-19T10:00"))
    assert (case.state, words.ENDED_FIRST in case.flags) == ("closed", True)


def test_unknown_words_are_kept_and_told() -> None:
    case = row(case_fact(kind="特办件"))
    assert (case.kind, words.UNSORTED in case.flags) == ("other", True)


def test_the_region_follows_from_the_credit_code() -> None:
    assert row(case_fact(region="", department="11532300MB1234567X")).region == "532300"


def test_two_systems_about_one_case_are_merged_by_precedence_and_disagreement_is_told() -> None:
    hall = case_fact(ended="2026-05-19T10:00")
    tax = case_fact(system="tax", ended="2026-05-25T10:00", channel="2")
    case = folded(hall, tax, precedence=("hall", "tax"))
    assert (case.ended, case.channel, case.notes) == (at("2026-05-19T10:00"), "2", (words.DISAGREE,))
    assert case.values == {"ended": {"hall": at("2026-05-19T10:00"), "tax": at("2026-05-25T10:00")}}


def test_a_step_without_length_has_an_unknown_end_and_a_visit_twice_is_two_visits() -> None:
    steps = [
        fact(table="step", key="1", name="受理", started="2026-04-20T09:00", ended="2026-04-20T10:00"),
        fact(table="step", key="2", name="初审", started="2026-04-20T10:00", ended="2026-04-20T10:00"),
        fact(table="step", key="3", name="初审", started="2026-04-22T10:00"),
    ]
    case = folded(case_fact(), *steps)
    assert [(step.five, step.ended is None) for step in case.steps] == [("受理", False), ("承办", True), ("承办", True)]
    assert row(case_fact(), *steps).step == "承办"


def test_the_rows_of_a_table_are_bounded() -> None:
    steps = [fact(table="step", key=str(n), name="受理", started="2026-04-20T09:00") for n in range(200)]
    assert len(folded(case_fact(), *steps).steps) == 64


def test_a_region_that_must_have_its_own_calendar_says_when_it_has_none() -> None:
    strict = replace(ASSESSOR, local_required=frozenset({"532301"}))
    assert words.NO_LOCAL in row(case_fact(), assessor=strict).flags
    assert words.NO_LOCAL not in row(case_fact(accepted="2025-04-11T09:00"), assessor=strict).flags


# -- order ---------------------------------------------------------------------------


def test_a_fact_replaces_another_by_the_sources_stamp_and_not_by_arrival() -> None:
    old, new = case_fact(promised=5), case_fact(promised=7, stamp=2.0)
    fact_set = FactSet()
    assert [fact_set.add(each) for each in (new, old, new)] == ["new", "stale", "repeated"]
    assert folded(old, new).promised == folded(new, old).promised == 7


def test_the_later_received_of_two_facts_with_one_stamp_holds_and_is_told() -> None:
    first, second = case_fact(promised=5), case_fact(promised=7, at=NOW + 1)
    fact_set = FactSet([first])
    assert fact_set.add(second) == "same_stamp"
    assert FactSet([second]).add(first) == "stale"


def test_facts_survive_being_stored() -> None:
    fact_set = FactSet()
    for each in (case_fact(ended="2026-05-06T10:00"), case_fact(stamp=2.0), suspension(started="2026-04-27")):
        fact_set.add(each)
    again = FactSet.load(fact_set.dump())
    assert (again.facts, again.endings, again.reopened) == (fact_set.facts, fact_set.endings, 1)


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=4))
def test_any_order_and_any_repetition_of_the_same_facts_gives_the_same_case(order: list[int], again: list[int]) -> None:
    facts = [
        case_fact(promised=7),
        case_fact(promised=10, stamp=3.0, ended="2026-05-06T10:00", result="准予许可"),
        case_fact(promised=12, stamp=5.0),
        suspension(started="2026-04-27", stamp=2.0),
        suspension(started="2026-04-27", ended="2026-05-08", stamp=4.0),
        extension(stamp=2.0, decided="2026-04-28T10:00"),
    ]

    def assessed(order_of_facts: list[int]) -> Any:
        fact_set = FactSet()
        for index in order_of_facts:
            fact_set.add(facts[index])
        case = fold_facts("hall", "1", fact_set)
        return case, ASSESSOR.row(case, NOW)

    assert assessed([*order, *again]) == assessed(list(range(6)))


def test_every_order_of_a_small_set() -> None:
    facts = [
        case_fact(),
        case_fact(stamp=2.0, promised=5),
        fact(stamp=3.0, deleted=True),
        case_fact(stamp=4.0, promised=6),
    ]
    assert {row(*order).n for order in itertools.permutations(facts)} == {6}
