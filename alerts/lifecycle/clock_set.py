"""Adjust an alert when the wall clock is set, so that no recorded time lies in the future. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from feeds.clock import restamped
from feeds.model import Alert, Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSet:
    """The wall clock was set by `by` seconds."""

    by: float


def clock_changes(alert: Alert, by: float, now: float) -> dict[str, Any]:
    """The fields that a clock set by `by` seconds changes; empty when it changes none.

    A hold keeps its remaining time. An acknowledgement's and a shelf's `until` stay: a person chose that moment.
    """
    marked = alert.ack is not None or alert.shelf is not None or alert.hold is not None
    ended = alert.cleared_at is not None or alert.stale_since is not None
    if not marked and not ended and max(alert.first_raised_at, alert.raised_at, alert.since) <= now:
        return {}  # nearly all: every start asks it of every open alert
    names = ("first_raised_at", "raised_at", "since")
    stamps = {name: getattr(alert, name) for name in names}
    stamps |= {name: at for name in ("cleared_at", "stale_since") if (at := getattr(alert, name)) is not None}
    changes: dict[str, Any] = {name: restamped(at, by, now) for name, at in stamps.items() if at > now}
    for name in ("ack", "shelf"):
        if (mark := getattr(alert, name)) is not None and mark.at > now:
            changes[name] = replace(mark, at=restamped(mark.at, by, now))
    if alert.hold is not None and (by or alert.hold.since > now):
        since = min(alert.hold.since + by, now)
        changes["hold"] = Hold(since=since, until=since + alert.hold.until - alert.hold.since)
    return changes
