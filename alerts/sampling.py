"""Times between two samples of an asset. No off-delay may be shorter: one good answer is not yet a recovery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from feeds.cel import syntax
from feeds.cel.syntax import Node, string_value


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTimes:
    """Seconds between two samples: of the probe that is asked most often, and by family of readings (`tcp` of
    `tcp.up`). A family that is absent, as one that a site names itself, may come from any probe.
    """

    shortest: float = 0.0
    by_family: Mapping[str, float] = field(default_factory=dict)

    def least(self, over: str, conditions: Iterable[str], each: str = "") -> float:
        """The shortest off-delay of a rule, in seconds, by the readings that its conditions use. 0 unless over assets.

        A condition without readings, such as one on `health`, is sampled by every probe.
        """
        if over != "asset":
            return 0.0
        families = {key.partition(".")[0] for condition in conditions for key in _readings(condition)}
        families |= {each.partition(".")[0]} if each else set()
        return min((self.by_family.get(family, self.shortest) for family in families), default=self.shortest)


NO_SAMPLES = SampleTimes()
"""No bound."""


def _readings(condition: str) -> Iterator[str]:
    """The keys of readings that a condition uses; "" for its use of an asset's health."""
    try:
        nodes = [syntax.parse(condition)]
    except (syntax.ParseError, RecursionError):
        return
    while nodes:
        node = nodes.pop()
        if node.op == "index" and _is_name(node.args[0], "m") and node.args[1].op == "string":
            yield string_value(node.args[1])
        elif _is_name(node, "health"):
            yield ""
        nodes += node.args


def _is_name(node: Node, name: str) -> bool:
    return node.op == "name" and node.text == name
