"""Answers about figures for leaders."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.responses.common import Interval, Texts, Time


class LeaderFigure(msgspec.Struct, kw_only=True):
    """A figure with its definition. Times in `value` are seconds; a share is `part` of `all`."""

    key: str
    version: int
    name: Texts
    definition: Texts
    value: dict[str, Any]


class LeaderFigures(msgspec.Struct, kw_only=True):
    """The figures of a window."""

    window: Interval
    items: list[LeaderFigure]


class FigureEvidence(msgspec.Struct, kw_only=True):
    """A record that a figure counts, its seconds (null: not measured yet), and the journal entries about it."""

    kind: str
    id: str
    seconds: float | None
    entries: list[dict[str, Any]]


class FigureEvidenceList(msgspec.Struct, kw_only=True):
    """The records behind a figure."""

    items: list[FigureEvidence]


class ReviewStep(msgspec.Struct, kw_only=True):
    """A step that was reached, `seconds` after the receipt."""

    at: Time
    seconds: float


class ReviewedIncident(msgspec.Struct, kw_only=True):
    """The review of an incident: its steps by name, and how many reports were on time and late, by their step."""

    received_at: Time
    steps: Annotated[dict[str, ReviewStep], msgspec.Meta(description="Steps that were not reached are left out")]
    on_time: dict[str, int]
    late: dict[str, int]
