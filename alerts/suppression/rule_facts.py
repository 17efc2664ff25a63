"""Facts about rules that root-cause analysis needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from feeds.model import Alert

REDUNDANCY_LOST = "redundancy-lost"
"""The built-in rule about a redundancy group that has lost a member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFacts:
    """Questions about the rule of an alert, by the rule's id.

    `over_health`: the rule reads an asset's health. `foreign`: the alert comes from another tool. `clearing`: the alert
    waits only for its off-delay. `recover_for`: the rule's off-delay in seconds.
    """

    over_health: Callable[[str], bool]
    foreign: Callable[[str], bool]
    clearing: Callable[[Alert], bool]
    recover_for: Callable[[str], float]
