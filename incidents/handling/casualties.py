"""Casualties and losses: reports with sources and corrections, and the grade that their figures give. Pure."""

from __future__ import annotations

from dataclasses import replace

from feeds.incidents.figures import figures_of
from feeds.incidents.grading import grade_by_figures
from feeds.model.incidents import CasualtyReport, GradeProposal, Incident


def with_casualty(incident: Incident, report: CasualtyReport) -> Incident:
    """The incident with one more report, its figures, and the grade that the figures propose."""
    casualties = (*incident.casualties, report)
    return proposed(replace(incident, casualties=casualties, figures=figures_of(casualties)))


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
