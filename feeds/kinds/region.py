"""Regions as subjects of rules: no records, but every region that an asset lies in, and those above it."""

from __future__ import annotations

from typing import Any

from feeds.kinds.subject import SubjectKind, SubjectState, texts
from feeds.texts.catalogue import catalogue


def _value(subject: SubjectState, name: str) -> Any:
    return subject.id


def _title(subject: SubjectState, language: str) -> str:
    return catalogue(language).get(f"region.{subject.id}", subject.id)


REGION = SubjectKind(
    name="region",
    names=texts("id", "region"),
    value=_value,
    region=lambda subject: subject.id,
    title=_title,
    gone="subject_gone",
    removed=True,
)
