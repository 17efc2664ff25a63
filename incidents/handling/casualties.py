"""Casualties and losses: reports with sources and corrections, the figures shown, the grade they give. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from feeds.incidents.grading import grade_by_figures
from feeds.model.incidents import CasualtyReport, FigureSource, GradeProposal, Incident, IncidentFigure


def with_casualty(incident: Incident, report: CasualtyReport) -> Incident:
    """The incident with one more report, its figures, and the grade that the figures propose."""
    casualties = (*incident.casualties, report)
    figures = {key: figure for key in _kinds(casualties) if (figure := shown_figure(casualties, key)) is not None}
    return proposed(replace(incident, casualties=casualties, figures=figures))


def _kinds(casualties: Iterable[CasualtyReport]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(report.what for report in casualties))


def _newest(casualties: Iterable[CasualtyReport], key: str) -> dict[str, CasualtyReport]:
    """The newest report of a figure by source, without those that were corrected."""
    reports = [report for report in casualties if report.what == key]
    replaced = {report.corrects for report in reports}
    newest: dict[str, CasualtyReport] = {}
    for report in sorted((report for report in reports if report.number not in replaced), key=_age):
        newest[report.source] = report
    return newest


def shown_report(casualties: Iterable[CasualtyReport], key: str) -> CasualtyReport | None:
    """The report whose value is shown of a figure: the newest official one, else the newest."""
    reports = _newest(casualties, key).values()
    return max(reports, key=lambda report: (report.official, _age(report)), default=None)


def shown_figure(casualties: Iterable[CasualtyReport], key: str) -> IncidentFigure | None:
    """What is shown of a figure: the newest official value, else the newest. Other sources stand beside it."""
    casualties = tuple(casualties)
    newest, shown = _newest(casualties, key), shown_report(casualties, key)
    if shown is None:
        return None
    others = [report for report in newest.values() if report.source != shown.source and report.value != shown.value]
    return IncidentFigure(
        value=shown.value,
        source=shown.source,
        official=shown.official,
        valid_at=shown.valid_at,
        others=tuple(
            FigureSource(value=other.value, source=other.source, official=other.official, valid_at=other.valid_at)
            for other in others
        ),
    )


def _age(report: CasualtyReport) -> tuple[float, int]:
    return report.valid_at, report.number


def proposed(incident: Incident) -> Incident:
    """The incident with the grade that its figures give, while it is not the one that a person gave.

    A grade that is lower than the present one is proposed too; nothing is lowered by the machine.
    """
    result = grade_by_figures(incident.event_class, {key: figure.value for key, figure in incident.figures.items()})
    if not incident.figures or not result.grade:
        return replace(incident, grade_proposal=None)
    if result.grade == incident.grade and not result.if_missing_dead:
        return replace(incident, grade_proposal=None)
    proposal = GradeProposal(
        grade=result.grade,
        criterion=result.criterion,
        table=result.table,
        source=result.source,
        if_missing_dead=result.if_missing_dead,
    )
    return replace(incident, grade_proposal=proposal)
