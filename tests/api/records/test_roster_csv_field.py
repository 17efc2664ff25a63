"""Duty plans as offices really keep them: dates of spreadsheets, padded names, namesakes, a shift twice."""

from __future__ import annotations

import pytest

from api.http.problems import Problem
from api.records.roster_csv import assignments
from feeds.documents.roster import Person, Roster, Shift

HEAD = "日期,班次,值班员1,值班员2,带班领导\n"
NAMES = ("张伟", "李娜", "王建国", "赵敏", "张伟", "Ａｌｉ")


def roster() -> Roster:
    return Roster(
        persons=tuple(Person(id=f"p{number}", name=name) for number, name in enumerate(NAMES)),
        shifts=(
            Shift(id="d", name={"zh-CN": "白班"}, start="08:00", end="20:00"),
            Shift(id="n", name={"zh-CN": "夜班"}, start="20:00", end="08:00"),
        ),
    )


@pytest.mark.parametrize(
    "day",
    [
        *("2026-12-01", "2026/12/1", "2026.12.01", "2026年12月1日", "２０２６-12-1", "2026/12/1 0:00"),
        *("2026-12-01T00:00:00", "2026年12月1日（周二）", "2026-12-01 星期二"),
    ],
)
def test_a_date_is_read_as_spreadsheets_write_it(day: str) -> None:
    [assignment] = assignments(f"{HEAD}{day},白班,李娜,王建国,赵敏\n".encode(), roster())
    assert (assignment.date, assignment.shift, assignment.officers) == ("2026-12-01", "d", ("p1", "p2"))


def test_blanks_within_names_are_passed_over() -> None:
    [assignment] = assignments(f"{HEAD}2026-12-01,白 班,李　娜,王建国,赵 敏\n".encode(), roster())
    assert (assignment.officers, assignment.leader) == (("p1", "p2"), "p3")


def test_full_width_letters_invisible_characters_and_blanks_in_the_head_are_passed_over() -> None:
    text = "日　期,班 次,值班员1,值班员2,带班领导\n2026-12-01,白班,李娜,Ali,\u3000赵敏\u200b\n"
    [assignment] = assignments(text.encode(), roster())
    assert (assignment.officers, assignment.leader) == (("p1", "p5"), "p3")


def faults(text: str) -> list[tuple[str, str]]:
    with pytest.raises(Problem) as refused:
        assignments(f"{HEAD}{text}".encode(), roster())
    return [(finding.where.field, finding.code) for finding in refused.value.findings]


def test_a_name_that_two_persons_bear_is_refused_and_an_id_is_taken() -> None:
    assert [code for _, code in faults("2026-12-01,白班,张伟,王建国,赵敏\n")] == ["person_ambiguous"]
    [assignment] = assignments(f"{HEAD}2026-12-01,白班,p4,王建国,赵敏\n".encode(), roster())
    assert assignment.officers == ("p4", "p2")


def test_the_same_shift_of_a_day_twice_is_refused() -> None:
    text = "2026-12-01,白班,李娜,王建国,赵敏\n2026/12/1,白班,赵敏,王建国,李娜\n"
    assert [code for _, code in faults(text)] == ["shift_twice"]


@pytest.mark.parametrize("day", ["2027-02-29", "12月1日", "46357", "", "2026-13-01"])
def test_what_is_no_whole_date_is_refused(day: str) -> None:
    assert "csv_date" in [code for _, code in faults(f"{day},白班,李娜,王建国,赵敏\n")]
