"""Who may do what to a plan and to a proposal, as the records say it. Pure."""

from __future__ import annotations

from feeds.incidents.phases import BY_DUTY, BY_LEADER
from feeds.model.plans import ActionProposal, Plan

DRILL = "drill"
"""Start a version in an exercise that is opened for it."""
PLAN_ORDERS = {
    "rehearse": (("draft", "review", "published"), BY_DUTY),
    "review": (("draft",), BY_DUTY),
    "publish": (("review",), BY_LEADER),
    "retire": (("draft", "review", "published"), BY_LEADER),
    DRILL: (("draft", "review", "published"), BY_DUTY),
}
"""By order: the states in which it is possible, and the roles that may give it."""


def plan_orders(plan: Plan) -> dict[str, list[str]]:
    """The orders that are possible now, each with the roles that may give it."""
    return {order: list(roles) for order, (states, roles) in PLAN_ORDERS.items() if plan.state in states}


def answers_of(proposal: ActionProposal) -> list[str]:
    """The roles that may answer a proposal now: a leader about a plan, duty about opening an incident."""
    if proposal.state != "open":
        return []
    return list(BY_DUTY if proposal.kind == "incident" else BY_LEADER)
