"""The blocks of what is around an incident and what is done about it: impact, warnings, tasks, resources. Pure.

Each figure and each line cites the newest journal entry of the record that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from feeds.incidents.units import UnitRegister
from feeds.model import EmergencyWarning
from feeds.model.briefs import BriefBlock, BriefFigure, BriefRow, EntryReference
from feeds.model.impacts import Impact, ImpactArea
from feeds.model.marks import MapMark
from feeds.model.resources import Resource
from feeds.model.tasks import Task
from feeds.texts.catalogue import catalogue, text
from maps.regions import table

CHINESE = "zh-CN"
MOST_ROWS = 20
"""Tasks, resources and warnings that are told one by one; all of them are counted."""
UNISSUED = ("draft", "review", "withdrawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledPicture:
    """The records about one incident. `entries` has the newest journal entry of each by its kind and id."""

    impact: Impact | None
    warnings: Sequence[EmergencyWarning]
    wind: MapMark | None
    tasks: Sequence[Task]
    resources: Sequence[Resource]
    entries: Mapping[tuple[str, str], EntryReference]
    before: Mapping[str, float]
    units: UnitRegister
    zone: tzinfo
    now: float

    def cited(self, kind: str, ids: Iterable[str]) -> tuple[EntryReference, ...]:
        """The entries of the records of a kind."""
        return tuple(self.entries[kind, id] for id in ids)


def impact_block(picture: HandledPicture) -> BriefBlock:
    """The newest count of assets and people in the affected area, else in the smallest circle around the incident."""
    impact = picture.impact
    if impact is None or not impact.areas:
        row = BriefRow(name="impact", text=text("impact.none", CHINESE), sentence=True)
        return _block("impact", rows=[row])
    area = next((area for area in impact.areas if area.radius_m == 0), impact.areas[0])
    cited = picture.cited("impact", (impact.id,))
    working = sum(camera.health == "ok" for camera in impact.cameras)
    counts = {
        "impact_assets": area.total,
        "impact_cameras": len(impact.cameras),
        "impact_cameras_ok": working,
        "impact_roads": impact.roads_cut,
    }
    if population := sum(places.population for places in area.places.values()):
        counts["impact_people"] = population  # without places on record nobody was counted, which is not nobody
    rows = [BriefRow(name="impact", text=words, sentence=True, entries=cited) for words in _area_words(impact, area)]
    figures = [_figure(picture, name, value, "impact", impact.id, cited) for name, value in counts.items()]
    return _block("impact", rows=rows, figures=figures)


def _area_words(impact: Impact, area: ImpactArea) -> Iterable[str]:
    where = (
        text("impact.ring", CHINESE, km=f"{area.radius_m / 1000:g}") if area.radius_m else text("impact.drawn", CHINESE)
    )
    names = "、".join(table().name(code) for code in area.regions)
    places = "、".join(f"{_named('place', kind)}{inside.count}处" for kind, inside in area.places.items())
    yield text("briefs.impact.area", CHINESE, where=where, regions=names or "—", places=places or "—")
    for kind, count in impact.uncounted.items():
        yield f"{text('impact.uncounted', CHINESE, kind=_named('place', kind), n=count)}。"


def weather_block(picture: HandledPicture) -> BriefBlock:
    """The warnings in force that cover the incident, the wind that was drawn last, and the readings of stations nearby.

    Wind cites its mark, readings the count that read them; both keep their own time.
    """
    rows = [
        BriefRow(
            name="warning",
            text=f"{_clock(picture, warning.sent)}，{warning.headline or warning.event}。",
            sentence=True,
            entries=picture.cited("warning", (warning.id,)),
        )
        for warning in picture.warnings[:MOST_ROWS]
    ]
    rows += [*_wind(picture), *_readings(picture)]
    cited = picture.cited("warning", (warning.id for warning in picture.warnings))
    figures = [_figure(picture, "weather_warnings", len(cited), "warning", "", cited)]
    return _block("weather", rows=rows, figures=figures)


def wind_mark(marks: Iterable[MapMark]) -> MapMark | None:
    """The newest mark that says how the wind blows."""
    measured = [mark for mark in marks if mark.drawing is not None and mark.drawing.wind_ms is not None]
    return max(measured, key=lambda mark: (mark.at, mark.id), default=None)


def _wind(picture: HandledPicture) -> Iterable[BriefRow]:
    mark = picture.wind
    if mark is None or mark.drawing is None or mark.drawing.wind_ms is None:
        return
    drawing = mark.drawing
    variable = drawing.wind_from is None
    words = text(
        "briefs.weather.variable" if variable else "briefs.weather.wind",
        CHINESE,
        degrees=f"{drawing.wind_from or 0:g}",
        speed=f"{drawing.wind_ms:g}",
        source=drawing.wind_source or "—",
        time=_clock(picture, drawing.wind_at if drawing.wind_at is not None else mark.at),
    )
    yield BriefRow(name="wind", text=words, sentence=True, entries=picture.cited("mark", (mark.id,)))


def _readings(picture: HandledPicture) -> Iterable[BriefRow]:
    impact = picture.impact
    if impact is None:
        return
    for reading in impact.weather:
        words = text(
            "briefs.weather.reading",
            CHINESE,
            time=_clock(picture, reading.observed_at),
            station=reading.name,
            km=f"{reading.distance_m / 1000:.1f}",
            name=_named("metric", reading.metric),
            value=f"{reading.value:g}",
            unit=reading.unit,
        )
        yield BriefRow(name="reading", text=words, sentence=True, entries=picture.cited("impact", (impact.id,)))


def tasks_block(picture: HandledPicture) -> BriefBlock:
    """The tasks that were given out: how many, how many are done and late, and each with its holder and state."""
    tasks = [task for task in picture.tasks if task.state not in UNISSUED]
    groups = {
        "tasks_issued": tasks,
        "tasks_done": [task for task in tasks if task.state in ("done", "closed")],
        "tasks_unsigned": [task for task in tasks if task.signed_at is None],
        "tasks_late": [task for task in tasks if task.late],
    }
    figures = []
    for name, counted in groups.items():
        cited = picture.cited("task", (task.id for task in counted))
        figures.append(_figure(picture, name, len(counted), "task", "", cited))
    rows = [
        BriefRow(
            name="task",
            text=text(
                "briefs.task.line",
                CHINESE,
                title=task.title,
                holder=_holder(picture, task),
                state=text(f"tasks.state.{task.state}", CHINESE),
                time=_clock(picture, task.state_at),
            ),
            sentence=True,
            entries=picture.cited("task", (task.id,)),
        )
        for task in tasks[:MOST_ROWS]
    ]
    return _block("tasks", rows=rows, figures=figures)


def resources_block(picture: HandledPicture) -> BriefBlock:
    """The resources that were sent, each with its kind and status."""
    cited = picture.cited("resource", (resource.id for resource in picture.resources))
    rows = [
        BriefRow(
            name="resource",
            text=text(
                "briefs.resource.line",
                CHINESE,
                name=resource.name,
                kind=text(f"resources.kind.{resource.kind}", CHINESE),
                status=text(f"resources.status.{resource.status}", CHINESE),
                time=_clock(picture, resource.since) if resource.since is not None else "—",
            ),
            sentence=True,
            entries=picture.cited("resource", (resource.id,)),
        )
        for resource in picture.resources[:MOST_ROWS]
    ]
    figures = [_figure(picture, "resources_sent", len(cited), "resource", "", cited)]
    return _block("resources", rows=rows, figures=figures)


def _block(key: str, *, rows: Sequence[BriefRow] = (), figures: Sequence[BriefFigure] = ()) -> BriefBlock:
    title = text(f"briefs.block.{key}", CHINESE)
    return BriefBlock(key=key, title=title, generated=True, rows=tuple(rows), figures=tuple(figures))


def _figure(
    picture: HandledPicture, name: str, value: float, kind: str, record: str, cited: tuple[EntryReference, ...]
) -> BriefFigure:
    """A count with the entries counted; `before` is what the brief before this one said."""
    return BriefFigure(
        name=name,
        value=float(value),
        before=picture.before.get(name),
        record_kind=kind,
        record=record,
        as_of=picture.now,
        entries=cited,
    )


def _holder(picture: HandledPicture, task: Task) -> str:
    """Who has a task: the unit by its name, else the person, the post or the role."""
    if task.unit in picture.units:
        return picture.units[task.unit].title(CHINESE)
    if task.post:
        return text(f"incidents.post.{task.post}", CHINESE)
    return task.unit or task.person or _named("role.name", task.role)


def _named(prefix: str, key: str) -> str:
    return catalogue(CHINESE).get(f"{prefix}.{key}", key)


def _clock(picture: HandledPicture, at: float) -> str:
    local = datetime.fromtimestamp(at, picture.zone)
    return f"{local.month}月{local.day}日{local.hour}时{local.minute:02d}分"
