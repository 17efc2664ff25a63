"""What is known of a name in a rule, what an expression uses, and what is said of one that cannot mean anything."""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.rules.cel.syntax import Node


class Unfit(ValueError):
    """The expression cannot mean anything; `at` is the offset, `zh` and `en` say what and how to mend it."""

    def __init__(self, node: Node, zh: str, en: str) -> None:
        super().__init__(en)
        self.at, self.zh, self.en = node.start, zh, en


@dataclass(slots=True)
class Uses:
    """What an expression refers to.

    `ages` are the places of `age(…)` and the reading's key in each; `limits` those ages (by their place)
    that are compared with a number, and the number; `patterns` the places of literal regular expressions
    and their source; `rates` the places of `rate(…)` with the reading's key and the seconds; `many`: the answer
    hangs on other things too, `warned`: on warnings, `touches`: on what a warning touches; `whole`: it asks which
    readings there are.
    """

    names: set[str] = field(default_factory=set)
    readings: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    ages: list[tuple[int, int, str]] = field(default_factory=list)
    limits: dict[int, float] = field(default_factory=dict)
    patterns: list[tuple[int, str]] = field(default_factory=list)
    rates: list[tuple[int, int, str, float]] = field(default_factory=list)
    many: bool = False
    warned: bool = False
    touches: bool = False
    whole: bool = False
