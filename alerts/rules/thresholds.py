"""Summary of a rule's expression for charts and lists: thresholds, scope and mentioned texts.

It is read from a syntax tree that passed the type check. Comparisons that are not with a plain number
(`m["a"] / m["b"] > 2.0`) are left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from feeds.cel.syntax import Node, string_value

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit of one metric: the condition holds while `metric op value`.

    `clear` is the limit of a deadband that applies while the alert is active. `per_second_over` is the number of
    seconds of `rate(…)`: then the limit is a slope, not a line in a chart of the metric.
    """

    metric: str
    op: str
    value: float
    clear: float | None = None
    per_second_over: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleScope:
    """The kinds, regions and labels that an asset must have for the rule to apply. Empty is any."""

    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpressionSummary:
    """The summary of an expression. `mentions` are the texts in it: ids, regions, kinds and so on."""

    thresholds: tuple[Threshold, ...] = ()
    only: RuleScope = field(default_factory=RuleScope)
    mentions: tuple[str, ...] = ()


def sketch(tree: Node) -> ExpressionSummary:
    """Summarise a rule's expression."""
    return ExpressionSummary(
        thresholds=tuple(_thresholds(tree)), only=_only(tree), mentions=tuple(dict.fromkeys(_strings(tree)))
    )


def _thresholds(node: Node) -> Iterator[Threshold]:
    if node.op in ("&&", "||"):
        for arg in node.args:
            yield from _thresholds(arg)
    elif node.op == "ternary" and _is_name(node.args[0], "active"):
        yield from _joined(list(_thresholds(node.args[1])), list(_thresholds(node.args[2])))
    elif node.op in _FLIPPED:
        left, right = node.args
        threshold = _limit(left, node.op, right) or _limit(right, _FLIPPED[node.op], left)
        if threshold is not None:
            yield threshold


def _joined(standing: list[Threshold], raising: list[Threshold]) -> Iterator[Threshold]:
    """Join two limits of one metric into a deadband: `active ? m["x"] > 70.0 : m["x"] > 80.0`."""
    for threshold in raising:
        clearing = next((s for s in standing if (s.metric, s.op[0]) == (threshold.metric, threshold.op[0])), None)
        yield (
            replace(threshold, clear=clearing.value) if clearing is not None and threshold.clear is None else threshold
        )


def _limit(measured: Node, op: str, number: Node) -> Threshold | None:
    metric, over = _metric(measured)
    if not metric:
        return None
    if number.op == "ternary" and _is_name(number.args[0], "active"):
        clear, value = _number(number.args[1]), _number(number.args[2])
    else:
        clear, value = None, _number(number)
    return None if value is None else Threshold(metric=metric, op=op, value=value, clear=clear, per_second_over=over)


def _metric(node: Node) -> tuple[str, float | None]:
    """The reading's key, and the number of seconds for a rate; "" for any other node."""
    if node.op == "index" and _is_name(node.args[0], "m") and node.args[1].op == "string":
        return string_value(node.args[1]), None
    if node.op == "call" and node.text == "rate" and len(node.args) == 2:
        inner = node.args[0]
        key = string_value(inner) if inner.op == "string" else _metric(inner)[0]
        return key, _number(node.args[1])
    return "", None


def _number(node: Node) -> float | None:
    if node.op == "neg":
        inner = _number(node.args[0])
        return None if inner is None else -inner
    return float(ast.literal_eval(node.text)) if node.op in ("int", "double") else None


def _is_name(node: Node, name: str) -> bool:
    return node.op == "name" and node.text == name


def _only(tree: Node) -> RuleScope:
    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    for node in _conjuncts(tree):
        values = _words(node)
        if values and _is_name(node.args[0], "kind"):
            kinds = values
        elif values and _is_name(node.args[0], "region"):
            regions = values
        elif values and node.op == "==" and (label := _label(node.args[0])):
            labels[label] = values[0]
    return RuleScope(kinds=kinds, regions=regions, labels=labels)


def _conjuncts(node: Node) -> Iterator[Node]:
    if node.op == "&&":
        for arg in node.args:
            yield from _conjuncts(arg)
    else:
        yield node


def _words(node: Node) -> tuple[str, ...]:
    """The texts of `x == "a"` and `x in ["a", "b"]`; empty for any other node."""
    if node.op == "==" and node.args[1].op == "string":
        return (string_value(node.args[1]),)
    if node.op == "in" and node.args[1].op == "list" and all(item.op == "string" for item in node.args[1].args):
        return tuple(string_value(item) for item in node.args[1].args)
    return ()


def _label(node: Node) -> str:
    if node.op in ("index", "member") and _is_name(node.args[0], "labels"):
        if node.op == "member":
            return node.text
        return string_value(node.args[1]) if node.args[1].op == "string" else ""
    return ""


def _strings(node: Node) -> Iterator[str]:
    if node.op == "string":
        yield string_value(node)
    for arg in node.args:
        yield from _strings(arg)
