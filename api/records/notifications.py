"""Notifications of an alert with recipient, time and outcome, and the state of its escalation."""

from __future__ import annotations

from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal
from api.records import people
from feeds import wire
from feeds.documents.alert import EscalationRun, run_of
from feeds.journal import OutboxItem

DIGEST = "digest:"
_ENDS = {"acknowledged": "cancelled", "receiver removed": "removed", "not needed": "unneeded", "refused": "refused"}


async def notices(deps: Dependencies, principal: Principal, alert_id: str) -> list[dict[str, Any]]:
    """Every notification of the alert, oldest first. Names and addresses of persons outside the region are left out."""
    queued = await deps.journal.outbox_for(
        alert_id
    )  # first: what leaves the outbox meanwhile is in the journal by then
    items = list({item.key: item for item in [*await _archived(deps, alert_id), *queued]}.values())
    whole = {item.key: item for item in await deps.journal.outbox_items(_digests(items))}
    visible_persons = await _seen(deps, principal)
    return [_notice(item, whole, visible_persons) for item in items]


async def _archived(deps: Dependencies, alert_id: str) -> list[OutboxItem]:
    """Notifications in the journal that are too old for the outbox."""
    entries = await deps.journal.entries(kind="notices", subject=alert_id, limit=500)
    return [
        OutboxItem(
            key=message["key"],
            receiver=message["receiver"],
            subject=alert_id,
            created=message["created"],
            due=None,
            sent_at=message["sent_at"],
            attempts=message["attempts"],
            error=message["error"],
            body={"reason": message["reason"], "to": message["to"]},
        )
        for entry in entries
        for message in entry.body["messages"]
    ]


async def _seen(deps: Dependencies, principal: Principal) -> set[str] | None:
    """The ids of the persons that the asker may see; None for all."""
    if not principal.region:
        return None
    roster = (await people.roster_version(deps)).doc
    return {person.id for person in people.for_region(roster, principal.region).persons} | {""}


def _digests(items: list[OutboxItem]) -> list[str]:
    return [item.error.removeprefix(DIGEST) for item in items if item.error.startswith(DIGEST)]


def _notice(item: OutboxItem, whole: dict[str, OutboxItem], visible_persons: set[str] | None) -> dict[str, Any]:
    into = item.error.removeprefix(DIGEST) if item.error.startswith(DIGEST) else ""
    carrier = whole.get(into, item)
    to = item.body.get("to") or {}
    hidden = visible_persons is not None and bool(to) and to.get("person", "") not in visible_persons - {""}
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
    """sent, digest (part of a waiting digest), waiting, cancelled, removed, refused, unneeded, or failed (a test)."""
    if item.sent_at is not None or carrier.sent_at is not None:
        return "sent"
    if item is not carrier and carrier.due is not None:
        return "digest"
    if carrier.due is not None:
        return "waiting"
    return next((name for start, name in _ENDS.items() if carrier.error.startswith(start)), "failed")


async def escalation(deps: Dependencies, principal: Principal, alert_id: str) -> dict[str, Any] | None:
    """The state of an alert's escalation; None when it never began."""
    entries = await deps.journal.entries(kind="escalation", subject=alert_id, limit=500)
    doc = await deps.journal.doc("alert", alert_id)
    run = (run_of(doc.body) if doc is not None else None) or EscalationRun()
    if not entries and not run.policy:
        return None
    visible_persons = await _seen(deps, principal)
    steps = [
        {
            "at": wire.iso(entry.at),
            "name": entry.name,
            "step": entry.body["step"],
            "told": [
                recipient
                for recipient in entry.body["told"]
                if visible_persons is None or recipient["person"] in visible_persons
            ],
        }
        for entry in entries
    ]
    next_at = run.next_at if run.running else None
    return {
        "policy": run.policy or entries[-1].body["policy"],
        "running": run.running,
        "step": run.step + 1 if next_at is not None else None,
        "next_at": wire.iso(next_at),
        "steps": steps,
    }
