"""What an order does to the phase of an incident, and who may give it (feeds.incidents.phases). Pure."""

from __future__ import annotations

from dataclasses import replace

from feeds.incidents.phases import PHASE_CHANGES, orders_of
from feeds.model import Outcome
from feeds.model.incidents import Incident
from incidents.refusals import OrderRefused


def permitted(incident: Incident, order: str, role: str, reason: str, now: float) -> Incident:
    """The incident in the phase that the order leads to.

    Raises OrderRefused: `transition` (a conflict: not possible now), `role` (forbidden) or `missing:reason`.
    """
    possible = orders_of(incident)
    if order not in possible:
        raise OrderRefused("transition", Outcome.CONFLICT)
    if role not in possible[order]:
        raise OrderRefused("role", Outcome.FORBIDDEN)
    change = PHASE_CHANGES.get(order)
    if change is None:
        return incident
    if change.reason and not reason:
        raise OrderRefused("missing:reason")
    return replace(
        incident,
        phase=change.to or incident.phase_before or "received",
        phase_before=incident.phase,
        phase_at=now,
        phase_reason=reason,
    )
