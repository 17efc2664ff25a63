"""The figures of an incident from its casualty reports: the newest official value, else the newest. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from feeds.model.incidents import CasualtyReport, FigureSource, IncidentFigure


def figures_of(casualties: Iterable[CasualtyReport]) -> dict[str, IncidentFigure]:
    """Every figure that the reports give."""
    reports = tuple(casualties)
    kinds = dict.fromkeys(report.what for report in reports)
    return {key: figure for key in kinds if (figure := shown_figure(reports, key)) is not None}


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
