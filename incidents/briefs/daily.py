"""The blocks of a daily brief: counts of a period and the incidents in it, each with the entries counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from feeds.briefs.layout import value_text
from feeds.model.briefs import BriefBlock, BriefFigure, BriefRow, EntryReference
from feeds.model.incidents import Incident
from feeds.texts.catalogue import text
from incidents.briefs.blocks import CHINESE, of_people
from incidents.briefs.evidence import IncidentEvidence

COUNTS = ("received", "open", "ended", "reports_met", "reports_late")
"""Figures of a daily brief: incidents received, in hand, ended; reports met, and met late or not at all."""
APART = ("false", "transferred", "merged")
"""Phases of incidents that no count has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPicture:
    """Real incidents with their evidence, and the entries of reports due (`met`, `late`), of a period."""

    incidents: Sequence[tuple[Incident, IncidentEvidence]]
    reports: Sequence[tuple[str, EntryReference]]
    start: float
    end: float


def daily(picture: DailyPicture) -> tuple[BriefBlock, ...]:
    """Every block of a daily brief: generated ones, and empty ones of people."""
    overview, attention = of_people("daily")
    counts = BriefBlock(key="counts", title=_title("counts"), generated=True, figures=tuple(_counts(picture)))
    listed = BriefBlock(key="incidents", title=_title("incidents"), generated=True, rows=tuple(_rows(picture)))
    return (counts, overview, listed, attention)


def _title(key: str) -> str:
    return text(f"briefs.block.{key}", CHINESE)


def _counts(picture: DailyPicture) -> Iterable[BriefFigure]:
    inside = [(incident, evidence) for incident, evidence in picture.incidents if incident.phase not in APART]
    entries: dict[str, list[EntryReference]] = {name: [] for name in COUNTS}
    for incident, evidence in inside:
        if picture.start <= incident.received_at < picture.end:
            entries["received"] += evidence.named("created")
        if incident.open:
            entries["open"] += evidence.named("created")
        if incident.ended_at is not None and picture.start <= incident.ended_at < picture.end:
            entries["ended"] += evidence.named("end")
    for name, reference in picture.reports:
        entries[f"reports_{name}"].append(reference)
    for name, counted in entries.items():
        yield BriefFigure(
            name=name,
            value=float(len(counted)),
            record_kind="obligation" if name.startswith("reports") else "incident",
            record="",
            as_of=picture.end,
            entries=tuple(counted),
        )


def _rows(picture: DailyPicture) -> Iterable[BriefRow]:
    for incident, evidence in picture.incidents:
        if incident.phase in APART:
            continue
        words = [incident.title, text(f"incidents.phase.{incident.phase}", CHINESE)]
        words += [text(f"incidents.grade.{incident.grade}", CHINESE)] if incident.grade else []
        words += [
            f"{text(f'incidents.figure.{name}', CHINESE)}{value_text(figure.value)}"
            for name, figure in incident.figures.items()
        ]
        names = {proven.entry.name for proven in evidence.entries}
        yield BriefRow(name="incident", text=f"{incident.id} {'，'.join(words)}", entries=evidence.named(*names))
