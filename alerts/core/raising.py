"""From what has been found to the event that raises it."""

from __future__ import annotations

from alerts.external.command import identity_of
from alerts.lifecycle import transitions
from alerts.rules.rule import CompiledRule, Evaluation
from alerts.rules.subjects import Subject
from alerts.suppression.inhibition import REDUNDANCY_LOST
from alerts.suppression.topology import Redundancy
from feeds.external import Report
from feeds.model import Severity

_REDUNDANCY_TITLE = {"zh-CN": "冗余丧失", "en": "redundancy lost"}


def of_rule(rule: CompiledRule, subject: Subject, found: Evaluation, id: str) -> transitions.Raise:
    """What a rule says of a subject."""
    settings = rule.settings
    return transitions.Raise(
        id=id,
        identity=transitions.Identity(rule=rule.id, subject_kind=subject.kind, subject=subject.id),
        severity=settings.severity,
        region=subject.region,
        quality=found.quality,
        title=settings.title or {"zh-CN": rule.id, "en": rule.id},
        text=settings.text or found.evidence,
        labels=subject.labels,
        evidence=found.evidence,
    )


def of_redundancy(subject: Subject, found: Redundancy, id: str) -> transitions.Raise:
    """One of several parents is lost; they are only counted, because they may lie in another's region."""
    evidence = f"lost={found.lost} of {found.of}"
    return transitions.Raise(
        id=id,
        identity=transitions.Identity(rule=REDUNDANCY_LOST, subject_kind="asset", subject=subject.id),
        severity=Severity.MINOR,
        region=subject.region,
        title=_REDUNDANCY_TITLE,
        text=evidence,
        labels=subject.labels,
        evidence=evidence,
    )


def of_report(said: Report, subject: Subject | None, id: str) -> transitions.Raise:
    """What another tool says; `subject` is the asset that it means, None when the inventory has none such."""
    return transitions.Raise(
        id=id,
        identity=identity_of(said),
        asset=subject.id if subject else said.asset,
        severity=said.severity,
        region=subject.region if subject else said.region,
        title=said.title,
        text=said.text,
        labels=said.labels,
        evidence=said.text,
        raised_at=said.since,
        url=said.url,
    )
