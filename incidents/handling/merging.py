"""Merging of incidents: both numbers and both records stay; within a day everything can be given back. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feeds.model import Outcome
from feeds.model.incidents import Incident
from incidents.refusals import OrderRefused

UNMERGE_WITHIN = 86_400.0
"""Seconds within which a merge can be undone."""


def check_merge(incident: Incident, target: Incident, incidents: Mapping[str, Incident]) -> None:
    """Raises OrderRefused unless the incident may be merged into the target: same mode, both open, no cycle."""
    if incident.id == target.id or target.mode != incident.mode:
        raise OrderRefused("merge_target", Outcome.CONFLICT)
    if not target.open or target.merged_into:
        raise OrderRefused("merge_target", Outcome.CONFLICT)
    above: Incident | None = target
    while above is not None and above.merged_into:
        if above.merged_into == incident.id:
            raise OrderRefused("merge_cycle", Outcome.CONFLICT)
        above = incidents.get(above.merged_into)


def merged(incident: Incident, target: Incident) -> tuple[Incident, Incident]:
    """The incident, which points to its target, and the target, which counts it."""
    return (
        replace(incident, merged_into=target.id),
        replace(target, merged=(*target.merged, incident.id), rev=target.rev + 1),
    )


def check_unmerge(incident: Incident, now: float) -> None:
    """Raises OrderRefused `too_late` a day after the merge."""
    if now > incident.phase_at + UNMERGE_WITHIN:
        raise OrderRefused("too_late", Outcome.CONFLICT)


def unmerged(incident: Incident, target: Incident) -> tuple[Incident, Incident]:
    """Both as they were before the merge; what came to the target since stays there."""
    others = tuple(id for id in target.merged if id != incident.id)
    return replace(incident, merged_into=""), replace(target, merged=others, rev=target.rev + 1)
