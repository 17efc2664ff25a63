"""The duty roster: the persons on duty at a moment, and the findings on a plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.documents.roster import Assignment, Leave, Pattern, Person, Roster, Shift, Substitute, Team
from feeds.documents.version import dump_content, load_content
from feeds.duty import roster as duty
from feeds.duty.findings import findings
from feeds.duty.roster import on_duty, plan, zone

TZ = zone("Asia/Shanghai")
DAY = Shift(id="day", start="08:00", end="20:00")
NIGHT = Shift(id="night", start="20:00", end="08:00")
ABC, DEF = Team(officers=("a", "b"), leader="c"), Team(officers=("d", "e"), leader="f")
MONDAY = date(2026, 11, 23)
WHOLE = Roster(
    persons=tuple(Person(id=id, name=id.upper(), phone="1") for id in "abcdefxy"),
    shifts=(DAY, NIGHT),
    patterns=(
        Pattern(shift="day", first="2026-11-01", teams=(ABC, DEF)),
        Pattern(shift="night", first="2026-11-01", teams=(DEF, ABC)),
    ),
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=TZ).timestamp()


def officers(roster: Roster, text: str) -> list[tuple[str, ...]]:
    return [duty_.officers for duty_ in on_duty(roster, at(text), TZ)]


def codes(roster: Roster, days: int = 2) -> set[tuple[str, str, str, str]]:
    return {
        (finding.code, finding.where.date, finding.where.shift, finding.where.person)
        for finding in findings(roster, MONDAY, TZ, days)
    }


def test_teams_take_turns_and_a_night_shift_belongs_to_its_first_day() -> None:
    assert officers(WHOLE, "2026-11-23 08:00") == [("a", "b")]
    assert officers(WHOLE, "2026-11-23 19:59") == [("a", "b")]
    assert officers(WHOLE, "2026-11-23 20:00") == [("d", "e")]
    assert officers(WHOLE, "2026-11-24 07:59") == [("d", "e")]
    assert officers(WHOLE, "2026-11-24 08:00") == [("d", "e")]


def test_weekly_turns_change_on_monday() -> None:
    weekly = replace(WHOLE, patterns=(Pattern(shift="day", first="2026-11-19", every="week", teams=(ABC, DEF)),))
    assert officers(weekly, "2026-11-22 12:00") == [("a", "b")]
    assert officers(weekly, "2026-11-23 12:00") == [("d", "e")]
    assert officers(weekly, "2026-11-30 12:00") == [("a", "b")]


def test_assignments_override_patterns_and_substitutes_override_both() -> None:
    changed = replace(
        WHOLE,
        assignments=(Assignment(date="2026-11-23", shift="day", officers=("d", "e"), leader="f"),),
        substitutes=(
            Substitute(date="2026-11-23", shift="day", person="d", substitute="x"),
            Substitute(date="2026-11-23", shift="day", person="f", substitute="y"),
        ),
    )
    (duty_,) = on_duty(changed, at("2026-11-23 09:00"), TZ)
    assert (duty_.officers, duty_.leader) == (("x", "e"), "y")


def test_a_pattern_of_certain_weekdays_leaves_the_others_to_earlier_patterns() -> None:
    workdays = Pattern(shift="day", first="2026-11-01", days=(1, 2, 3, 4, 5), teams=(DEF,))
    mixed = replace(WHOLE, patterns=(*WHOLE.patterns[:1], workdays))
    assert officers(mixed, "2026-11-23 12:00") == [("d", "e")]
    assert officers(mixed, "2026-11-29 12:00") == [("a", "b")]


def test_a_shift_across_a_daylight_saving_change_is_shorter_or_longer() -> None:
    berlin = zone("Europe/Berlin")
    begins, ends = duty.span(NIGHT, date(2026, 10, 24), berlin)
    assert ends - begins == 13 * 3600


def test_a_valid_plan_has_no_findings() -> None:
    assert codes(WHOLE, 14) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"assignments": (Assignment(date="2026-11-23", shift="day", officers=("a",), leader="c"),)},
            ("few_officers", "2026-11-23", "day", ""),
        ),
        (
            {"assignments": (Assignment(date="2026-11-23", shift="day", officers=("a", "b")),)},
            ("no_leader", "2026-11-23", "day", ""),
        ),
        (
            {"assignments": (Assignment(date="2026-11-23", shift="day", officers=("a", "b"), leader="a"),)},
            ("twice", "2026-11-23", "day", "a"),
        ),
        (
            {"leave": (Leave(person="b", first="2026-11-20", last="2026-11-23"),)},
            ("on_leave", "2026-11-23", "day", "b"),
        ),
        (
            {"assignments": (Assignment(date="2026-11-23", shift="day", officers=("a", "ghost"), leader="c"),)},
            ("unknown_person", "2026-11-23", "day", "ghost"),
        ),
        ({"patterns": WHOLE.patterns[:1]}, ("gap", "2026-11-23", "", "")),
        (
            {"assignments": (Assignment(date="2026-11-23", shift="evening", officers=("a", "b"), leader="c"),)},
            ("unknown_shift", "2026-11-23", "evening", ""),
        ),
        ({"shifts": (replace(DAY, end="21:00"), NIGHT)}, ("overlap", "2026-11-23", "night", "")),
        (
            {
                "shifts": (replace(DAY, end="21:00"), NIGHT),
                "assignments": (Assignment(date="2026-11-23", shift="night", officers=("a", "e"), leader="f"),),
            },
            ("double_booked", "2026-11-23", "night", "a"),
        ),
        (
            {"patterns": (WHOLE.patterns[0], Pattern(shift="night", first="2026-11-01", teams=(ABC,)))},
            ("long_duty", "2026-11-23", "night", "a"),
        ),
        ({"persons": (*WHOLE.persons, Person(id="z", name="Z"))}, ("no_contact", "", "", "z")),
    ],
)
def test_every_mistake_gives_its_finding(change: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    assert expected in codes(replace(WHOLE, **change))


def test_the_finding_of_a_gap_has_its_start_and_end() -> None:
    (finding, *_) = [
        finding
        for finding in findings(replace(WHOLE, patterns=WHOLE.patterns[:1]), MONDAY, TZ, 1)
        if finding.code == "gap" and "20:00" in finding.message["en"]
    ]
    assert finding.message["en"] == "nobody on duty from 2026-11-23 20:00 to 2026-11-24 00:00"


def test_an_empty_roster_has_no_shifts_and_no_findings() -> None:
    assert on_duty(Roster(), at("2026-11-23 12:00"), TZ) == []
    assert findings(Roster(), MONDAY, TZ) == []


def test_the_roster_round_trips_through_json() -> None:
    assert load_content(dump_content(WHOLE), Roster) == WHOLE


@given(st.integers(0, 14 * 86400))
def test_shifts_on_duty_are_in_the_plan_and_cover_the_day_once(seconds: int) -> None:
    moment = at("2026-11-23 00:00") + seconds
    (duty_,) = on_duty(WHOLE, moment, TZ)
    assert duty_ in plan(WHOLE, date(2026, 11, 22), 17, TZ)
    assert duty_.begins <= moment < duty_.ends
