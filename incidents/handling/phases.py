"""What an order does to the phase of an incident, and who may give it (feeds.incidents.phases). Pure."""

from __future__ import annotations

from dataclasses import replace

from feeds.incidents.phases import CLOSED, OTHER_ORDERS, PHASE_CHANGES
from feeds.model import Outcome
from feeds.model.incidents import Incident
from incidents.refusals import OrderRefused


def permitted(incident: Incident, order: str, role: str, reason: str, now: float) -> Incident:
    """The incident in the phase that the order leads to. Raises OrderRefused: `transition` (a conflict) or `role`."""
    change = PHASE_CHANGES.get(order)
    if incident.phase in CLOSED if change is None else incident.phase not in change.origins:
        raise OrderRefused("transition", Outcome.CONFLICT)
    if role not in (OTHER_ORDERS[order] if change is None else change.roles(incident.phase)):
        raise OrderRefused("role", Outcome.FORBIDDEN)
    if change is None:
        return incident
    return replace(
        incident,
        phase=change.to or incident.phase_before or "received",
        phase_before=incident.phase,
        phase_at=now,
        phase_reason=reason,
    )
