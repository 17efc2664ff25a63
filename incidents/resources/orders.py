"""Orders about one resource: each a pure function from the resource and the order to its next form."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from feeds.incidents.phases import BY_DUTY
from feeds.model import Command, Outcome
from feeds.model.incidents import Incident
from feeds.model.resources import REQUISITION_ENDS, STOCK_MOVES, Requisition, Resource, StockMove
from feeds.resources import orders_of, statuses_from
from incidents.refusals import OrderRefused, required


def carried_out(resource: Resource, order: str, command: Command, incident: Incident | None, now: float) -> Resource:
    """The resource after an order; `incident` is the one that the order names. Raises OrderRefused."""
    if command.role not in BY_DUTY:
        raise OrderRefused("role", Outcome.FORBIDDEN)
    if order not in orders_of(resource):
        raise OrderRefused("resource_order", Outcome.CONFLICT)
    if command.args.get("incident"):
        _check_incident(incident)
    return replace(ORDERS[order](resource, command, now), rev=resource.rev + 1)


def _check_incident(incident: Incident | None) -> None:
    """An incident takes resources while it is in hand. The list is real: an exercise works with stand-ins."""
    if incident is None:
        raise OrderRefused("no_incident")
    if incident.mode != "real":
        raise OrderRefused("mode")
    if not incident.open:
        raise OrderRefused("incident_closed", Outcome.CONFLICT)


def _assign(resource: Resource, command: Command, now: float) -> Resource:
    """Send it to an incident: one resource, one incident, unless it is shared for a reason."""
    required(command.args, "incident")
    incident = str(command.args["incident"])
    if incident in (resource.incident, *resource.shared):
        raise OrderRefused("assigned_here", Outcome.CONFLICT)
    if not resource.incident:
        return replace(resource, incident=incident, status="assigned", since=now)
    if not command.args.get("share"):
        raise OrderRefused("assigned_elsewhere", Outcome.CONFLICT)
    if not command.reason:
        raise OrderRefused("missing:reason")
    return replace(resource, shared=(*resource.shared, incident))


def _status(resource: Resource, command: Command, now: float) -> Resource:
    """Say how it stands. Who says so has looked: it is verified. Ready, out and unknown end its assignment."""
    status = str(command.args.get("status", ""))
    if status not in statuses_from(resource):
        raise OrderRefused("resource_status")
    if status == "out" and not command.reason:
        raise OrderRefused("missing:reason")
    looked = replace(resource, status=status, since=now if status != resource.status else resource.since)
    if status in ("ready", "out", "unknown"):
        looked = replace(looked, incident="", shared=())
    return looked if status == "unknown" else replace(looked, checked_at=now, unverified=False)


def _move(resource: Resource, command: Command, now: float) -> Resource:
    """Move stock. It never falls below zero, and no more comes back from an incident than went there."""
    args = command.args
    move, quantity, incident = (
        str(args.get("move", "")),
        float(args.get("quantity") or 0),
        str(args.get("incident", "")),
    )
    if move not in STOCK_MOVES:
        raise OrderRefused("stock_move")
    if not (math.isfinite(quantity) and 0 < quantity <= 1e9):
        raise OrderRefused("stock_amount")
    if move in ("to", "back") and not incident:
        raise OrderRefused("missing:incident")
    change = quantity if move in ("in", "back") else -quantity
    stock = (resource.quantity or 0.0) + change
    if stock < 0:
        raise OrderRefused("stock_short", Outcome.CONFLICT)
    if move == "back" and quantity > lent(resource, incident):
        raise OrderRefused("stock_not_lent", Outcome.CONFLICT)
    moved = StockMove(
        number=len(resource.moves) + 1,
        move=move,
        quantity=quantity,
        incident=incident,
        note=str(args.get("note", "")),
        by=command.actor,
        at=now,
    )
    return replace(resource, quantity=stock, moves=(*resource.moves, moved))


def lent(resource: Resource, incident: str) -> float:
    """What of the stock went to an incident and has not come back."""
    signs = {"to": 1.0, "back": -1.0}
    return sum(signs.get(moved.move, 0.0) * moved.quantity for moved in resource.moves if moved.incident == incident)


def _requisition(resource: Resource, command: Command, now: float) -> Resource:
    required(command.args, "incident", "owner", "receipt")
    taken = Requisition(
        number=len(resource.requisitions) + 1,
        owner=str(command.args["owner"]),
        receipt=str(command.args["receipt"]),
        incident=str(command.args["incident"]),
        note=str(command.args.get("note", "")),
        by=command.actor,
        at=now,
    )
    return replace(resource, requisitions=(*resource.requisitions, taken))


def _return(resource: Resource, command: Command, now: float) -> Resource:
    """End the open requisition: the thing went back to its owner, or it was lost."""
    outcome, note = str(command.args.get("outcome", "")), str(command.args.get("note", ""))
    if outcome not in REQUISITION_ENDS:
        raise OrderRefused("requisition_end")
    if outcome == "lost" and not note:
        raise OrderRefused("missing:note")
    *earlier, taken = resource.requisitions
    ended = replace(taken, outcome=outcome, ended_at=now, ended_by=command.actor, note=note or taken.note)
    return replace(resource, requisitions=(*earlier, ended))


ORDERS: Mapping[str, Callable[[Resource, Command, float], Resource]] = {
    "assign": _assign,
    "status": _status,
    "move": _move,
    "requisition": _requisition,
    "return": _return,
}
