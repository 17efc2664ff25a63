"""The region of an alert, and its transitions from the journal."""

from __future__ import annotations

from typing import Any

from api.dependencies import Dependencies
from feeds import wire
from feeds.kinds import Audience
from feeds.model import Alert
from feeds.texts.evidence import explanation

LIFE = 1000
_TIMES = wire.time_names(Alert)


async def region_of(deps: Dependencies, alert_id: str) -> str | None:
    """The region of the alert, whoever asks; None for an unknown alert."""
    record = deps.pump.mirror.record("alert", alert_id, Audience())
    if record is not None:
        return str(record["region"])
    doc = await deps.journal.doc("alert", alert_id)
    return str(doc.body["region"]) if doc is not None else None


async def transitions(deps: Dependencies, alert_id: str, *, personal: bool) -> list[dict[str, Any]]:
    """The newest LIFE transitions of the alert, oldest first; without names and comments for walls."""
    entries = await deps.journal.entries(kind="alert", subject=alert_id, limit=LIFE, newest_first=True)
    return [
        {
            "seq": entry.body.get("seq"),
            "name": entry.name,
            "at": wire.iso(entry.at),
            "actor": entry.actor if personal else "",
            "comment": entry.reason if personal else "",
            "command": entry.command,
            "text": entry.body.get("text", ""),
            "explanation": explanation(entry.body.get("text", "")),
            "before": _fields(entry.body.get("before", {}), personal),
            "after": _fields(entry.body.get("after", {}), personal),
        }
        for entry in reversed(entries)
    ]


def _fields(record: dict[str, Any], personal: bool) -> dict[str, Any]:
    """Journaled fields as an answer: times as RFC 3339."""
    return {name: _field(name, value, personal) for name, value in record.items()}


def _field(name: str, value: Any, personal: bool) -> Any:
    if isinstance(value, dict):
        return _fields(value, personal)
    if name in _TIMES and isinstance(value, (int, float)):
        return wire.iso(value)
    if name in ("by", "comment") and not personal:
        return ""
    return value
