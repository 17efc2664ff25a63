"""Alerts as answers: open ones from the live mirror, closed ones and every transition from the journal."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from api.dependencies import Deps
from api.http.answers import from_cursor, page, to_cursor
from feeds import wire
from feeds.journal import Doc
from feeds.kinds import ALERT
from feeds.live.pump import Audience
from feeds.model import Alert
from feeds.regions import covers

OPEN, CLOSED = "open", "closed"
_SEQ = re.compile(r"[0-9]{1,15}")
SCAN, BUDGET = 500, 5000
LIFE = 1000
_TIMES = wire.time_names(Alert)


@dataclass(frozen=True, slots=True)
class Wish:
    """Which alerts are asked for; None and "" ask for any. Severities are separated by commas.

    `begin` and `end` are RFC 3339 as records have it: raised in begin <= t < end.
    """

    active: bool | None
    acked: bool | None
    suppressed: bool | None
    severity: str
    region: str
    asset: str
    open: bool | None
    rule: str = ""
    begin: str = ""
    end: str = ""

    @property
    def wants_open(self) -> bool:
        return self.open is not False

    @property
    def wants_closed(self) -> bool:
        """Closed ones are history: only when asked for, or when cleared ones are."""
        if self.active or self.acked is False:
            return False
        return self.open is False or (self.open is None and self.active is False)

    def takes(self, record: dict[str, Any]) -> bool:
        """True when the record is one of them."""
        flags = (
            (self.active, record["active"]),
            (self.acked, record["acked"]),
            (self.suppressed, bool(record["suppressed_by"])),
        )
        return (
            all(asked is None or asked == found for asked, found in flags)
            and (not self.severity or record["severity"] in self.severity.split(","))
            and (not self.region or covers(self.region, record["region"]))
            and (not self.asset or record["asset"] == self.asset)
            and (not self.rule or record["rule"] == self.rule)
            and (not self.begin or record["raised_at"] >= self.begin)
            and (not self.end or record["raised_at"] < self.end)
        )


async def find(
    given: Deps, audience: Audience, wish: Wish, cursor: str, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """One page, newest first, open ones before closed ones, and the next cursor."""
    phase, first, second = from_cursor(cursor, (str, str, str)) if cursor else (OPEN, "", "")
    items: list[dict[str, Any]] = []
    following: str | None = None
    if phase == OPEN and wish.wants_open:
        records = [one for one in given.pump.mirror.records("alert", audience).values() if wish.takes(one)]
        inner = to_cursor((first, second)) if cursor else ""
        items, inner_next = page(records, _place, (str, str), inner, limit, down=True)
        if inner_next is not None:
            return items, to_cursor((OPEN, *_place(items[-1])))
    if wish.wants_closed:
        before = int(first) if phase == CLOSED and _SEQ.fullmatch(first) else None
        closed, following = await _closed(given, audience, wish, before, limit - len(items))
        items = items + closed
    return items, following


def _place(record: dict[str, Any]) -> tuple[str, str]:
    return record["raised_at"], record["id"]


async def _closed(
    given: Deps, audience: Audience, wish: Wish, before: int | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Closed alerts below a journal sequence. At most BUDGET documents are looked at: the cursor goes on from there."""
    found: list[dict[str, Any]] = []
    if limit <= 0:
        return found, to_cursor((CLOSED, "" if before is None else str(before), ""))
    for _ in range(BUDGET // SCAN):
        docs = await given.journal.docs_page("alert", open=False, before=before, limit=SCAN)
        for doc in docs:
            record = shown(doc, audience)
            if record is not None and wish.takes(record):
                found.append(record)
                if len(found) == limit:
                    return found, to_cursor((CLOSED, str(doc.seq), ""))
        if len(docs) < SCAN:
            return found, None
        before = docs[-1].seq
    return found, to_cursor((CLOSED, str(before), ""))


def shown(doc: Doc, audience: Audience) -> dict[str, Any] | None:
    """The public record of a journaled alert, None for those who may not see it."""
    record = ALERT.view(msgspec.convert(doc.body, Alert))
    return ALERT.shown(audience, record) if ALERT.sees(audience, record) else None


async def one(given: Deps, alert_id: str, audience: Audience) -> dict[str, Any] | None:
    """The open alert from the mirror, else the journal's; None when there is none to be seen."""
    record = given.pump.mirror.record("alert", alert_id, audience)
    if record is not None:
        return record
    doc = await given.journal.doc("alert", alert_id)
    return shown(doc, audience) if doc is not None else None


async def region_of(given: Deps, alert_id: str) -> str | None:
    """Where the alert is, whoever asks; None when there is no such alert."""
    record = given.pump.mirror.record("alert", alert_id, Audience())
    if record is not None:
        return str(record["region"])
    doc = await given.journal.doc("alert", alert_id)
    return str(doc.body["region"]) if doc is not None else None


async def transitions(given: Deps, alert_id: str, *, personal: bool) -> list[dict[str, Any]]:
    """The alert's life, oldest first, of the newest LIFE steps; without names and comments for walls."""
    entries = await given.journal.entries(kind="alert", subject=alert_id, limit=LIFE, newest_first=True)
    return [
        {
            "seq": entry.body.get("seq"),
            "name": entry.name,
            "at": wire.iso(entry.at),
            "actor": entry.actor if personal else "",
            "comment": entry.reason if personal else "",
            "command": entry.command,
            "text": entry.body.get("text", ""),
            "before": _fields(entry.body.get("before", {}), personal),
            "after": _fields(entry.body.get("after", {}), personal),
        }
        for entry in reversed(entries)
    ]


def _fields(record: dict[str, Any], personal: bool) -> dict[str, Any]:
    """Journaled fields as people see them: times as RFC 3339."""
    return {name: _field(name, value, personal) for name, value in record.items()}


def _field(name: str, value: Any, personal: bool) -> Any:
    if isinstance(value, dict):
        return _fields(value, personal)
    if name in _TIMES and isinstance(value, (int, float)):
        return wire.iso(value)
    if name in ("by", "comment") and not personal:
        return ""
    return value
