"""Figures for leaders as answers: their definitions, their values, and the records and entries behind each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.incidents import leader_figures as figures
from feeds.incidents.leader_figures import DurationFigure, FigureMember, IncidentReview, LeaderRecords, ShareFigure
from feeds.journal import proofs
from feeds.model import Kind
from feeds.model.incidents import Incident, Obligation
from feeds.model.tasks import Task
from feeds.regions import covers
from feeds.texts.catalogue import LANGUAGES, text

T = TypeVar("T")
FIGURES: Mapping[str, Callable[[LeaderRecords], DurationFigure | ShareFigure]] = {
    "first_report": figures.first_report,
    "verification": figures.verification,
    "signing": figures.signing,
    "handling": figures.handling,
    "lateness": figures.lateness,
}
CONFIRMED = ("confirm", "confirmed", "auto")
"""Names of journal entries about proposals of plans that start one."""


async def records_of(
    deps: Dependencies, principal: Principal, start: float, end: float, region: str = ""
) -> LeaderRecords:
    """The records that the asker sees of a region, open and archived."""
    return LeaderRecords(
        incidents=await _all(deps, principal, Kind.INCIDENT, Incident, region),
        obligations=await _all(deps, principal, Kind.OBLIGATION, Obligation, region),
        tasks=await _all(deps, principal, Kind.TASK, Task, region),
        start=start,
        end=end,
        now=deps.clock(),
    )


async def _all(deps: Dependencies, principal: Principal, kind: str, record: type[T], region: str) -> list[T]:
    docs = await deps.journal.docs(kind)
    reached = [doc for doc in docs if principal.reaches(doc.body["region"]) and covers(region, doc.body["region"])]
    return [msgspec.convert(doc.body, record) for doc in reached]


def shown(key: str, records: LeaderRecords) -> dict[str, Any]:
    """A figure with its definition, without its records."""
    figure = FIGURES[key](records)
    return {
        "key": key,
        "version": figures.VERSION,
        "name": {language: text(f"leader.{key}", language) for language in LANGUAGES},
        "definition": {language: text(f"leader.{key}.definition", language) for language in LANGUAGES},
        "value": _value(figure),
    }


def _value(figure: DurationFigure | ShareFigure) -> dict[str, Any]:
    if isinstance(figure, ShareFigure):
        return {"part": figure.part, "all": figure.all, "share": figure.share}
    value = {"n": figure.n, "median": figure.median, "p90": figure.p90, "running": figure.running}
    return value | ({"groups": {name: _value(group) for name, group in figure.groups.items()}} if figure.groups else {})


async def evidence(deps: Dependencies, key: str, records: LeaderRecords, limit: int) -> list[dict[str, Any]]:
    """The records that a figure counts, each with the journal entries that prove it."""
    counted = FIGURES[key](records).counted[:limit]
    return [await _proof(deps, measured) for measured in counted]


async def _proof(deps: Dependencies, measured: FigureMember) -> dict[str, Any]:
    entries = await proofs.about(deps.journal, measured.kind, measured.id)
    cited = [
        {
            "chain": proven.entry.chain,
            "number": proven.entry.chain_seq,
            "hash": proven.hash,
            "intact": proven.intact,
            "name": proven.entry.name,
            "at": wire.iso(proven.entry.at),
        }
        for proven in entries
    ]
    return {"kind": measured.kind, "id": measured.id, "seconds": measured.seconds, "entries": cited}


async def review_of(deps: Dependencies, principal: Principal, incident: Incident) -> IncidentReview:
    """The review of one incident."""
    obligations = await _all(deps, principal, Kind.OBLIGATION, Obligation, "")
    tasks = await _all(deps, principal, Kind.TASK, Task, "")
    proposals = await proofs.below(deps.journal, "proposal", incident.id)
    confirmed = [proven.entry.at for proven in proposals if proven.entry.name in CONFIRMED]
    return figures.review(
        incident,
        [due for due in obligations if due.incident == incident.id],
        [task for task in tasks if task.incident == incident.id],
        min(confirmed, default=None),
        deps.clock(),
    )
