"""The blocks of a brief: what is generated about one incident, what is left to people, and regeneration. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from feeds.incidents.classes import class_name
from feeds.incidents.figures import shown_report
from feeds.logbook.rows import sort_of
from feeds.logbook.sentences import sentences
from feeds.model import Receipt
from feeds.model.briefs import BriefBlock, BriefFigure, BriefRow, EntryReference
from feeds.model.incidents import FIGURES, Incident
from feeds.texts.catalogue import catalogue, text
from incidents.briefs.evidence import IncidentEvidence, reference
from incidents.briefs.handled import HandledPicture, impact_block, resources_block, tasks_block, weather_block
from maps.regions import table

CHINESE = "zh-CN"
ALWAYS = ("dead", "missing", "grave", "light")
"""Figures that a report names even when nobody knows them yet (Order 493 Art. 12: also the missing)."""
COURSE = ("phase", "grade", "response", "post")
"""Sorts of rows of the duty log that a brief tells as the course of events."""
OF_PEOPLE: Mapping[str, tuple[str, ...]] = {
    "special": ("situation", "scope", "trend", "leaders", "measures", "requests"),
    "bulletin": ("situation", "measures"),
    "daily": ("overview", "attention"),
}
"""Blocks of people by kind of brief, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPicture:
    """What the blocks about an incident are made from. `before` is what the brief before this one said, by
    figure; `person` names the owner of an account.
    """

    incident: Incident
    evidence: IncidentEvidence
    receipts: Sequence[tuple[Receipt, EntryReference]]
    before: Mapping[str, float]
    handled: HandledPicture
    person: Callable[[str], str]
    zone: tzinfo
    now: float


def about_incident(picture: IncidentPicture, kind: str) -> tuple[BriefBlock, ...]:
    """Every block of a brief about an incident, generated ones and empty ones of people, in the order of print."""
    human = {key: _human(key) for key in OF_PEOPLE[kind]}
    facts = BriefBlock(key="facts", title=_title("facts"), generated=True, rows=tuple(_facts(picture)))
    figures = _figures(picture)
    if kind == "bulletin":
        return (facts, human["situation"], figures, human["measures"])
    course = BriefBlock(key="course", title=_title("course"), generated=True, rows=tuple(_course(picture)))
    handled = picture.handled
    return (
        *(facts, human["situation"], figures, human["scope"], impact_block(handled), weather_block(handled)),
        *(human["trend"], human["leaders"], human["measures"], tasks_block(handled), resources_block(handled)),
        *(course, human["requests"]),
    )


def of_people(kind: str) -> tuple[BriefBlock, ...]:
    """The empty blocks of people of a brief about no incident."""
    return tuple(_human(key) for key in OF_PEOPLE[kind])


def _human(key: str) -> BriefBlock:
    return BriefBlock(key=key, title=_title(key), generated=False)


def _title(key: str) -> str:
    return text(f"briefs.block.{key}", CHINESE)


def time_text(at: float, zone: tzinfo) -> str:
    """A moment as official documents write it: 2026年11月27日14时12分."""
    local = datetime.fromtimestamp(at, zone)
    return f"{local.year}年{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"


def _facts(picture: IncidentPicture) -> Iterable[BriefRow]:
    incident, evidence, zone = picture.incident, picture.evidence, picture.zone
    yield BriefRow(name="received", text=time_text(incident.received_at, zone), entries=evidence.named("created"))
    yield _source(picture)
    occurred = time_text(incident.occurred_at, zone) if incident.occurred_at is not None else ""
    if occurred and incident.occurred_precision == "about":
        occurred = text("briefs.about", CHINESE, time=occurred)
    yield _row("occurred", occurred, evidence.setting("occurred_at"))
    place = "" if incident.place_unknown else incident.place or ("" if incident.lat is None else _position(incident))
    yield _row("place", f"{table().name(incident.region)}{place}" if place else "", evidence.setting("place", "lat"))
    yield _row(
        "nature", class_name(incident.event_class) if incident.event_class else "", evidence.setting("event_class")
    )
    yield _row("grade", _grade(incident), evidence.named("grade"))
    response = text(
        "incidents.response" if incident.response else "incidents.no-response", CHINESE, level=incident.response
    )
    yield BriefRow(name="response", text=response, entries=evidence.named("respond", "end-response"))


