"""The readings whose rate rules use: their past has to be kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from alerts.rules.context import EVERY_MEMBER
from alerts.rules.rule import CompiledRule


def rates(rules: Iterable[CompiledRule]) -> Iterator[tuple[str, float]]:
    """The metrics whose rate the rules use, each with its window in seconds; `metric[]` is that of every member."""
    for rule in rules:
        for metric, seconds in ((metric, seconds) for part in rule.parts for _, _, metric, seconds in part.uses.rates):
            yield metric, seconds
            if rule.settings.each:
                yield metric + EVERY_MEMBER, seconds
