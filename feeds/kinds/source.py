"""Sources: collectors, feeds and roles, and whether they are heard of. Written by the projector."""

from __future__ import annotations

from typing import Any

from feeds.kinds.kind import RecordKind
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model import Kind, SourceState
from feeds.texts.catalogue import catalogue

FEEDS = ("network", "video", "approvals", "emergency")


def _value(subject: SubjectState, name: str) -> Any:
    if name in ("silent", "failing"):
        return getattr(subject.record, f"{name}_since") is not None
    return getattr(subject.record, name)


def _title(subject: SubjectState, language: str) -> str:
    return catalogue(language).get(f"source.{subject.id}", subject.id)


def _feed(subject: SubjectState | None) -> str:
    feed = subject.record.kind.partition(".")[0] if subject is not None else ""
    return feed if feed in FEEDS else "network"


SOURCE = RecordKind(
    name=Kind.SOURCE,
    plural="sources",
    record=SourceState,
    writer="project",
    faces={"row": ("id", "kind", "region", "at", "ok", "error", "silent_since", "failing_since")},
    subject=SubjectKind(
        name=Kind.SOURCE,
        names={
            **texts("id", "kind", "region", "error"),
            **dict.fromkeys(("ok", "silent", "failing"), RuleName("bool")),
            "lag": RuleName("double"),
            "dead_letters": RuleName("int"),
        },
        value=_value,
        title=_title,
        feed=_feed,
        gone="source_removed",
        removed=True,
    ),
)
