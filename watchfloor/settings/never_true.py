"""Detection of rules that can never be true: they compare with kinds, labels, readings or types that no asset has.

The inventory and its probes are the reference. Readings of listeners and mapped sources are not known in advance, so
their families are never reported. An SNMP probe may give every reading that any profile names, and no other; for the
other protocols see collectors.readings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alerts.settings import RuleSettings
from collectors import registry
from collectors import uri as uris
from collectors.errors import Misconfigured
from collectors.network.snmp import profile_readings as snmp_readings
from collectors.readings import NUMBER, TEXT, TRUTH, TYPES
from collectors.settings import SourceSettings
from feeds.cel import syntax
from feeds.cel.syntax import Node, string_value
from feeds.inventory.texts import nearest
from feeds.model import Asset, Health

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_NUMBERS = ("int", "uint", "double")
_NAMED_BY = {"count": (1, "kind"), "health_of": (0, "id")}
"""Functions whose argument at a position names a kind or an asset."""
_VIDEO = ("rtsp", "onvif", "gb28181")
_OF_VIDEO = frozenset((*_VIDEO, "picture"))
"""Families of the readings of cameras, whichever of the schemes _VIDEO asks them."""


@dataclass(frozen=True, slots=True)
class NeverTrue:
    """One part of an expression that can never hold. `zh` and `en` say why."""

    at: int
    zh: str
    en: str


class InventoryNames:
    """Kinds, labels, metrics and other names that the assets of the inventory have."""

    def __init__(self, assets: Mapping[str, Asset], sources: tuple[SourceSettings, ...]) -> None:
        labels: dict[str, set[str]] = {}
        for asset in assets.values():
            for label, value in asset.labels.items():
                labels.setdefault(label, set()).add(value)
        self.labels = labels
        self.values = {
            "kind": frozenset(asset.kind for asset in assets.values()),
            "region": frozenset(asset.region for asset in assets.values()),
            "owner": frozenset(asset.owner for asset in assets.values()),
            "name": frozenset(asset.name for asset in assets.values()),
            "id": frozenset(assets),
        }
        self.readings = _Readings(assets, sources)

    def remarks(self, rule: RuleSettings) -> Iterator[NeverTrue]:
        """The parts of a rule over assets that can never be true. Nothing for an expression that does not parse."""
        if rule.over != "asset" or not self.values["id"]:
            return
        yield from self.readings.unmeasured(rule.each, 0)
        for condition in (rule.when, *(grade.when for grade in rule.grades)):
            try:
                tree = syntax.parse(condition)
            except (syntax.ParseError, RecursionError):
                continue
            for node in _nodes(tree):
                yield from self._judge(node)

    def _judge(self, node: Node) -> Iterator[NeverTrue]:
        if node.op in _COMPARISONS:
            for side, other in (node.args, node.args[::-1]):
                yield from self._compared(side, other, node.op)
        elif node.op == "in":
            yield from self._listed(*node.args)
        elif node.op == "index" and _is_name(node.args[0], "m") and node.args[1].op == "string":
            yield from self.readings.unmeasured(string_value(node.args[1]), node.args[1].start)
        elif (label := _label_of(node)) is not None:
            yield from self._label(*label)
        elif node.op == "call":
            yield from self._called(node.text, node.args)

    def _compared(self, side: Node, other: Node, op: str) -> Iterator[NeverTrue]:
        if side.op == "index" and _is_name(side.args[0], "m") and side.args[1].op == "string":
            yield from self.readings.mistyped(string_value(side.args[1]), side.start, other, op)
        if op == "==":
            yield from self._worded(side, other)

    def _listed(self, side: Node, other: Node) -> Iterator[NeverTrue]:
        """The parts of `side in other` that nothing has: elements of a list, or a key of `m` or `labels`."""
        if other.op == "list":
            for element in other.args:
                yield from self._worded(side, element)
        elif side.op == "string" and _is_name(other, "m"):
            yield from self.readings.unmeasured(string_value(side), side.start)
        elif side.op == "string" and _is_name(other, "labels"):
            yield from self._label(string_value(side), side.start)

    def _worded(self, side: Node, other: Node) -> Iterator[NeverTrue]:
        """A word that no asset has where a name, a label or another asset's health is compared with it."""
        if other.op != "string":
            return
        value = string_value(other)
        if side.op == "name" and side.text in self.values:
            yield from self._value(side.text, value, other.start)
        elif side.op == "call" and side.text == "health_of" and value not in set(Health):
            yield NeverTrue(other.start, f"健康状态没有 {value!r} 一词", f"no asset's health is ever {value!r}")
        elif (label := _label_of(side)) is not None and label[0] in self.labels and value not in self.labels[label[0]]:
            near = nearest(value, self.labels[label[0]])
            zh, en = _proposed(near)
            yield NeverTrue(
                other.start,
                f"清单中没有资产的标签 {label[0]!r} 为 {value!r}{zh}",
                f"no asset of the inventory has the label {label[0]!r} with the value {value!r}{en}",
            )

    def _value(self, column: str, value: str, at: int) -> Iterator[NeverTrue]:
        if value in self.values[column]:
            return
        zh, en = _proposed(nearest(value, self.values[column]))
        if column == "kind":
            yield NeverTrue(
                at, f"清单中没有类型为 {value!r} 的资产{zh}", f"no asset of the inventory is of the kind {value!r}{en}"
            )
        else:
            yield NeverTrue(
                at,
                f"清单中没有资产的 {column} 为 {value!r}{zh}",
                f"no asset of the inventory has the {column} {value!r}{en}",
            )

    def _called(self, function: str, arguments: tuple[Node, ...]) -> Iterator[NeverTrue]:
        """The kind that `count` counts and the asset that `health_of` names; "" counts any."""
        position, column = _NAMED_BY.get(function, (0, ""))
        if column and len(arguments) > position and arguments[position].op == "string":
            value = string_value(arguments[position])
            if value:
                yield from self._value(column, value, arguments[position].start)

    def _label(self, label: str, at: int) -> Iterator[NeverTrue]:
        if label not in self.labels:
            zh, en = _proposed(nearest(label, self.labels))
            yield NeverTrue(
                at,
                f"清单中没有资产带标签 {label!r}，条件永远无数据{zh}",
                f"no asset of the inventory has the label {label!r}, so nothing is ever known{en}",
            )


