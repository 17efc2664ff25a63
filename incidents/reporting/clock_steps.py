"""Obligations after the wall clock was set: each keeps its remaining time. Pure.

A daily report stays due at its hour, at the one nearest to the moved moment.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo

from feeds.clock import restamped
from feeds.model.incidents import Obligation
from incidents.reporting.obligations import LEAST_WARNING, SLOT_TERM, next_slot, timed

DAY = 86_400.0


def after_clock_step(due: Obligation, by: float, now: float, slots: tuple[str, ...], zone: tzinfo) -> Obligation:
    """The obligation after the clock was set by `by` seconds, to `now`; 0.0: between two runs, by an unknown amount.

    `slots` are the hours of a daily report ("08:00" in `zone`), empty for a report with a term. One that is met, void
    or skipped stays as it is.
    """
    if not due.unmet or due.due_at is None or due.warn_at is None:
        return due
    if slots:
        due_at = _nearest_slot(slots, due.due_at + by, zone) if by else due.due_at
        if due_at > now + 2 * DAY:
            due_at = next_slot(slots, now, zone)
        starts_at, warn_at = min(due.starts_at + by, due_at), due_at - max(LEAST_WARNING, SLOT_TERM / 3)
    else:
        moved = min(by, now - due.starts_at)
        due_at, starts_at, warn_at = due.due_at + moved, due.starts_at + moved, due.warn_at + moved
    created_at = restamped(due.created_at, by, now)
    after = replace(due, starts_at=starts_at, due_at=due_at, warn_at=warn_at, created_at=created_at)
    if after == due:
        return due
    return timed(replace(after, state="pending", late=False, rev=due.rev + 1), now)


def _nearest_slot(slots: tuple[str, ...], at: float, zone: tzinfo) -> float:
    """The time of a daily report that is nearest to a moment."""
    after = next_slot(slots, at - DAY, zone)
    nearest = after
    while after < at + DAY:
        after = next_slot(slots, after, zone)
        nearest = min(nearest, after, key=lambda slot: abs(slot - at))
    return nearest
