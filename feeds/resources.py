"""Which orders a resource takes now. Pure; roles are those of incidents (feeds.incidents.phases.BY_DUTY)."""

from __future__ import annotations

from feeds.model.resources import SENT, Resource

ORDERS = ("assign", "status", "move", "requisition", "return")


def orders_of(resource: Resource) -> list[str]:
    """The orders that are possible now, in the order of ORDERS."""
    return [order for order in ORDERS if _fits(order, resource)]


def statuses_from(resource: Resource) -> tuple[str, ...]:
    """The statuses that an order `status` may give: only one that was sent to an incident can be there or return."""
    return ("ready", "out", "unknown", *(SENT if resource.incident else ()))


def _fits(order: str, resource: Resource) -> bool:
    if order == "move":
        return resource.quantity is not None
    open_requisition = any(requisition.open for requisition in resource.requisitions)
    if order in ("requisition", "return"):
        return open_requisition == (order == "return")
    return order != "assign" or resource.status != "out"
