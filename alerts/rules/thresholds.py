"""What of a rule can be drawn or said in a word: its limits, what it demands of a thing at once, what it names.

Read from the syntax tree that the checker accepted. What is not plain (`m["a"] / m["b"] > 2.0`) is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from alerts.rules.cel.syntax import Node, string_value

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A limit of one metric: the condition holds while `metric op value`.

    `clear` is the other limit of a deadband (the one that counts while the alert stands). `per_second_over` are
    the seconds of `rate(…)`: then the limit is a slope, and no line in a chart of the metric.
    """

    metric: str
    op: str
    value: float
    clear: float | None = None
    per_second_over: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """What an asset must be at once for the rule to concern it; empty: any."""

    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """All that this module reads. `mentions` are the texts that the expression names: ids, regions, kinds …"""

    thresholds: tuple[Threshold, ...] = ()
    only: Only = field(default_factory=Only)
    mentions: tuple[str, ...] = ()


def sketch(tree: Node) -> Sketch:
    """What can be read from a rule's expression."""
    return Sketch(thresholds=tuple(_thresholds(tree)), only=_only(tree), mentions=tuple(dict.fromkeys(_strings(tree))))


def _thresholds(node: Node) -> Iterator[Threshold]:
    if node.op in ("&&", "||"):
        for arg in node.args:
            yield from _thresholds(arg)
    elif node.op == "ternary" and _is_name(node.args[0], "active"):
        yield from _joined(list(_thresholds(node.args[1])), list(_thresholds(node.args[2])))
    elif node.op in _FLIPPED:
        left, right = node.args
        found = _limit(left, node.op, right) or _limit(right, _FLIPPED[node.op], left)
        if found is not None:
            yield found


def _joined(standing: list[Threshold], raising: list[Threshold]) -> Iterator[Threshold]:
    """`active ? m["x"] > 70.0 : m["x"] > 80.0`: two limits of one metric are a deadband."""
    for one in raising:
        other = next((s for s in standing if (s.metric, s.op[0]) == (one.metric, one.op[0])), None)
        yield replace(one, clear=other.value) if other is not None and one.clear is None else one


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
    """The reading's key, and over how many seconds when its rate is meant; "" for anything else."""
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


def _only(tree: Node) -> Only:
    kinds: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: dict[str, str] = {}
    for node in _conjuncts(tree):
        words = _words(node)
        if words and _is_name(node.args[0], "kind"):
            kinds = words
        elif words and _is_name(node.args[0], "region"):
            regions = words
        elif words and node.op == "==" and (label := _label(node.args[0])):
            labels[label] = words[0]
    return Only(kinds=kinds, regions=regions, labels=labels)


def _conjuncts(node: Node) -> Iterator[Node]:
    if node.op == "&&":
        for arg in node.args:
            yield from _conjuncts(arg)
    else:
        yield node


def _words(node: Node) -> tuple[str, ...]:
    """The words of `x == "a"` and `x in ["a", "b"]`; none for anything else."""
    if node.op == "==" and node.args[1].op == "string":
        return (string_value(node.args[1]),)
    if node.op == "in" and node.args[1].op == "list" and all(one.op == "string" for one in node.args[1].args):
        return tuple(string_value(one) for one in node.args[1].args)
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
