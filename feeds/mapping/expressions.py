"""Compiled mappings and their evaluation over rows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from feeds.mapping.convert import CONVERSIONS, NO_DATE, Unconvertible
from feeds.mapping.paths import lookup

EMPTY = frozenset({"", "null", "NULL", "Null", "None", "无", "/", "-", "--"})
"""Texts by which other systems mean that there is no value."""
LONGEST = 4000
"""Characters of a text that are kept."""
_BAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A value that could not be used. `code`: UNKNOWN_WORD, NOT_IN_TABLE, UNCONVERTIBLE or TOO_LONG."""

    target: str
    code: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class MappedRow:
    """The values of one row by target path. `group` is the meaning that `split` gave the row ("" without one)."""

    values: Mapping[str, Any]
    problems: tuple[FieldProblem, ...] = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class RowCondition:
    """True when a column has one of the values."""

    source: str
    values: frozenset[str]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Evaluate the condition for a row."""
        return text_of(lookup(row, self.source)) in self.values


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """The origin of one value, and the operators that are applied to it in this order."""

    source: str | None = None
    first: tuple[Expression, ...] = ()
    join: tuple[Expression, ...] = ()
    joint: str = ""
    const: Any = None
    when: RowCondition | None = None
    trim: bool = True
    empty: frozenset[str] = frozenset()
    cut: tuple[int, int | None] | None = None
    words: Mapping[str, Any] | None = None
    table: Mapping[str, str] | None = None
    otherwise: Any = None
    has_otherwise: bool = False
    convert: str = ""
    formats: tuple[str, ...] = ()
    within: frozenset[str] | None = None


@dataclass(slots=True)
class _Row:
    """One evaluation: the row, the zone of its texts, and the problems so far."""

    row: Mapping[str, Any]
    zone: tzinfo
    target: str = ""
    problems: list[FieldProblem] = field(default_factory=list)

    def note(self, code: str, value: Any, detail: str = "") -> None:
        self.problems.append(FieldProblem(self.target, code, str(value)[:80], detail))

    def value(self, expression: Expression) -> Any:
        """The value of an expression, None for none."""
        if expression.when is not None and not expression.when.holds(self.row):
            return None
        value = self._taken(expression)
        if expression.within is not None:
            return text_of(value) in expression.within
        if value is None:
            return (
                expression.otherwise
                if expression.has_otherwise and expression.words is None and expression.table is None
                else None
            )
        if expression.cut is not None:
            value = text_of(value)[slice(*expression.cut)] or None
        if value is not None and (expression.words is not None or expression.table is not None):
            value = self._translated(expression, text_of(value))
        return self._converted(expression, value) if expression.convert and value is not None else value

    def _taken(self, expression: Expression) -> Any:
        if expression.source is not None:
            return self._cleaned(lookup(self.row, expression.source), expression)
        if expression.first:
            return next((value for part in expression.first if (value := self.value(part)) is not None), None)
        if expression.join:
            parts = [text_of(value) for part in expression.join if (value := self.value(part)) is not None]
            return expression.joint.join(parts) or None
        return expression.const

    def _cleaned(self, value: Any, expression: Expression) -> Any:
        if not isinstance(value, str):
            return None if value is None or text_of(value) in expression.empty else value
        text = _BAD.sub("", value)
        text = text.strip() if expression.trim else text
        if (
            text in EMPTY
            or text in expression.empty
            or (expression.convert in ("date", "datetime") and text in NO_DATE)
        ):
            return None
        if len(text) > LONGEST:
            self.note("TOO_LONG", text[:20], f"{len(text)} > {LONGEST}")
            return text[:LONGEST]
        return text

    def _translated(self, expression: Expression, text: str) -> Any:
        translations = expression.words if expression.words is not None else expression.table or {}
        if text in translations:
            return translations[text]
        self.note("UNKNOWN_WORD" if expression.words is not None else "NOT_IN_TABLE", text)
        return expression.otherwise if expression.has_otherwise else text

    def _converted(self, expression: Expression, value: Any) -> Any:
        try:
            return CONVERSIONS[expression.convert](value, self.zone, expression.formats)
        except Unconvertible as error:
            self.note("UNCONVERTIBLE", value, f"{expression.convert}: {error}")
            return None


@dataclass(frozen=True, slots=True)
class Split:
    """One table with several meanings: a column's values by the group of targets that the row then has."""

    source: str
    groups: Mapping[str, frozenset[str]]

    def group(self, row: Mapping[str, Any]) -> str:
        """The row's group, "" when no group has the value."""
        text = text_of(lookup(row, self.source))
        return next((name for name, values in self.groups.items() if text in values), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class RowMapping:
    """A compiled mapping: expressions by target path, such as "suspension.started"."""

    fields: Mapping[str, Expression]
    zone: tzinfo
    split: Split | None = None

    def apply(self, row: Mapping[str, Any]) -> MappedRow:
        """The values of a row. Targets without a value are left out. Never raises for the content of a row."""
        group = self.split.group(row) if self.split is not None else ""
        running = _Row(row, self.zone)
        values: dict[str, Any] = {}
        for target, expression in self.fields.items():
            if self.split is not None and not self._belongs(target, group):
                continue
            running.target = target
            value = running.value(expression)
            if value is not None:
                values[target] = value
        if self.split is not None and not group:
            running.target = self.split.source
            running.note("UNKNOWN_WORD", text_of(lookup(row, self.split.source)))
        return MappedRow(values, tuple(running.problems), group)

    def _belongs(self, target: str, group: str) -> bool:
        assert self.split is not None
        head = target.partition(".")[0]
        return head not in self.split.groups or head == group

    @property
    def sources(self) -> frozenset[str]:
        """Every column or path that the mapping reads."""
        columns: set[str] = {self.split.source} if self.split is not None else set()
        pending = list(self.fields.values())
        while pending:
            expression = pending.pop()
            pending += [*expression.first, *expression.join]
            columns |= {source for source in (expression.source, expression.when and expression.when.source) if source}
        return frozenset(columns)


def text_of(value: Any) -> str:
    """A value as text: numbers that are whole have no fraction, true is "true"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def identifier(text: str) -> str:
    """A number or code in one form: trimmed, full-width characters as ASCII, control characters gone. Case stays."""
    return _BAD.sub("", unicodedata.normalize("NFKC", text)).strip()
