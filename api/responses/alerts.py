"""Answers to actions on alerts, and suppressions: shelf, silences, maintenance windows."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from api.responses.common import FieldError, ListPage, Time


class BulkResult(Struct, kw_only=True):
    """The result of an action on one of several alerts: with `alert`, or with `problem`."""

    id: str
    status: Annotated[int, Meta(description="The HTTP status that the action alone would have had")]
    alert: Annotated[dict[str, Any] | UnsetType, Meta(description="An AlertRecord")] = UNSET
    would: str | UnsetType = UNSET
    problem: str | UnsetType = UNSET
    code: Annotated[str | UnsetType, Meta(description="closed, not_acked, not_shelved or rev")] = UNSET
    errors: list[FieldError] | UnsetType = UNSET


class BulkResults(Struct, kw_only=True):
    """The results of one action on several alerts, in the order of their ids."""

    results: list[BulkResult]
    dry_run: bool | UnsetType = UNSET


class OrderDone(Struct, kw_only=True):
    """The result of an order or of its undo. `skipped`: how many alerts it did not apply to, by the code.

    An undo skips alerts that are closed (`closed`), also those that the order itself closed: they are not reopened.
    """

    order: str
    done: int
    skipped: dict[str, int]


class OrderAnswer(Struct, kw_only=True):
    """The result of an order (`order`, `done`, `skipped`); with `preview` its effect on `count` alerts.

    `closes`: how many of them it would close, because they have cleared already. An undo does not reopen these.
    """

    order: str | UnsetType = UNSET
    done: int | UnsetType = UNSET
    skipped: dict[str, int] | UnsetType = UNSET
    preview: bool | UnsetType = UNSET
    count: int | UnsetType = UNSET
    severities: dict[str, int] | UnsetType = UNSET
    needs: dict[str, int] | UnsetType = UNSET
    left_out: int | UnsetType = UNSET
    closes: int | UnsetType = UNSET
    before: Time | UnsetType = UNSET
    alerts: list[str] | UnsetType = UNSET
    match: dict[str, Any] | UnsetType | None = UNSET


class SearchMatch(Struct, kw_only=True):
    """One result of a search. `matched`: by its words, in pinyin, or by initials."""

    kind: str
    id: str
    title: dict[str, str]
    detail: str
    state: str
    region: str
    page: str
    matched: Literal["words", "pinyin", "initials"]


class SearchAnswer(Struct, kw_only=True):
    """The best matches first; `learning`: pinyin of new names is still being made."""

    items: list[SearchMatch]
    more: bool
    learning: bool
    rev: str


class ShelvedAlert(Struct, kw_only=True):
    """A shelved alert (ISA-18.2) with who shelved it, why and until when."""

    alert: str
    asset: str
    by: str
    comment: str
    at: Time
    until: Time


class ShelfList(ListPage, kw_only=True):
    """Every shelved alert, the first to return at the head."""

    items: list[ShelvedAlert]
    hidden: int


class SuppressionMatch(Struct, kw_only=True):
    """The alerts or assets that a suppression applies to; every given field must fit."""

    assets: list[str]
    region: str
    kinds: list[str]
    owner: str | UnsetType = UNSET
    rule: str | UnsetType = UNSET
    severities: list[str] | UnsetType = UNSET
    labels: dict[str, str] | UnsetType = UNSET


class MatchCounts(Struct, kw_only=True):
    """What the match of a silence or window takes now, of what the asker sees: assets, and open alerts."""

    match: SuppressionMatch
    assets: int
    alerts: int


class WindowRecurrence(Struct, kw_only=True):
    """A daily or weekly repetition in a time zone."""

    start: str
    minutes: int
    days: list[int]
    zone: str


class SuppressionRecord(Struct, kw_only=True):
    """A silence or maintenance window."""

    id: str
    kind: str
    by: str
    at: Time
    comment: str
    match: SuppressionMatch
    starts: Time
    until: Time
    recurrence: WindowRecurrence | None
    running: bool
    ended_at: Time | None
    ended_by: str


class ListedSuppression(SuppressionRecord, kw_only=True):
    """A silence or maintenance window in a list."""

    count: Annotated[int, Meta(description="How many open alerts it hides now")]


class SuppressionList(ListPage, kw_only=True):
    """Silences or maintenance windows."""

    items: list[ListedSuppression]
    hidden: int


SUPPRESSION: dict[str, Any] = {
    "id": "6f0c5c1f3b9a4f0f8d2f4f5b8e0c7a11",
    "kind": "maintenance",
    "by": "zhang.wei",
    "at": "2026-11-22T06:00:00.000Z",
    "comment": "line works until noon",
    "match": {"assets": ["mouding-sw1"], "region": "", "kinds": []},
    "starts": "2026-11-22T06:00:00.000Z",
    "until": "2026-11-22T12:00:00.000Z",
    "recurrence": {"start": "14:00", "minutes": 120, "days": [1, 3], "zone": "Asia/Shanghai"},
    "running": False,
    "ended_at": "2026-11-22T09:30:00.000Z",
    "ended_by": "zhang.wei",
}
