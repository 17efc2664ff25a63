"""Figures for leaders about emergency command, each by its definition: first report, verification, signing, handling,
lateness. Pure functions of records; real ones only.

An incident that was merged counts once, under its target; a false report and a transferred one count apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from feeds.model.incidents import Incident, Obligation
from feeds.model.tasks import Task

VERSION = 1
"""Of the definitions. A changed definition is a new version."""
FIGURE_KEYS = ("first_report", "verification", "signing", "handling", "lateness")
APART = ("false", "transferred", "merged")
"""Phases of incidents that the figures leave out."""
NOT_OWED = ("void", "skipped")
"""States of reports that nobody had to make."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureMember:
    """One record that a figure counts: its kind and id, and its seconds, None where it is not measured yet."""

    kind: str
    id: str
    seconds: float | None
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DurationFigure:
    """Durations: how many (`n`), their median and 90th percentile in seconds (None for n = 0), and those that run.

    `groups` are the same by grade or unit. `counted` are the records.
    """

    n: int
    median: float | None
    p90: float | None
    running: int
    groups: Mapping[str, DurationFigure] = field(default_factory=dict)
    counted: tuple[FigureMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareFigure:
    """A share: `part` of `all`, None for none. `counted` are the records; their seconds are how late each was."""

    part: int
    all: int
    share: float | None
    counted: tuple[FigureMember, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderRecords:
    """The records of a region that figures are computed from, and the window: start <= time < end, epoch seconds."""

    incidents: Sequence[Incident]
    obligations: Sequence[Obligation]
    tasks: Sequence[Task]
    start: float
    end: float
    now: float

    def received(self) -> list[Incident]:
        """The real incidents received in the window."""
        return [
            incident
            for incident in self.incidents
            if incident.mode == "real" and incident.phase not in APART and self.start <= incident.received_at < self.end
        ]


def first_report(records: LeaderRecords) -> DurationFigure:
    """首报时长: from the receipt of an incident to the first proof of a report by phone."""
    by_incident: dict[str, list[float]] = {}
    for due in records.obligations:
        if due.step == "first" and due.channel == "phone" and due.met_at is not None:
            by_incident.setdefault(due.incident, []).append(due.met_at)
    return _durations(
        FigureMember(
            kind="incident",
            id=incident.id,
            seconds=min(by_incident[incident.id]) - incident.received_at if incident.id in by_incident else None,
            group=incident.grade,
        )
        for incident in records.received()
    )


def verification(records: LeaderRecords) -> DurationFigure:
    """核实时长: from the receipt of an incident to its verification (Art. 60)."""
    return _durations(
        FigureMember(
            kind="incident",
            id=incident.id,
            seconds=incident.verified_at - incident.received_at if incident.verified_at is not None else None,
            group=incident.grade,
        )
        for incident in records.received()
    )


def signing(records: LeaderRecords) -> DurationFigure:
    """签收时长: from the issue of a task to its signature, by unit."""
    return _durations(
        FigureMember(
            kind="task",
            id=task.id,
            seconds=task.signed_at - task.issued_at if task.signed_at is not None else None,
            group=task.unit,
        )
        for task in records.tasks
        if task.mode == "real" and task.issued_at is not None and records.start <= task.issued_at < records.end
    )


def handling(records: LeaderRecords) -> DurationFigure:
    """处置时长: from the receipt of an incident to the end of its handling, by grade. Running ones are only counted."""
    return _durations(
        FigureMember(
            kind="incident",
            id=incident.id,
            seconds=incident.ended_at - incident.received_at if incident.ended_at is not None else None,
            group=incident.grade,
        )
        for incident in records.received()
    )


def lateness(records: LeaderRecords) -> ShareFigure:
    """迟报: reports met late or overdue, of all that fell due in the window. "At once" has no due time."""
    counted = []
    for due in records.obligations:
        if due.mode != "real" or due.state in NOT_OWED or due.due_at is None:
            continue
        if not records.start <= due.due_at < min(records.end, records.now):
            continue
        late = due.late_seconds if due.met_at is not None else records.now - due.due_at
        counted.append(FigureMember(kind="obligation", id=due.id, seconds=late, group=due.step))
    late_count = sum((measured.seconds or 0.0) > 0 for measured in counted)
    share = late_count / len(counted) if counted else None
    return ShareFigure(part=late_count, all=len(counted), share=share, counted=tuple(counted))


def _durations(measured: Iterable[FigureMember], *, grouped: bool = True) -> DurationFigure:
    counted = tuple(measured)
    values = sorted(record.seconds for record in counted if record.seconds is not None)
    names = sorted({record.group for record in counted if record.group}) if grouped else []
    return DurationFigure(
        n=len(values),
        median=percentile(values, 0.5),
        p90=percentile(values, 0.9),
        running=len(counted) - len(values),
        groups={
            name: _durations((record for record in counted if record.group == name), grouped=False) for name in names
        },
        counted=counted,
    )


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which that share of sorted values lies (nearest rank; the median of two is the lower one)."""
    return values[max(0, math.ceil(share * len(values)) - 1)] if values else None


REVIEW_STEPS = (*("verified", "graded", "confirmed", "first_signed", "phone", "first_feedback", "written", "ended"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentReview:
    """The review (复盘) of one incident: when each of REVIEW_STEPS was first reached, and the reports by their step.

    `steps` are epoch seconds. `on_time` and `late` count the reports that fell due, by step.
    """

    received_at: float
    steps: Mapping[str, float]
    on_time: Mapping[str, int]
    late: Mapping[str, int]

    def seconds(self) -> dict[str, float]:
        """Seconds from the receipt to each step that was reached."""
        return {name: at - self.received_at for name, at in self.steps.items()}


def review(
    incident: Incident, obligations: Iterable[Obligation], tasks: Iterable[Task], confirmed_at: float | None, now: float
) -> IncidentReview:
    """The review of an incident from its reports due and tasks. `confirmed_at`: when its first plan was confirmed."""
    owed = [due for due in obligations if due.state not in NOT_OWED]
    issued_tasks = list(tasks)
    moments: dict[str, list[float | None]] = {
        "verified": [incident.verified_at],
        "graded": [version.at for version in incident.grades[:1]],
        "confirmed": [confirmed_at],
        "first_signed": [task.signed_at for task in issued_tasks],
        "phone": [due.met_at for due in owed if (due.step, due.channel) == ("first", "phone")],
        "first_feedback": [event.at for task in issued_tasks for event in task.history if event.action == "feedback"],
        "written": [due.met_at for due in owed if (due.step, due.channel) == ("first", "written")],
        "ended": [incident.ended_at],
    }
    reached = {name: min(at for at in times if at is not None) for name, times in moments.items() if any(times)}
    fallen = [due for due in owed if due.due_at is not None and (due.met_at is not None or due.due_at <= now)]
    return IncidentReview(
        received_at=incident.received_at,
        steps=reached,
        on_time=_by_step(due for due in fallen if not due.late),
        late=_by_step(due for due in fallen if due.late),
    )


def _by_step(obligations: Iterable[Obligation]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for due in obligations:
        counts[due.step] = counts.get(due.step, 0) + 1
    return counts
