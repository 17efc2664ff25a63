"""Briefs (专报, 值班快报, 日报). Written by the command role."""

from __future__ import annotations

from typing import Any

from feeds.incidents.brief_orders import brief_orders, next_order
from feeds.kinds.filters import Exact, From, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, field_value, texts
from feeds.model.briefs import BRIEF_KINDS, BRIEF_STATES, IN_HAND_STATES, Brief
from feeds.model.incidents import MODES


def _title(subject: SubjectState, language: str) -> str:
    return str(subject.record.number or subject.record.title or subject.id)


def _value(subject: SubjectState, name: str) -> Any:
    return field_value(subject, name)


def _real(brief: Brief) -> bool:
    return brief.mode == "real"


BRIEF = RecordKind(
    name="brief",
    plural="briefs",
    record=Brief,
    writer="command",
    archive="brief",
    derived=(
        Derived("corrected", bool, lambda brief: brief.corrected),
        Derived("orders", dict[str, list[str]], brief_orders),
        Derived("next_order", str, next_order),
        Derived("in_hand", bool, lambda brief: brief.state in IN_HAND_STATES),
    ),
    faces={
        "row": (
            *("id", "mode", "kind", "step", "ordinal", "incident", "region", "title", "number", "state", "version"),
            *(
                "urgency",
                "created_by",
                "created_at",
                "changed_at",
                "period_start",
                "countersign_by",
                "countersign_late",
            ),
            *("sendings", "signatures", "corrected", "in_hand", "rev"),
        )
    },
    confidential=lambda brief: True,
    entries=("brief",),
    filters=(
        Words(name="state", words=BRIEF_STATES),
        Words(name="kind", words=BRIEF_KINDS),
        Exact(name="incident"),
        Words(name="mode", words=MODES, default="real", about="Left out: real; * for all"),
        Within(),
        Search(name="q", fields=("id", "number", "title")),
        From(name="since", field="created_at"),
    ),
    sort=Sort(("created_at", "id"), down=True, page=100),
    plain=False,
    subject=SubjectKind(
        name="brief",
        names={
            **texts("id", "region", "title", "number", "incident"),
            "kind": RuleName("string", frozenset(BRIEF_KINDS)),
            "state": RuleName("string", frozenset(BRIEF_STATES)),
            "corrected": RuleName("bool"),
            "countersign_late": RuleName("bool"),
        },
        value=_value,
        title=_title,
        feed=lambda subject: "emergency",
        evaluated=_real,
    ),
)
