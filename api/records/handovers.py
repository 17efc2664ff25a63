"""Shift handovers: the picture handed over, frozen, with two signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from api.dependencies import Dependencies
from api.principal import Principal
from api.records import people, suppressions
from feeds import wire
from feeds.documents.handover import ACCEPTED, HANDED_OVER, KIND, HandoverDocument, digest_of, dump, load
from feeds.duty.handover import HandoverSettings
from feeds.journal import Journal, Tx
from feeds.kinds import INCIDENT
from feeds.model import Kind
from feeds.regions import covers

FULL_SHIFT = 12 * 3600.0
COUNTED = (
    *("open", "acked", "hidden", "broken_promises", "sources", "incidents", "obligations", "receipts", "log"),
    *("tasks", "proposals", "messages", "exercises", "marks"),
)
DUE_SOON = 600.0
"""A report that is due within this after the handover, seconds, must be ticked by who takes over."""
IN_HAND = (
    *(Kind.INCIDENT, Kind.OBLIGATION, Kind.RECEIPT, Kind.LOG, Kind.TASK, Kind.PROPOSAL, Kind.CAMPAIGN, Kind.MARK),
)
MOST_ENTRIES = 200
"""Entries of the duty log in a picture, the newest."""


async def picture(deps: Dependencies, principal: Principal) -> dict[str, Any]:
    """The picture that the next shift needs, for the region of the asker."""
    at, mirror = deps.clock(), deps.pump.mirror
    current = await _duty(deps, principal)
    begins = wire.parse_time(current["begins"]) if current is not None else at - FULL_SHIFT
    records = list(mirror.records("alert", principal.audience).values())
    active = [record for record in records if record["active"] and not record["suppressed_by"]]
    sources = [
        source
        for source in mirror.records("source", principal.audience).values()
        if source["silent_since"] or source["failing_since"]
    ]
    return {
        "at": wire.iso(at),
        "shift": current,
        "since": wire.iso(begins),
        "open": _by_age([record for record in active if not record["acked"]]),
        "acked": _by_age([record for record in active if record["acked"]]),
        "broken_promises": sorted(record["id"] for record in active if broken(record, at)),
        "hidden": [_hidden(record) for record in _by_age(records) if record["suppressed_by"]],
        "silences": await suppressions.listed(deps, principal, "silence"),
        "maintenance": await suppressions.listed(deps, principal, "maintenance"),
        "sources": sorted(sources, key=lambda source: str(source["id"])),
        "figures": await _figures(deps, principal, begins, at),
        **_command(deps, principal, begins),
        "hidden_count": mirror.hidden(principal.audience).get("alert", 0),
    }


def _command(deps: Dependencies, principal: Principal, begins: float) -> dict[str, list[dict[str, Any]]]:
    """What is in hand: open incidents, reports due, receipts, tasks and proposals that wait, messages without enough
    answers, old marks, and entries of the log. Of exercises only that they run.
    """
    mirror, audience, since = deps.pump.mirror, principal.audience, wire.iso(begins) or ""
    incidents, due, receipts, entries, tasks, proposals, messages, marks = (
        [record for record in mirror.records(kind, audience).values() if record["mode"] == "real"] for kind in IN_HAND
    )
    exercises = list(mirror.records(Kind.EXERCISE, audience).values())
    return {
        "tasks": [record for record in _by(tasks, "due") if record["open"] and record["state"] != "draft"],
        "proposals": [record for record in _by(proposals, "proposed_at") if record["state"] == "open"],
        "messages": [
            record
            for record in _by(messages, "created_at")
            if record["sent_by"] and record["answered"] < record["need"]
        ],
        "exercises": [record for record in _by(exercises, "created_at") if record["state"] in ("running", "paused")],
        "marks": [record for record in _by(marks, "at") if record["stale"] and not record["withdrawn"]],
        "incidents": [INCIDENT.faced(record, "row") for record in _by(incidents, "received_at") if record["open"]],
        "obligations": [record for record in _by(due, "due_at") if record["unmet"]],
        "receipts": [record for record in _by(receipts, "received_at") if record["state"] == "new"],
        "log": [record for record in _by(entries, "at") if record["at"] >= since][-MOST_ENTRIES:],
    }


def _by(records: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: (str(record[name] or ""), str(record["id"])))


def due_soon(document: HandoverDocument) -> list[str]:
    """The reports that were due, or nearly, when the handover was given. Who takes over must tick each."""
    limit = wire.iso(document.at + DUE_SOON) or ""
    return [due["id"] for due in document.picture.get("obligations", ()) if due["due_at"] and due["due_at"] <= limit]


def broken(alert: Mapping[str, Any], at: float) -> bool:
    """True when the promised time of repair has passed."""
    promise = (alert["ack"] or {}).get("estimated_restoration")
    return promise is not None and wire.parse_time(promise) <= at


async def _duty(deps: Dependencies, principal: Principal) -> dict[str, Any] | None:
    roster = people.roster(deps, principal, await people.roster_version(deps))
    now: dict[str, Any] | None = roster["now"]
    return now


def _by_age(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(records, key=lambda record: (str(record["raised_at"]), str(record["id"])))


def _hidden(alert: Mapping[str, Any]) -> dict[str, Any]:
    until = (alert["shelf"] or alert["hold"] or {}).get("until")
    return {"alert": alert["id"], "asset": alert["asset"], "reasons": alert["suppressed_by"], "until": until}


async def _figures(deps: Dependencies, principal: Principal, start: float, end: float) -> dict[str, int]:
    """How many alerts of one's region were raised, cleared and taken since the shift began."""
    names: Counter[str] = Counter()
    visible: dict[str, bool] = {}
    async for page in deps.journal.moments("alert", start, end):
        strangers = {subject for subject, _, _ in page if subject not in visible} if principal.region else set()
        for id, doc in (await deps.journal.docs_of("alert", strangers)).items():
            visible[id] = covers(principal.region, str(doc.body["region"]))
        names.update(name for subject, _, name in page if not principal.region or visible.get(subject, False))
    return {"raised": names["raise"] + names["reraise"], "cleared": names["clear"], "acked": names["ack"]}


