"""The rules of cards: CEL expressions over a case, its clock and its item.

`on`: "daily" rules are read for red and suspended cases on the morning of each working day, "fact" rules whenever facts
change a case. Names: case.{kind, item, department, region, state, result, light, channel, flags, has_reason,
supplements, fees_paid, review, score}, clock.{overdue, left, n, statutory_over, steps_over, late_notices,
suspension_over, suspended_days, delivery_over}, item.{fee, online_required, known}. A supervision order over a limit
raises a red card of its own, "order_over".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from approvals.cards.signals import THRESHOLD
from feeds.cel_library import cel

Colour = Literal["notice", "yellow", "red"]


class CardRuleRefused(ValueError):
    """An expression is not CEL; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRule:
    """One rule. `raise_`: "auto" raises, "propose" waits for a supervisor.

    `replaces` is a milder rule whose card on the same case this one closes. `to_review`: a card that stands goes to
    review when the rule does not hold any more.
    """

    id: str
    on: Literal["daily", "fact"]
    when: str
    colour: Colour
    raise_: Literal["auto", "propose"] = "auto"
    replaces: str = ""
    to_review: bool = True
    version: int = 1

    def holds(self, names: Mapping[str, Any]) -> bool:
        """Evaluate the rule over `names_of`. Raises CardRuleRefused."""
        try:
            return _program(self.when).execute(dict(names)) is True
        except (ValueError, RuntimeError, TypeError, KeyError) as error:
            raise CardRuleRefused(f"{self.id}: {error}") from error


@cache
def _program(when: str) -> Any:
    try:
        return cel.compile(when)
    except ValueError as error:
        raise CardRuleRefused(str(error)) from error


DEFAULTS: tuple[CardRule, ...] = (
    CardRule(id="over_promise", on="daily", when='clock.overdue >= 1 && !("paused" in case.flags)', colour="yellow"),
    CardRule(
        id="far_over",
        on="daily",
        when='(clock.overdue > 3 || clock.statutory_over) && !("paused" in case.flags)',
        colour="red",
        replaces="over_promise",
    ),
    CardRule(
        id="review_over",
        on="daily",
        when='case.kind == "upward" && clock.overdue >= 1 && !("submitted_up" in case.flags)',
        colour="yellow",
    ),
    CardRule(
        id="no_reason",
        on="fact",
        when='case.result in ["refused", "not_accepted"] && !case.has_reason',
        colour="yellow",
    ),
    CardRule(id="second_notice", on="fact", when="case.supplements >= 2", colour="yellow"),
    CardRule(id="bad_extension", on="fact", when='"bad_extension" in case.flags', colour="red", raise_="propose"),
    CardRule(
        id="fee",
        on="fact",
        when="item.known && item.fee >= 0 && case.fees_paid > item.fee",
        colour="red",
        raise_="propose",
    ),
    CardRule(id="bad_review", on="fact", when="case.review >= 4", colour="yellow", raise_="propose"),
    CardRule(
        id="offline", on="fact", when=f"case.score >= {THRESHOLD}", colour="red", raise_="propose", to_review=False
    ),
    CardRule(id="step_over", on="fact", when="clock.steps_over == 1 && clock.overdue == 0", colour="notice"),
    CardRule(id="step_over_again", on="fact", when="clock.steps_over >= 2", colour="yellow", replaces="step_over"),
    CardRule(id="late_notice", on="fact", when="clock.late_notices >= 1", colour="yellow"),
    CardRule(id="suspension_over", on="daily", when="clock.suspension_over > 1", colour="yellow"),
    CardRule(
        id="suspension_far_over", on="daily", when="clock.suspended_days > 60", colour="red", replaces="suspension_over"
    ),
    CardRule(id="delivery_over", on="fact", when="clock.delivery_over >= 1", colour="yellow"),
)
"""The rules of every site."""
