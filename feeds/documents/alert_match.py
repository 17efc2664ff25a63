"""Criteria of alerts, as receivers and escalation policies have them."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMatch:
    """Criteria of alerts. All given criteria must match; the values of one list are alternatives."""

    severities: tuple[Severity, ...] = tuple(Severity)
    regions: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
