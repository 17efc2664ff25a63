"""Obligations of two incidents that are merged: of two clocks for one obligation the earlier stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from feeds.model.incidents import Obligation
from incidents.reporting.obligations import ended, revived

MERGED = "merged"


def joined(merged: Iterable[Obligation], target: Iterable[Obligation]) -> list[Obligation]:
    """The obligations that end because another of the same kind is met or due earlier."""
    standing = [due for due in target if due.unmet or due.state == "met"]
    over: list[Obligation] = []
    for due in (due for due in merged if due.unmet):
        twin = next((other for other in standing if _alike(due, other)), None)
        if twin is None:
            continue
        if twin.state == "met" or (twin.due_at or 0.0) <= (due.due_at or 0.0):
            over.append(ended(due, "void", MERGED, twin.id))
        else:
            over.append(ended(twin, "void", MERGED, due.id))
    return over


def _alike(due: Obligation, other: Obligation) -> bool:
    return (due.step, due.recipient, due.channel) == (other.step, other.recipient, other.channel)


def parted(merged: Iterable[Obligation], target: Iterable[Obligation], now: float) -> list[Obligation]:
    """The obligations of both that the merge had ended, standing again."""
    merged, target = list(merged), list(target)
    ids = {due.id for due in (*merged, *target)}
    return [
        revived(due, now)
        for due in (*merged, *target)
        if due.state == "void" and due.reason == MERGED and due.merged_into in ids
    ]
