"""From what has been found to the event that raises it."""

from __future__ import annotations

from alerts import life
from alerts.inhibition import REDUNDANCY_LOST
from alerts.reports import identity_of
from alerts.rules import CompiledRule, Evaluation
from alerts.subjects import Subject
from alerts.topology import Redundancy
from feeds.model import Severity
from feeds.reports import Report

_REDUNDANCY_TITLE = {"zh-CN": "冗余丧失", "en": "redundancy lost"}


def of_rule(rule: CompiledRule, subject: Subject, found: Evaluation, id: str) -> life.Raise:
    """What a rule says of a subject."""
    settings = rule.settings
    return life.Raise(
        id=id,
        identity=life.Identity(rule=rule.id, subject_kind=subject.kind, subject=subject.id),
        severity=settings.severity, region=subject.region, quality=found.quality,
        title=settings.title or {"zh-CN": rule.id, "en": rule.id}, text=settings.text or found.evidence,
        labels=subject.labels, evidence=found.evidence,
    )


def of_redundancy(subject: Subject, found: Redundancy, id: str) -> life.Raise:
    """One of several parents is lost; they are only counted, because they may lie in another's region."""
    evidence = f"lost={found.lost} of {found.of}"
    return life.Raise(
        id=id, identity=life.Identity(rule=REDUNDANCY_LOST, subject_kind="asset", subject=subject.id),
        severity=Severity.MINOR, region=subject.region, title=_REDUNDANCY_TITLE, text=evidence,
        labels=subject.labels, evidence=evidence,
    )


def of_report(said: Report, subject: Subject | None, id: str) -> life.Raise:
    """What another tool says; `subject` is the asset that it means, None when the inventory has none such."""
    return life.Raise(
        id=id, identity=identity_of(said), asset=subject.id if subject else said.asset, severity=said.severity,
        region=subject.region if subject else said.region, title=said.title, text=said.text, labels=said.labels,
        evidence=said.text, raised_at=said.since, url=said.url,
    )
