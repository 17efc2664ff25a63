"""Grades by figures: the worked examples, and that every table and class is usable."""

from __future__ import annotations

import pytest

from feeds.incidents.classes import category_of, class_name, event_classes, limits_of
from feeds.incidents.grading import GRADES, grade_by_figures, grading_tables, rank
from feeds.texts.catalogue import LANGUAGES, catalogue


@pytest.mark.parametrize(
    ("event_class", "figures", "grade", "criterion"),
    [
        ("work", {"dead": 2, "grave": 10, "loss_yuan": 8e6}, "III", "grave >= 10"),
        ("work", {"dead": 2, "grave": 9, "loss_yuan": 8e6}, "IV", ""),
        ("work", {"loss_yuan": 10_000_000}, "III", "loss_yuan >= 10000000"),
        ("geo", {"loss_yuan": 5e6}, "II", "loss_yuan >= 5000000"),
        ("work", {"loss_yuan": 5e6}, "IV", ""),
        ("hazchem", {"dead": 30}, "I", "dead >= 30"),
        ("mass", {"dead": 30}, "", ""),
        ("flood", {"dead": 30}, "", ""),
        ("nobody-knows", {"dead": 30}, "", ""),
    ],
)
def test_the_gravest_criterion_that_is_met_gives_the_grade(
    event_class: str, figures: dict[str, float], grade: str, criterion: str
) -> None:
    result = grade_by_figures(event_class, figures)
    assert (result.grade, result.criterion) == (grade, criterion)


def test_the_missing_are_counted_apart_and_said() -> None:
    result = grade_by_figures("work", {"dead": 2, "missing": 1})
    assert (result.grade, result.if_missing_dead) == ("IV", "III")


def test_a_grade_that_the_missing_do_not_change_is_not_said_again() -> None:
    assert grade_by_figures("work", {"dead": 3, "missing": 1}).if_missing_dead == ""


def test_every_table_ends_with_a_grade_for_everything_below() -> None:
    for rows in grading_tables().values():
        assert not rows[-1].figure
        assert all(row.grade in GRADES and row.source for row in rows)


def test_every_class_has_a_category_names_a_table_and_a_source() -> None:
    for slug, event_class in event_classes().items():
        assert category_of(slug) in ("natural", "accident", "health", "social")
        assert event_class.grading in ("", "none", *grading_tables())
        assert event_class.source
        if event_class.parent:
            assert all(f"class.{slug}" in catalogue(language) for language in LANGUAGES)


def test_an_unknown_class_is_its_own_name_with_common_limits() -> None:
    assert class_name("meteorite") == "meteorite"
    assert limits_of("meteorite") == (1000.0, 120.0)


def test_no_grade_ranks_behind_every_grade() -> None:
    assert [rank(grade) for grade in (*GRADES, "")] == [1, 2, 3, 4, 9]
