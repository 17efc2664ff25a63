"""The answer of `GET /api/v1/leader`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from api.responses.common import Share, Texts, Time


class LeaderMatter(Struct, kw_only=True):
    """A grave matter. `rank` orders them, 1 is the gravest; `official`: every figure is officially known."""

    kind: Literal["incident", "warning", "alert"]
    id: str
    title: str | Texts
    region: str
    since: Time | None
    until: Time | None
    rank: int
    serious: bool
    grade: str
    response: str
    phase: str
    place: str
    colour: str
    figures: dict[str, float]
    official: bool


class LeaderReportDue(Struct, kw_only=True):
    """The report that is due next about an incident."""

    step: str
    channel: str
    recipient: str
    due_at: Time | None
    state: str


class LeaderAction(Struct, kw_only=True):
    """What is being done about an incident. `due` reports are still to be sent, `late` of them too late."""

    id: str
    title: str
    grade: str
    phase: str
    response: str
    commander: str
    commander_missing: bool
    next: LeaderReportDue | None
    due: int
    late: int


class LeaderWaiting(Struct, kw_only=True):
    """An order that waits for the asker: `POST /api/v1/incidents/{id}/{order}` with `rev` and `values`."""

    kind: str
    id: str
    title: str
    region: str
    rev: int
    order: str
    since: Time | None
    due: Time | None
    values: dict[str, Any]
    reports: Annotated[list[str], Meta(description="Ids of the reports that are due about it")]


class SlowDepartment(Struct, kw_only=True):
    """A department with its cases of which the limit fell in this month."""

    key: str
    name: str
    due: int
    in_time: int
    share: Share | None


class LeaderApprovals(Struct, kw_only=True):
    """Approvals of this month. `before` is the share in time of the same days of the month before.

    `departments` are the three slowest of those with ten cases due or more; `few` have fewer.
    """

    due: int
    in_time: int
    share: Share | None
    before: Share | None
    lights: dict[str, int]
    silent_since: Time | None
    departments: list[SlowDepartment]
    few: int


class BlindPart(Struct, kw_only=True):
    """A source, role or feed that tells nothing, since when."""

    kind: Literal["source", "role", "feed"]
    id: str
    region: str
    since: Time | None


class CountyCompleteness(Struct, kw_only=True):
    """A county, and whether something of it is not seen."""

    region: str
    unknown: int
    blind: bool


class Completeness(Struct, kw_only=True):
    """Whether the picture is whole: only then may be said that there is nothing grave."""

    ok: bool
    blind: list[BlindPart]
    sources_ok: int
    sources: int
    unknown: int
    oldest: Time | None
    counties: list[CountyCompleteness]


class LeaderChange(Struct, kw_only=True):
    """What a record has become since the asker looked last."""

    seq: int
    kind: str
    id: str
    title: str | Texts
    region: str
    change: Literal["new", "worse", "better", "closed"]
    at: Time


class SinceSeen(Struct, kw_only=True):
    """Changes after the journal entry `since`. `seq` is the newest entry; None for `since`: nothing was asked."""

    since: int | None
    seq: int
    items: list[LeaderChange]
    more: Annotated[bool, Meta(description="There were more entries than were read")]


class LeaderAnswer(Struct, kw_only=True):
    """The five answers. A part that cannot be computed is null, and `failed` says why by its name."""

    as_of: Time
    rev: str
    matters: list[LeaderMatter]
    soon: list[LeaderMatter]
    exercises: int
    doing: list[LeaderAction]
    waiting: list[LeaderWaiting]
    approvals: LeaderApprovals | None
    picture: Completeness
    since_seen: SinceSeen
    failed: dict[str, str]
    hidden: dict[str, int]
