"""The orders that a brief's record offers are those that the engine carries out."""

from __future__ import annotations

import pytest

from feeds.incidents.brief_orders import brief_orders
from feeds.model import Command
from feeds.model.briefs import BRIEF_STATES, Brief, BriefSignature
from incidents.briefs import orders
from incidents.briefs.sending import sending_of
from incidents.refusals import OrderRefused

NOW = 1_795_000_000.0
SIGNATURE = BriefSignature(by="li", method="phone", at=NOW - 60, hash="", recorded_by="zhang")
ARGS = {
    "sign": {"method": "password"},
    "phone": {"method": "phone", "signer": "li"},
    "countersign": {"method": "password"},
    "send": {"channel": "network", "recipient": "省", "number": "1"},
}


def brief(state: str, *, countersign: bool) -> Brief:
    """A brief in a state, written by somebody else; signed by phone where it is out."""
    signed = state in ("signed", "sent", "superseded")
    return Brief(
        id="1",
        kind="daily",
        region="532300",
        title="日报",
        state=state,
        created_by="zhang",
        created_at=NOW - 600,
        changed_at=NOW - 600,
        signatures=(SIGNATURE,) if signed else (),
        countersign_by=NOW + 60 if countersign and signed else None,
    )


def refused(order: str, brief: Brief, role: str) -> bool:
    """True when the engine refuses the order of a person of this role."""
    command = Command(
        id="c",
        action=f"brief.{order}",
        subject="1",
        actor="chen",
        role=role,
        actor_region="",
        at=NOW,
        valid_until=NOW + 10,
        reason="错",
        args=ARGS.get(order, {}),
    )
    try:
        match order:
            case "edit" | "generate" | "check":
                orders.check_editable(brief)
            case "sign" | "phone":
                orders.check_signable(brief, command)
            case "countersign":
                orders.countersigned(brief, command, NOW)
            case "send":
                sending_of(brief, command, NOW)
            case "withdraw":
                orders.withdrawn(brief, command, NOW)
    except OrderRefused:
        return True
    return False


@pytest.mark.parametrize("state", BRIEF_STATES)
@pytest.mark.parametrize("countersign", [False, True])
def test_an_order_is_offered_to_a_role_exactly_when_it_is_carried_out(state: str, countersign: bool) -> None:
    draft = brief(state, countersign=countersign)
    offered = brief_orders(draft)
    for order in ("edit", "generate", "check", "sign", "send", "countersign", "withdraw"):
        for role in ("duty", "leader"):
            assert (role in offered.get(order, [])) is not refused(order, draft, role), (order, role)
    assert ("phone" in offered) is not refused("phone", draft, "duty")
