"""Sources: collectors, feeds and roles, and whether they are heard of. Written by the projector."""

from __future__ import annotations

from typing import Any, Literal

from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model import Kind, SourceState
from feeds.texts.catalogue import catalogue

FEEDS = ("network", "video", "approvals", "emergency")
ROLE = "role"
"""The kind of the product's own processes, which are no sources of data."""
SourceCondition = Literal["silent", "failing", "ok"]


def condition(source: SourceState) -> SourceCondition:
    """How a source does: no sign of life, failing, or well."""
    if source.silent_since is not None:
        return "silent"
    return "failing" if not source.ok or source.failing_since is not None else "ok"


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
    derived=(
        Derived("state", SourceCondition, condition),
        Derived("is_role", bool, lambda source: source.kind == ROLE),
    ),
    faces={"row": ("id", "kind", "region", "at", "ok", "error", "silent_since", "failing_since", "state", "is_role")},
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
