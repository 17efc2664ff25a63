"""References of a rule's expression, and the error of an expression that does not pass the type check."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.cel.syntax import Node


class ExpressionError(ValueError):
    """The expression is wrong. `at` is the offset in characters; `zh` and `en` say what to correct.

    `name` is the name that the subject does not have, "" for other errors.
    """

    def __init__(self, node: Node, zh: str, en: str, name: str = "") -> None:
        super().__init__(en)
        self.at, self.zh, self.en, self.name = node.start, zh, en, name


@dataclass(slots=True)
class ExpressionReferences:
    """The names, readings and functions that an expression uses. Offsets are in characters.

    `ages`: start, end and reading key of each `age(…)`. `limits`: the number that an age is compared with, by the age's
    start. `patterns`: start and source of each literal regular expression. `rates`: start, end, reading key and seconds
    of each `rate(…)`. `many`: the verdict depends on other assets. `warned`: it depends on warnings. `touches`: it
    depends on the assets in a warning's area. `whole`: it depends on which readings exist. `iterated`: it goes
    through all readings by `exists`, `all`, `filter` or the like.
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
    iterated: bool = False
