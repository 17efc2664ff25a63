"""Changes since a journal entry (自上次查看以来): matters that are new, worse, better or closed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from feeds import wire
from feeds.journal import JournalEntry
from feeds.kinds.audience import Record

CLASSES: Mapping[str, Mapping[str, str]] = {
    "alert": {"raise": "new", "reraise": "new", "severity_up": "worse", "severity_down": "better", "clear": "better"},
    "incident": {
        "created": "new",
        "grade": "worse",
        "respond": "worse",
        "reopen": "worse",
        "commander-missing": "worse",
        "end-response": "better",
        "end": "closed",
        "false": "closed",
        "transfer": "closed",
    },
    "warning": {"received": "new", "activated": "new", "expired": "closed", "cancelled": "closed"},
}
"""The change that a step means to a leader, by kind of record and name of the step. Other steps are left out."""
SHOWN = 50


def changes(entries: Iterable[JournalEntry], seen: Mapping[str, Mapping[str, Record]]) -> list[Record]:
    """The steps about records that the asker sees, newest first. `seen` are these records by kind and id.

    Of several steps about one record the newest counts.
    """
    latest: dict[tuple[str, str], Record] = {}
    for entry in entries:
        meaning = CLASSES.get(entry.kind, {}).get(entry.name)
        record = seen.get(entry.kind, {}).get(entry.subject)
        if meaning is None or record is None:
            continue
        title = record.get("title") or record.get("headline") or record.get("event") or ""
        latest[entry.kind, entry.subject] = {
            "seq": entry.seq,
            "kind": entry.kind,
            "id": entry.subject,
            "title": title,
            "region": record.get("region") or "",
            "change": meaning,
            "at": wire.iso(entry.at),
        }
    return sorted(latest.values(), key=lambda change: -int(change["seq"]))[:SHOWN]
