"""The proof that a brief was received. Pure."""

from __future__ import annotations

from feeds.incidents.policies import PROOF_FIELDS
from feeds.model import Command, Outcome
from feeds.model.briefs import Brief, BriefSending
from feeds.receipts import FUTURE
from incidents.refusals import OrderRefused, required


def sending_of(brief: Brief, command: Command, now: float) -> BriefSending:
    """The proof that an order gives for a signed brief. Raises OrderRefused."""
    if brief.state not in ("signed", "sent"):
        raise OrderRefused("not_signed", Outcome.CONFLICT)
    args, channel = command.args, str(command.args.get("channel", ""))
    if channel not in PROOF_FIELDS or channel == "phone":
        raise OrderRefused("unknown_channel")
    required(args, *PROOF_FIELDS[channel])
    at = float(args.get("at") or now)
    if not brief.signatures[0].at - FUTURE <= at <= now + FUTURE:
        raise OrderRefused("proof_time")
    return BriefSending(
        channel=channel,
        at=at,
        recipient=str(args.get("recipient", "")),
        number=str(args.get("number", "")),
        note=str(args.get("note", "")),
        by=command.actor,
        entered_at=now,
        obligation=str(args.get("obligation", "")),
    )
