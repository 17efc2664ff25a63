"""What root cause asks about the rules that alerts come from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feeds.model import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutRules:
    """What the rules know: whether one is over health, whether an alert comes from another tool, whether it is
    about to clear, and how long one must not hold before it clears (seconds)."""

    over_health: Callable[[str], bool]
    foreign: Callable[[str], bool]
    clearing: Callable[[Alert], bool]
    recover_for: Callable[[str], float]
