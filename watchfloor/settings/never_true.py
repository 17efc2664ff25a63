"""Detection of rules that can never be true: they compare with kinds, labels, readings or types that no asset has.

The inventory and its probes are the reference. Readings of listeners and mapped sources are not known in advance, so
their families are never reported. An SNMP probe may give every reading that any profile names, and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alerts.settings import RuleSettings
from collectors import registry
from collectors import uri as uris
from collectors.errors import Misconfigured
from collectors.network.snmp import profile as snmp_profiles
from collectors.settings import SourceSettings
from feeds.cel import syntax
from feeds.cel.syntax import Node, string_value
from feeds.inventory.texts import nearest
from feeds.model import Asset

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
_NUMBERS = ("int", "uint", "double")
_VIDEO = ("rtsp", "onvif", "gb28181")
_OF_VIDEO = frozenset((*_VIDEO, "picture"))
"""Families of the readings of cameras, whichever of the schemes _VIDEO asks them."""


@dataclass(frozen=True, slots=True)
class NeverTrue:
    """One part of an expression that can never hold. `zh` and `en` say why."""

    at: int
    zh: str
    en: str


def remarks(
    rule: RuleSettings, assets: Mapping[str, Asset], sources: tuple[SourceSettings, ...]
) -> Iterator[NeverTrue]:
    """The parts of a rule over assets that can never be true. Nothing for an expression that does not parse."""
    if rule.over != "asset" or not assets:
        return
    conditions = [rule.when, *(grade.when for grade in rule.grades)]
    names = _InventoryNames(assets, sources)
    yield from names.unmeasured(rule.each, 0)
    for condition in conditions:
        try:
            tree = syntax.parse(condition)
        except (syntax.ParseError, RecursionError):
            continue
        for node in _nodes(tree):
            yield from names.judge(node)


class _InventoryNames:
    """Kinds, labels, metrics and other names that the assets of the inventory have."""

    def __init__(self, assets: Mapping[str, Asset], sources: tuple[SourceSettings, ...]) -> None:
        self.kinds = frozenset(asset.kind for asset in assets.values())
        self.labels = frozenset(label for asset in assets.values() for label in asset.labels)
        self.values = {
            "region": frozenset(asset.region for asset in assets.values()),
            "owner": frozenset(asset.owner for asset in assets.values()),
            "id": frozenset(assets),
        }
        self.families: set[str] = {"camera"}
        self.metrics: set[str] = set()
        self.is_open = any(source.kind == "emergency.http" for source in sources)
        for source in sources:
            self.families |= {"syslog"} if source.kind == "network.syslog" else set()
            self.families |= {"trap"} if source.kind == "network.traps" else set()
            self.families |= _OF_VIDEO if source.kind == "video.gb28181" else set()
        for probe in {probe for asset in assets.values() for probe in asset.probes}:
            self._add(probe)

    def _add(self, probe: str) -> None:
        try:
            target = uris.parse(probe)
            family = registry.poller_class(target.scheme).family
        except Misconfigured:
            return
        self.families.add(family)
        if target.scheme in _VIDEO:
            self.families |= _OF_VIDEO
        if target.scheme == "snmp":
            self.metrics |= snmp_profiles.metrics()
        if "metric" in target.params:
            self.metrics.add(target.params["metric"])

    def judge(self, node: Node) -> Iterator[NeverTrue]:
        if node.op in _COMPARISONS:
            for side, other in (node.args, node.args[::-1]):
                yield from self._compared(side, other, node.op)
        elif node.op == "index" and _is_name(node.args[0], "labels"):
            if node.args[1].op == "string":
                yield from self._label(string_value(node.args[1]), node.args[1].start)
        elif node.op == "member" and _is_name(node.args[0], "labels"):
            yield from self._label(node.text, node.start)
        elif node.op == "index" and _is_name(node.args[0], "m"):
            yield from self._metric(node.args[1])

    def _compared(self, side: Node, other: Node, op: str) -> Iterator[NeverTrue]:
        if side.op == "index" and _is_name(side.args[0], "m") and side.args[1].op == "string":
            key = string_value(side.args[1]).partition("[")[0]
            if key.endswith(".up") and other.op in _NUMBERS:
                word = "false" if op == "==" and other.text in ("0", "0.0") else "true"
                yield NeverTrue(
                    side.start,
                    f'{key} 是 true 或 false，与数字比较永远不成立；请写 m["{key}"] == {word}',
                    f'{key} is true or false and never compares with a number; write m["{key}"] == {word}',
                )
        if op == "==" and other.op == "string" and side.op == "name":
            value = string_value(other)
            if side.text == "kind" and value not in self.kinds:
                near = nearest(value, self.kinds)
                yield NeverTrue(
                    other.start,
                    f"清单中没有类型为 {value!r} 的资产{f'；是否为 {near!r}？' if near else ''}",
                    f"no asset of the inventory is of the kind {value!r}{f'; did you mean {near!r}?' if near else ''}",
                )
            elif side.text in self.values and value not in self.values[side.text]:
                yield NeverTrue(
                    other.start,
                    f"清单中没有资产的 {side.text} 为 {value!r}",
                    f"no asset of the inventory has the {side.text} {value!r}",
                )

    def _label(self, label: str, at: int) -> Iterator[NeverTrue]:
        if label not in self.labels:
            near = nearest(label, self.labels)
            yield NeverTrue(
                at,
                f"清单中没有资产带标签 {label!r}，条件永远无数据{f'；是否为 {near!r}？' if near else ''}",
                f"no asset of the inventory has the label {label!r}, so nothing is ever known"
                f"{f'; did you mean {near!r}?' if near else ''}",
            )

    def _metric(self, key: Node) -> Iterator[NeverTrue]:
        if key.op == "string":
            yield from self.unmeasured(string_value(key).partition("[")[0], key.start)

    def unmeasured(self, metric: str, at: int) -> Iterator[NeverTrue]:
        """A remark when no probe gives a metric; none for ""."""
        if not metric or self.is_open or metric in self.metrics or metric.partition(".")[0] in self.families:
            return
        near = nearest(metric, self.metrics)
        yield NeverTrue(
            at,
            f"清单中没有任何探测给出读数 {metric!r}{f'；是否为 {near!r}？' if near else ''}",
            f"no probe of the inventory gives the reading {metric!r}{f'; did you mean {near!r}?' if near else ''}",
        )


def _is_name(node: Node, name: str) -> bool:
    return node.op == "name" and node.text == name


def _nodes(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in node.args:
        yield from _nodes(child)