class _Readings:
    """The readings that the probes of the inventory can give, with their types and words."""

    def __init__(self, assets: Mapping[str, Asset], sources: tuple[SourceSettings, ...]) -> None:
        self.families: set[str] = {"camera"}
        self.types: dict[str, str] = {}
        self.words: dict[str, frozenset[str]] = {}
        self._own: set[str] = set()
        self.is_open = any(source.kind == "emergency.http" for source in sources)
        for source in sources:
            self.families |= {"syslog"} if source.kind == "network.syslog" else set()
            self.families |= {"trap"} if source.kind == "network.traps" else set()
            self.families |= _OF_VIDEO if source.kind.startswith("video.gb28181") else set()
        for probe in {probe for asset in assets.values() for probe in asset.probes}:
            self._add(probe)
        if "snmp.up" in self.types:
            self.types |= snmp_readings.types()
            self.words |= snmp_readings.words()
        self.types |= dict.fromkeys(self._own, "")

    def _add(self, probe: str) -> None:
        try:
            target = uris.parse(probe)
            family = registry.poller_class(target.scheme).family
        except Misconfigured:
            return
        if family in TYPES:
            self.types |= TYPES[family]
        else:
            self.families.add(family)
        if target.scheme in _VIDEO:
            self.families |= _OF_VIDEO
        if "metric" in target.params:
            self._own.add(target.params["metric"])

    def unmeasured(self, key: str, at: int) -> Iterator[NeverTrue]:
        """A remark when no probe gives a reading; none for ""."""
        metric = key.partition("[")[0]
        if not metric or self.is_open or metric in self.types or metric.partition(".")[0] in self.families:
            return
        zh, en = _proposed(nearest(metric, self.types))
        yield NeverTrue(
            at,
            f"清单中没有任何探测给出读数 {metric!r}{zh}",
            f"no probe of the inventory gives the reading {metric!r}{en}",
        )

    def mistyped(self, key: str, at: int, other: Node, op: str) -> Iterator[NeverTrue]:
        """A remark when a reading is compared with a literal of another type, or with a word that it never has."""
        metric = key.partition("[")[0]
        type, literal = self.types.get(metric, ""), _literal_type(other)
        if type and literal and type != literal:
            zh, en = _TYPE_WORDS[type]
            hint = self._hint(key, metric, type, other, op)
            yield NeverTrue(
                at,
                f"{key} 是{zh}，与{_TYPE_WORDS[literal][0]}比较永远不成立" + (f"；请写 {hint}" if hint else ""),
                f"{key} is {en} and never compares with {_TYPE_WORDS[literal][1]}"
                + (f"; write {hint}" if hint else ""),
            )
        elif op == "==" and other.op == "string" and self.words.get(metric) and metric not in self.families:
            value, words = string_value(other), self.words[metric]
            if value not in words:
                listed = ", ".join(sorted(words))
                yield NeverTrue(
                    other.start,
                    f"{key} 从不为 {value!r}；可能的词：{listed}",
                    f"{key} is never {value!r}; it is one of: {listed}",
                )

    def _hint(self, key: str, metric: str, type: str, other: Node, op: str) -> str:
        """The comparison that is meant, "" where that cannot be known."""
        if type == TRUTH:
            text = string_value(other).lower() if other.op == "string" else other.text
            word = "false" if (op == "==") == (text in _FALSE) else "true"
            return f'm["{key}"] == {word}'
        if self.words.get(metric):
            return " / ".join(f'm["{key}"] {op} "{word}"' for word in sorted(self.words[metric])[:2])
        return ""


_FALSE = ("0", "0.0", "down", "false", "no", "off", "fail", "failed", "offline")
_TYPE_WORDS = {TRUTH: (" true 或 false", "true or false"), NUMBER: ("数字", "a number"), TEXT: ("文字", "a text")}


def _literal_type(node: Node) -> str:
    """The type of a literal, "" for another expression."""
    node = node.args[0] if node.op == "neg" else node
    return NUMBER if node.op in _NUMBERS else {"string": TEXT, "bool": TRUTH}.get(node.op, "")


def _label_of(node: Node) -> tuple[str, int] | None:
    """The label that `labels["x"]` or `labels.x` names, and its offset; None for another expression."""
    if node.op == "index" and _is_name(node.args[0], "labels") and node.args[1].op == "string":
        return string_value(node.args[1]), node.args[1].start
    if node.op == "member" and _is_name(node.args[0], "labels"):
        return node.text, node.start
    return None


def _proposed(near: str) -> tuple[str, str]:
    """The question that proposes a name, in Chinese and English; empty for ""."""
    return (f"；是否为 {near!r}？", f"; did you mean {near!r}?") if near else ("", "")


def _is_name(node: Node, name: str) -> bool:
    return node.op == "name" and node.text == name


def _nodes(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.args:
        yield from _nodes(child)
