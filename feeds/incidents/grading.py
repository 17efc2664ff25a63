"""Grades of incidents (定级) by the tables of `grading.csv`: one criterion suffices, the highest grade wins.

"以上" includes the number, "以下" does not (State Council Order 493 Art. 3).
"""

from __future__ import annotations

import csv
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from feeds.incidents.classes import event_classes

GRADES = ("I", "II", "III", "IV")
"""From the gravest."""
NO_GRADE = ""
SERIOUS = 3
"""The rank of grade III. It and graver ones are serious."""
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {">=": operator.ge, ">": operator.gt}


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeCriterion:
    """One row of a table: from `value` of `figure` on, the grade is `grade`. A row without a figure is the rest."""

    grade: str
    figure: str
    op: str
    value: float
    source: str

    @property
    def words(self) -> str:
        """The criterion as it is recorded: "grave >= 10"; "" for the rest."""
        return f"{self.figure} {self.op} {self.value:.12g}" if self.figure else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeResult:
    """The grade by a table and its criterion; NO_GRADE where the class has no table or is never graded by figures.

    `if_missing_dead` is the grade if everybody who is missing is dead: NO_GRADE where that changes nothing.
    """

    grade: str = NO_GRADE
    criterion: str = ""
    table: str = ""
    source: str = ""
    if_missing_dead: str = NO_GRADE


def rank(grade: str) -> int:
    """1 for grade I to 4 for grade IV; 9 for no grade."""
    return GRADES.index(grade) + 1 if grade in GRADES else 9


def is_grave(grade: str, response: str) -> bool:
    """True for an incident that everybody is shown at once: of grade III or graver, or with a response."""
    return rank(grade) <= SERIOUS or bool(response)


@cache
def grading_tables() -> Mapping[str, tuple[GradeCriterion, ...]]:
    """Criteria by table, from the gravest grade."""
    text = (files("feeds.incidents") / "grading.csv").read_text("utf-8")
    tables: dict[str, list[GradeCriterion]] = {}
    for row in csv.DictReader(text.splitlines()):
        tables.setdefault(row["table"], []).append(
            GradeCriterion(
                grade=row["grade"],
                figure=row["criterion"],
                op=row["op"],
                value=float(row["value"] or 0),
                source=row["source"],
            )
        )
    return {name: tuple(sorted(rows, key=lambda row: rank(row.grade))) for name, rows in tables.items()}


def grade_by_figures(event_class: str, figures: Mapping[str, float]) -> GradeResult:
    """The grade that the class's table gives for figures (dead, grave, loss_yuan, hectares, missing …)."""
    hazard_class = event_classes().get(event_class)
    table = hazard_class.grading if hazard_class is not None else ""
    if table not in grading_tables():
        return GradeResult()
    reached = _reached(table, figures)
    worse = _reached(table, {**figures, "dead": figures.get("dead", 0) + figures.get("missing", 0)})
    return GradeResult(
        grade=reached.grade,
        criterion=reached.words,
        table=table,
        source=reached.source,
        if_missing_dead=worse.grade if rank(worse.grade) < rank(reached.grade) else NO_GRADE,
    )


def _reached(table: str, figures: Mapping[str, float]) -> GradeCriterion:
    """The gravest criterion that the figures meet; the last row of a table always does."""
    rows = grading_tables()[table]
    return next(row for row in rows if not row.figure or _met(row, figures))


def _met(row: GradeCriterion, figures: Mapping[str, float]) -> bool:
    return row.figure in figures and _OPERATORS[row.op](figures[row.figure], row.value)
