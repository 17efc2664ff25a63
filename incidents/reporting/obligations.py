"""An obligation to report: when it is due, when to warn, and what proof does to it. Pure.

Warned before it is due by the greater of five minutes and a third of the term. A proof counts at the time at which the
report was received, however late it is entered; the lateness stays for ever.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from feeds.incidents.policies import ReportingPolicy
from feeds.model.incidents import Incident, Obligation, ReportProof

LEAST_WARNING = 300.0
SLOT_TERM = 3600.0
"""Seconds that count as the term of a follow-up report, which is due at an hour and not after a time."""
QUIET = 7200.0
"""A follow-up report that is due less than this after the last report is skipped."""
RETROACTIVE = 600.0
"""A proof entered later than this after it happened is marked (补录)."""


def obligation(policy: ReportingPolicy, incident: Incident, number: int, starts_at: float, now: float) -> Obligation:
    """The obligation of a row whose time runs from `starts_at`; without minutes it is due at once, at no set time."""
    due_at = starts_at + policy.minutes * 60 if policy.minutes is not None else None
    return timed(_obligation(policy, incident, number, starts_at, due_at, now), now)


def follow_up(policy: ReportingPolicy, incident: Incident, number: int, zone: tzinfo, now: float) -> Obligation:
    """The next daily report from now on. `zone` is the zone of its hours."""
    return timed(_obligation(policy, incident, number, now, next_slot(policy.slots, now, zone), now), now)


def _obligation(
    policy: ReportingPolicy, incident: Incident, number: int, starts_at: float, due_at: float | None, now: float
) -> Obligation:
    term = SLOT_TERM if policy.slots else (due_at - starts_at if due_at is not None else 0.0)
    return Obligation(
        id=f"{incident.id}/{policy.key}/{number}",
        incident=incident.id,
        mode=incident.mode,
        region=incident.region,
        grade=incident.grade,
        step=policy.step,
        sender=policy.sender,
        recipient=policy.recipient,
        channel=policy.channel,
        policy=policy.key,
        source=policy.source,
        starts_at=starts_at,
        due_at=due_at,
        warn_at=due_at - max(LEAST_WARNING, term / 3) if due_at is not None else None,
        created_at=now,
    )


def next_follow_up(due: Obligation, slots: tuple[str, ...], number: int, zone: tzinfo, now: float) -> Obligation:
    """The daily report of the slot after this one."""
    assert due.due_at is not None
    after = max(due.due_at, due.met_at or 0.0)
    due_at = next_slot(slots, after, zone)
    following = replace(
        due,
        id=f"{due.id.rpartition('/')[0]}/{number}",
        starts_at=after,
        due_at=due_at,
        warn_at=due_at - max(LEAST_WARNING, SLOT_TERM / 3),
        state="pending",
        late=False,
        late_seconds=0.0,
        because_regraded=False,
        nothing_new=False,
        met_at=None,
        proof=None,
        reason="",
        created_at=now,
        rev=1,
    )
    return timed(following, now)


def next_slot(slots: tuple[str, ...], after: float, zone: tzinfo) -> float:
    """The first of the daily times ("08:00" in `zone`) after a moment, epoch seconds."""
    local = datetime.fromtimestamp(after, zone)
    times = [
        datetime(day.year, day.month, day.day, int(slot[:2]), int(slot[3:5]), tzinfo=zone)
        for day in (local.date(), local.date() + timedelta(days=1))
        for slot in sorted(slots)
    ]
    return next(time.timestamp() for time in times if time.timestamp() > after)


def timed(due: Obligation, now: float) -> Obligation:
    """The obligation at a moment: pending, warned or late. One that is met, skipped or void does not change."""
    if not due.unmet or due.due_at is None or due.warn_at is None:
        return due
    state = "late" if now >= due.due_at else "warned" if now >= due.warn_at else "pending"
    return due if state == due.state else replace(due, state=state, late=due.late or state == "late", rev=due.rev + 1)


def next_change(due: Obligation) -> float | None:
    """When the obligation changes by itself next, None when it does not."""
    if due.due_at is None or due.warn_at is None:
        return None
    return {"pending": due.warn_at, "warned": due.due_at}.get(due.state)


def proved(due: Obligation, proof: ReportProof, *, nothing_new: bool = False) -> Obligation:
    """The obligation with its proof: met at the time of the proof, late by how much that was past the due time."""
    late_seconds = max(0.0, proof.at - due.due_at) if due.due_at is not None else 0.0
    return replace(
        due,
        state="met",
        met_at=proof.at,
        proof=replace(proof, retroactive=proof.entered_at - proof.at > RETROACTIVE),
        late=late_seconds > 0,
        late_seconds=late_seconds,
        nothing_new=nothing_new,
        rev=due.rev + 1,
    )


def skipped_after(due: Obligation, report_at: float) -> bool:
    """Whether a report at that time makes this follow-up report superfluous: it is due within two hours after it."""
    return (
        due.step == "follow-up"
        and due.state in ("pending", "warned")
        and due.due_at is not None
        and report_at <= due.due_at < report_at + QUIET
    )


def ended(due: Obligation, state: str, reason: str, merged_into: str = "") -> Obligation:
    """The obligation that is void or skipped, and why."""
    return replace(due, state=state, reason=reason, merged_into=merged_into, rev=due.rev + 1)


def revived(due: Obligation, now: float) -> Obligation:
    """A void obligation that stands again."""
    return timed(replace(due, state="pending", reason="", merged_into="", rev=due.rev + 1), now)
