"""What a brief is generated from, asked of the journal: incidents, their entries, receipts and reports due."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import msgspec

from feeds.documents.roster import Roster
from feeds.documents.version import ROSTER, SITE, load
from feeds.duty.names import name_of
from feeds.engine.proof_requests import FindDocuments, FindHead, ListProven, ListProvenBelow, ListProvenWithin
from feeds.engine.requests import Asking, FindDocument, YieldToLoop
from feeds.incidents.settings import IncidentSettings
from feeds.journal.proofs import ProvenEntry
from feeds.model import Asset, EmergencyWarning, Outcome, Receipt
from feeds.model.briefs import Brief, EntryReference
from feeds.model.impacts import Impact
from feeds.model.incidents import Incident
from feeds.model.marks import MapMark
from feeds.model.resources import Resource
from feeds.model.tasks import Task
from incidents.briefs.evidence import IncidentEvidence, reference
from incidents.briefs.floor import DOCUMENTED, FLOOR_KINDS, MOST, FloorPicture
from incidents.briefs.handled import HandledPicture, wind_mark
from incidents.refusals import OrderRefused

MOST_RECEIPTS = 20


def evidence_of(incident: Incident) -> Asking[IncidentEvidence]:
    """The entries of an incident. Raises OrderRefused `again` while the journal does not have its last figures yet."""
    evidence = IncidentEvidence((yield ListProven("incident", incident.id)))
    if not evidence.figure(len(incident.casualties)) and incident.casualties:
        raise OrderRefused("again", Outcome.CONFLICT)
    return evidence


def receipts_of(incident: Incident) -> Asking[list[tuple[Receipt, EntryReference]]]:
    """The receipts that an incident took up, each with the entry of its arrival."""
    receipts = []
    for id in incident.receipts[:MOST_RECEIPTS]:
        doc = yield FindDocument("receipt", id)
        entries = yield ListProven("receipt", id)
        if doc is not None and entries:
            receipts.append((msgspec.convert(doc.body, Receipt), reference(entries[0])))
    return receipts


@dataclass(frozen=True, slots=True)
class Around:
    """Reads the records around an incident from the memory of the command role."""

    impact: Callable[[str], Impact | None]
    warnings: Callable[[], Mapping[str, EmergencyWarning]]
    tasks: Callable[[str], Sequence[Task]]
    resources: Callable[[], Mapping[str, Resource]]
    marks: Callable[[str], Sequence[MapMark]]


def handled_of(
    incident: Incident, around: Around, before: Mapping[str, float], settings: IncidentSettings, now: float
) -> Asking[HandledPicture]:
    """Impact, warnings, tasks and resources of an incident for its brief, each with its newest journal entry.

    Raises OrderRefused `again` while the journal does not have an entry of a task or resource yet. A count of what lies
    inside that is just being written is left out: it comes with the next generating.
    """
    impact = around.impact(incident.id)
    held = around.warnings()
    warnings = [held[id] for id in (impact.warnings if impact is not None else ()) if id in held]
    tasks = around.tasks(incident.id)
    resources = [each for each in around.resources().values() if incident.id in (each.incident, *each.shared)]
    wind = wind_mark(around.marks(incident.id))
    records = [("impact", impact.id)] if impact is not None else []
    records += [("mark", wind.id)] if wind is not None else []
    records += [("warning", warning.id) for warning in warnings]
    records += [("task", task.id) for task in tasks]
    records += [("resource", resource.id) for resource in resources]
    entries: dict[tuple[str, str], EntryReference] = {}
    for kind, id in records:
        proven = yield ListProven(kind, id)
        if not proven and kind in ("task", "resource"):
            raise OrderRefused("again", Outcome.CONFLICT)
        if proven:
            entries[kind, id] = reference(proven[-1])
    return HandledPicture(
        impact=impact if impact is not None and ("impact", impact.id) in entries else None,
        warnings=[warning for warning in warnings if ("warning", warning.id) in entries],
        wind=wind if wind is not None and ("mark", wind.id) in entries else None,
        tasks=tasks,
        resources=resources,
        entries=entries,
        before=before,
        units=settings.units,
        zone=settings.zone,
        now=now,
    )


def person_names() -> Asking[Callable[[str], str]]:
    """What the roster calls the owners of accounts."""
    doc = yield FindDocument(ROSTER, SITE)
    roster = load(doc.body if doc is not None else None, Roster).doc
    return lambda account: name_of(roster, account)


def reports_of(incidents: Iterable[Incident], start: float, end: float) -> Asking[list[tuple[str, EntryReference]]]:
    """The entries of reports due of a period: `met`, and `late` where one became late or was met late."""
    reports = []
    for incident in incidents:
        for proven in (yield ListProvenBelow("obligation", f"{incident.id}/")):
            if proven.entry.name in ("met", "late") and start <= proven.entry.at < end:
                reports.append((proven.entry.name, reference(proven)))
    return reports


def floor_of(brief: Brief, site: str, assets: Mapping[str, Asset], zone: tzinfo) -> Asking[FloorPicture]:
    """What a daily brief says of network, video, approvals, warnings and receipts."""
    start, end = brief.period_start or 0.0, brief.period_end or 0.0
    region = "" if brief.region == site else brief.region  # what has no region belongs to the whole site
    entries: dict[str, list[ProvenEntry]] = {}
    documents: dict[str, dict[str, Any]] = {}
    for kind in FLOOR_KINDS:
        entries[kind] = yield ListProvenWithin(kind, start, end, MOST)
        if kind in DOCUMENTED:
            documents[kind] = yield FindDocuments(kind, tuple({proven.entry.subject for proven in entries[kind]}))
        yield YieldToLoop()
    return FloorPicture(entries=entries, documents=documents, assets=assets, region=region, end=end, zone=zone)


def head() -> Asking[EntryReference | None]:
    """The last entry of the chain: what the blocks were generated after."""
    last = yield FindHead()
    return reference(last) if last is not None else None
