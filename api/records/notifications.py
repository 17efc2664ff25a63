"""What was sent about an alert: to whom, when, how it ended; and how far its escalation has come."""

from __future__ import annotations

from typing import Any

from api.dependencies import Deps
from api.principal import Principal
from api.records import people
from feeds import wire
from feeds.documents.alert import EscalationRun, run_of
from feeds.documents.version import ROSTER
from feeds.journal import OutboxItem

DIGEST = "digest:"
_ENDS = {"acknowledged": "cancelled", "receiver removed": "removed", "not needed": "unneeded", "refused": "refused"}


async def notices(given: Deps, who: Principal, alert_id: str) -> list[dict[str, Any]]:
    """Every message about the alert, oldest first. Addresses are personal; who may not see a person sees no name."""
    queued = await given.journal.outbox_for(alert_id)  # first: what leaves it meanwhile stands in the log by then
    items = list({one.key: one for one in [*await _kept(given, alert_id), *queued]}.values())
    whole = {one.key: one for one in await given.journal.outbox_items(_digests(items))}
    seen = await _seen(given, who)
    return [_notice(item, whole, seen) for item in items]


async def _kept(given: Deps, alert_id: str) -> list[OutboxItem]:
    """What the log keeps of messages that are too old for the outbox."""
    entries = await given.journal.entries(kind="notices", subject=alert_id, limit=500)
    return [
        OutboxItem(
            key=one["key"],
            receiver=one["receiver"],
            subject=alert_id,
            created=one["created"],
            due=None,
            sent_at=one["sent_at"],
            attempts=one["attempts"],
            error=one["error"],
            body={"reason": one["reason"], "to": one["to"]},
        )
        for entry in entries
        for one in entry.body["messages"]
    ]


async def _seen(given: Deps, who: Principal) -> set[str] | None:
    """The persons that somebody may know of; None for all."""
    if not who.region:
        return None
    roster = people.roster_of(await people.version(given, ROSTER))
    return {one.id for one in people.for_region(roster, who.region).persons} | {""}


def _digests(items: list[OutboxItem]) -> list[str]:
    return [item.error.removeprefix(DIGEST) for item in items if item.error.startswith(DIGEST)]


def _notice(item: OutboxItem, whole: dict[str, OutboxItem], seen: set[str] | None) -> dict[str, Any]:
    into = item.error.removeprefix(DIGEST) if item.error.startswith(DIGEST) else ""
    carrier = whole.get(into, item)
    to = item.body.get("to") or {}
    hidden = seen is not None and bool(to) and to.get("person", "") not in seen - {""}
    return {
        "key": item.key,
        "reason": item.body.get("reason", ""),
        "receiver": item.receiver,
        "person": "" if hidden else to.get("person", ""),
        "name": "" if hidden else to.get("name", ""),
        "address": "" if hidden else to.get("address", ""),
        "created": wire.iso(item.created),
        "sent_at": wire.iso(item.sent_at or carrier.sent_at),
        "due": wire.iso(carrier.due),
        "attempts": carrier.attempts,
        "outcome": outcome(item, carrier),
        "error": "" if into else item.error,
        "digest": into,
    }


def outcome(item: OutboxItem, carrier: OutboxItem) -> str:
    """sent · digest (it waits with one) · waiting · cancelled · removed · refused · unneeded · failed (a test)."""
    if item.sent_at is not None or carrier.sent_at is not None:
        return "sent"
    if item is not carrier and carrier.due is not None:
        return "digest"
    if carrier.due is not None:
        return "waiting"
    return next((name for start, name in _ENDS.items() if carrier.error.startswith(start)), "failed")


async def escalation(given: Deps, who: Principal, alert_id: str) -> dict[str, Any] | None:
    """What an alert's escalation has come to; None when none ever began."""
    entries = await given.journal.entries(kind="escalation", subject=alert_id, limit=500)
    doc = await given.journal.doc("alert", alert_id)
    run = (run_of(doc.body) if doc is not None else None) or EscalationRun()
    if not entries and not run.policy:
        return None
    seen = await _seen(given, who)
    steps = [
        {
            "at": wire.iso(one.at),
            "name": one.name,
            "step": one.body["step"],
            "told": [told for told in one.body["told"] if seen is None or told["person"] in seen],
        }
        for one in entries
    ]
    next_at = run.next_at if run.running else None
    return {
        "policy": run.policy or entries[-1].body["policy"],
        "running": run.running,
        "step": run.step + 1 if next_at is not None else None,
        "next_at": wire.iso(next_at),
        "steps": steps,
    }
