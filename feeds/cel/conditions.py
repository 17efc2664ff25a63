"""Conditions over named records: `incident.class == 'hazchem' && warning.colour == 'red'`, checked when loaded.

A record is a group of dotted names with their types. Pure.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from feeds.cel import hints, syntax, typecheck
from feeds.cel.names import ExpressionError
from feeds.cel.syntax import Node
from feeds.cel_library import cel
from feeds.kinds.subject import RuleName

log = logging.getLogger(__name__)

LONGEST = 2000
"""Characters of an expression."""


class ConditionError(ValueError):
    """A condition cannot be used. `detail` says what is wrong and where, by language."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.detail = {"zh-CN": zh, "en": en}


@dataclass(frozen=True, slots=True)
class RecordCondition:
    """A condition ready to be evaluated. `records` are those that it names."""

    source: str
    records: frozenset[str]
    program: Any

    def holds(self, values: Mapping[str, Mapping[str, Any]]) -> bool:
        """True when the condition is true of these records. A record that is not there makes it false."""
        if not self.records <= values.keys():
            return False
        try:
            return self.program.execute({name: dict(values[name]) for name in self.records}) is True
        except (KeyError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
            log.debug("condition %r: %s", self.source, error)
            return False


def compile_condition(source: str, names: Mapping[str, RuleName]) -> RecordCondition:
    """Compile and check a condition over dotted names such as "incident.grade". Raises ConditionError."""
    if len(source) > LONGEST:
        raise ConditionError(f"超过 {LONGEST} 个字符", f"it is longer than {LONGEST} characters")
    try:
        program = cel.compile(source)
    except ValueError as error:
        lines = str(error).partition("ERROR: ")[2].splitlines() or [str(error)]
        text = lines[0].replace("<input>:", "")
        raise ConditionError(*hints.added(source, f"语法错误：{text}", f"not CEL: {text}")) from error
    try:
        uses = typecheck.check_names(_dotted(syntax.parse(source), frozenset(map(_record, names))), names)
    except RecursionError as error:
        raise ConditionError("表达式嵌套过深", "the expression is nested too deeply") from error
    except ExpressionError as error:
        zh, en = hints.added(source, error.zh, error.en)
        raise ConditionError(f"第 {error.at + 1} 字符：{zh}", f"character {error.at + 1}: {en}") from error
    except syntax.ParseError as error:
        raise ConditionError("无法理解", str(error)) from error
    _check_patterns(source, uses.patterns)
    return RecordCondition(source, frozenset(map(_record, uses.names)), program)


def _record(name: str) -> str:
    return name.partition(".")[0]


def _dotted(node: Node, records: frozenset[str]) -> Node:
    """The tree with each chain of members of a record as one name: `incident.casualties.dead`."""
    chain = _chain(node)
    if chain and chain[0] in records:
        return Node(op="name", start=node.start, end=node.end, text=".".join(chain))
    return replace(node, args=tuple(_dotted(arg, records) for arg in node.args))


def _chain(node: Node) -> tuple[str, ...]:
    if node.op == "name":
        return (node.text,)
    inner = _chain(node.args[0]) if node.op == "member" else ()
    return (*inner, node.text) if inner else ()


def _check_patterns(source: str, patterns: list[tuple[int, str]]) -> None:
    """Reject invalid regular expressions at load time."""
    for _, pattern in patterns:
        try:
            cel.compile(f'"".matches({pattern})').execute({})
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ConditionError(f"正则表达式无效：{reason}", f"not a regular expression: {reason}") from error
