"""Outages of many assets in an interval: each time span in which an asset was not well, with its kind.

The kinds are those of `feeds.history.uptime`, so that the spans of an asset add up to the seconds of its tally.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feeds.history.uptime import Spans, Transition, UptimeCalculator, UptimeEvidence, common, joined, without
from feeds.inventory.membership import InventoryMember
from feeds.model import Health

KINDS = ("degraded", "down", "unknown", "maintenance")


@dataclass(frozen=True, slots=True)
class Outage:
    """A time span (epoch seconds) in which an asset was degraded, down, unknown, or in maintenance."""

    start: float
    end: float
    kind: str


async def outages(
    uptime: UptimeCalculator, members: Mapping[str, InventoryMember], start: float, end: float, now: float
) -> dict[str, list[Outage]]:
    """Outages by asset, oldest first, of assets in the inventory at some time in start <= t < end.

    An asset that was well throughout has an empty list. Nothing counts after `now`.
    """
    end = min(end, now)
    if start >= end:
        return {}
    evidence = await uptime.evidence(start, end, now)
    transitions = await uptime.transitions(members.keys(), start, end)
    timelines = {}
    for id, member in members.items():
        service, maintained = evidence.service(id, member)
        if service or maintained:
            spans = _spans(evidence, evidence.health_before(id), transitions.get(id, ()), service)
            timelines[id] = _sorted({**spans, "maintenance": maintained})
    return timelines


def _spans(
    evidence: UptimeEvidence, before: Health | None, transitions: Sequence[Transition], service: Spans
) -> dict[str, Spans]:
    """The observed spans of an asset's service time that were degraded or down, and those that nobody observed."""
    by_health: dict[Health, Spans] = {health: [] for health in Health}
    at, health = evidence.start, before
    for moment, following in [*transitions, (evidence.end, Health.UNKNOWN)]:
        if health is not None and moment > at:
            by_health[health].append((at, moment))
        at, health = moment, following
    observed = common(service, evidence.watched)
    of_health = {kind: common(joined(by_health[kind]), observed) for kind in Health if kind is not Health.UNKNOWN}
    unknown = without(service, joined(span for spans in of_health.values() for span in spans))
    return {"degraded": of_health[Health.DEGRADED], "down": of_health[Health.DOWN], "unknown": unknown}


def _sorted(spans: Mapping[str, Spans]) -> list[Outage]:
    listed = [Outage(low, high, kind) for kind in KINDS for low, high in spans[kind] if high > low]
    return sorted(listed, key=lambda outage: outage.start)