def _row(name: str, words: str, entries: tuple[EntryReference, ...]) -> BriefRow:
    """A row; without words it is unknown, and nothing proves it."""
    if words:
        return BriefRow(name=name, text=words, entries=entries)
    return BriefRow(name=name, text=text("briefs.unknown", CHINESE), unknown=True)


def _position(incident: Incident) -> str:
    return f"{incident.lat:.4f}, {incident.lon:.4f}"


def _grade(incident: Incident) -> str:
    if not incident.grades or not incident.grade:
        return ""
    newest = incident.grades[-1]
    return text(
        "briefs.grade",
        CHINESE,
        grade=text(f"incidents.grade.{newest.grade}", CHINESE),
        level=newest.grade,
        basis=newest.basis,
    )


def _source(picture: IncidentPicture) -> BriefRow:
    sources = dict.fromkeys(receipt.channel for receipt, _ in picture.receipts)
    words = "、".join(catalogue(CHINESE).get(f"receipts.channel.{channel}", channel) for channel in sources)
    if not words:
        words = text("briefs.by-duty", CHINESE)
    entries = tuple(entry for _, entry in picture.receipts) or picture.evidence.named("created")
    return BriefRow(name="source", text=words, entries=entries)


def _figures(picture: IncidentPicture) -> BriefBlock:
    """The figures that somebody has reported, and a row for each that a report must name and nobody knows."""
    incident = picture.incident
    figures, unknown = [], []
    for name in FIGURES:
        report = shown_report(incident.casualties, name)
        if report is None:
            unknown += [_row(name, "", ())] if name in ALWAYS else []
            continue
        figures.append(
            BriefFigure(
                name=name,
                value=report.value,
                source=report.source,
                official=report.official,
                report=report.number,
                before=picture.before.get(name),
                record_kind="incident",
                record=incident.id,
                as_of=report.valid_at,
                entries=picture.evidence.figure(report.number),
            )
        )
    return BriefBlock(
        key="figures", title=_title("figures"), generated=True, rows=tuple(unknown), figures=tuple(figures)
    )


def _course(picture: IncidentPicture) -> Iterable[BriefRow]:
    for proven in picture.evidence.entries:
        if proven.entry.actor and sort_of(proven.entry) in COURSE:  # what people did
            sentence = sentences(proven.entry, person=picture.person)[CHINESE]
            words = f"{time_text(proven.entry.at, picture.zone)}，{sentence}"
            yield BriefRow(name=proven.entry.name, text=words, sentence=True, entries=(reference(proven),))


def regenerated(blocks: Sequence[BriefBlock], fresh: Sequence[BriefBlock]) -> tuple[BriefBlock, ...]:
    """The blocks with new generated ones. Those of people stay as they are and where they are.

    A generated block that is new comes last, one that is not made any more goes.
    """
    fresh_blocks = {block.key: block for block in fresh if block.generated}
    remaining = [
        block if not block.generated else fresh_blocks.pop(block.key)
        for block in blocks
        if not block.generated or block.key in fresh_blocks
    ]
    return (*remaining, *fresh_blocks.values())


def with_words(blocks: Sequence[BriefBlock], earlier: Sequence[BriefBlock]) -> tuple[BriefBlock, ...]:
    """The blocks with the words that people wrote in an earlier brief, where theirs are empty."""
    words = {block.key: block.text for block in earlier if not block.generated}
    return tuple(
        block if block.generated or block.text else replace(block, text=words.get(block.key, "")) for block in blocks
    )


def figures_said(blocks: Sequence[BriefBlock]) -> dict[str, float]:
    """The figures that a brief says, by name."""
    return {figure.name: figure.value for block in blocks for figure in block.figures}