def new(principal: Principal, at: float, name: str, remarks: str, picture: Mapping[str, Any]) -> HandoverDocument:
    """The document of a handover with its first signature."""
    return HandoverDocument(
        at=at,
        by=principal.name,
        to=name,
        remarks=remarks,
        region=principal.region,
        shift=picture["shift"],
        counts={part: len(picture[part]) for part in COUNTED},
        digest=digest_of(picture),
        picture=dict(picture),
    )


class NotAccepted(Exception):
    """The handover is accepted already (`accepted`), the signer is its giver (`own`), or a report that is due soon was
    not ticked (`due_soon`). `document`: as it is now.
    """

    def __init__(self, code: str, document: HandoverDocument) -> None:
        super().__init__(code)
        self.code, self.document = code, document


async def give(journal: Journal, id: str, document: HandoverDocument) -> None:
    """Write a new handover and its first signature to the journal."""
    async with journal.begin() as tx:
        seq = await _note(tx, HANDED_OVER, id, document, by=document.by, remarks=document.remarks, at=document.at)
        await tx.put(KIND, id, dump(document), seq=seq)


async def accept(
    journal: Journal, id: str, principal: Principal, remarks: str, at: float, ticked: Sequence[str] = ()
) -> HandoverDocument:
    """Put the second signature under an existing handover and return its document. Raises NotAccepted.

    `ticked` are the reports due that the signer has seen.
    """

    def sign(body: dict[str, Any] | None) -> dict[str, Any]:
        assert body is not None
        document = load(body)
        if document.accepted_at is not None:
            raise NotAccepted("accepted", document)
        if document.by == principal.name:
            raise NotAccepted("own", document)
        if not set(due_soon(document)) <= set(ticked):
            raise NotAccepted("due_soon", document)
        return dump(replace(document, accepted_at=at, accepted_by=principal.name, accept_remarks=remarks))

    async with journal.begin() as tx:
        body = await tx.update(KIND, id, sign, open=False)
        assert body is not None
        signed = load(body)
        await _note(tx, ACCEPTED, id, signed, by=principal.name, remarks=remarks, at=at)
    return signed


async def _note(tx: Tx, name: str, id: str, document: HandoverDocument, *, by: str, remarks: str, at: float) -> int:
    """Write one signature to the journal; its sequence number."""
    body = dump(document.summary)
    return await tx.append(kind=KIND, name=name, subject=id, at=at, actor=by, reason=remarks, body=body)


def shown(id: str, document: HandoverDocument, at: float, settings: HandoverSettings) -> dict[str, Any]:
    """A handover as an answer, without its picture."""
    record = {name: value for name, value in dump(document).items() if name not in ("picture", "region")}
    record |= {
        "id": id,
        "due_soon": due_soon(document),
        "at": wire.iso(document.at),
        "accepted_at": wire.iso(document.accepted_at),
    }
    return record | {"unsigned": document.accepted_at is None and settings.late(document.at, at)}


def sees(principal: Principal, document: HandoverDocument) -> bool:
    """True for a handover of the asker's region or of one within it."""
    return covers(principal.region, document.region)
