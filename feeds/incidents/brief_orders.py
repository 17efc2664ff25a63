"""The orders that a brief takes now, and the roles that may give each."""

from __future__ import annotations

from feeds.model.briefs import EDITABLE_STATES, OUT_STATES, Brief

_OFFICE = ("duty", "leader")


def brief_orders(brief: Brief) -> dict[str, list[str]]:
    """Roles by order. "phone" is `sign` with the name of the leader who agreed by phone.

    Whether a leader has written in the brief, and so may not sign it, is told by the refusal.
    """
    orders: dict[str, tuple[str, ...]] = {}
    if brief.state in EDITABLE_STATES:
        orders |= dict.fromkeys(("edit", "generate", "check"), _OFFICE)
    if brief.state == "checked":
        orders |= {"sign": ("leader",), "phone": ("duty",)}
    if brief.state in ("signed", "sent"):
        orders["send"] = _OFFICE
    if brief.state in OUT_STATES and brief.countersign_by is not None:
        orders["countersign"] = ("leader",)
    if brief.state != "withdrawn":
        orders["withdraw"] = ("leader",) if brief.state in OUT_STATES else _OFFICE
    return {order: list(roles) for order, roles in orders.items()}


def next_order(brief: Brief) -> str:
    """The order that comes next, "" for none. A brief without its first words is written before it is checked."""
    if brief.state != "draft":
        return {"checked": "sign", "signed": "send"}.get(brief.state, "")
    words = next((block.text for block in brief.blocks if not block.generated), "")
    blocked = any(finding.blocking for finding in brief.findings)
    return "edit" if blocked or not words else "check"
