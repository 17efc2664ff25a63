"""Regions as subjects of rules: no records, but every region that an asset lies in, and those above it."""

from __future__ import annotations

from typing import Any

from feeds.kinds.subject import SubjectKind, Thing, texts
from feeds.texts.catalogue import catalogue


def _value(thing: Thing, name: str) -> Any:
    return thing.id


def _title(thing: Thing, language: str) -> str:
    return catalogue(language).get(f"region.{thing.id}", thing.id)


REGION = SubjectKind(
    name="region",
    names=texts("id", "region"),
    value=_value,
    region=lambda thing: thing.id,
    title=_title,
    gone="subject_gone",
    removed=True,
)
