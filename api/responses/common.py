"""Types that several answers share, and the problem document of RFC 9457."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"}, description="RFC 3339 in UTC")]
Texts = Annotated[dict[str, str], Meta(description="A text by language: zh-CN, en")]
Share = Annotated[float, Meta(ge=0, le=1)]


class ListPage(Struct, kw_only=True):
    """A page of a list. `items` are of the list's own type."""

    next: Annotated[str | None, Meta(description="Ask again with cursor=…; null: the last page")]
    rev: Annotated[str, Meta(description="The revision of the live picture that the page was made at")]


class Interval(Struct, kw_only=True):
    """An interval of time."""

    from_: Time = msgspec.field(name="from")
    to: Time


class FieldError(Struct, kw_only=True):
    """One field of a request that is refused."""

    field: Annotated[str, Meta(description="body.comment, query.limit, path.id")]
    code: Annotated[str, Meta(description="Stable, for programs")]
    message: str
    allowed: list[str] | UnsetType = UNSET


class ProblemDocument(Struct, kw_only=True):
    """An error (RFC 9457). The members after `instance` are extensions that some types carry."""

    type: Annotated[str, Meta(description="urn:watchfloor:problem:…, stable")]
    title: str
    status: int
    detail: str
    instance: str | UnsetType = UNSET
    errors: list[FieldError] | UnsetType = UNSET
    code: Annotated[str | UnsetType, Meta(description="Which conflict it is")] = UNSET
    current: Annotated[Any, Meta(description="The present state of what had moved on")] = UNSET
    preview: Annotated[Any, Meta(description="What the refused rules would do")] = UNSET
    reason: Annotated[str | UnsetType, Meta(description="Why a document cannot be mended")] = UNSET
    held: Annotated[dict[str, Any] | UnsetType, Meta(description="What it would remove, and `accept`")] = UNSET
    checks: dict[str, Any] | UnsetType = UNSET
    taken: Annotated[int | UnsetType, Meta(description="How many of a batch were taken nevertheless")] = UNSET
    findings: list[dict[str, Any]] | UnsetType = UNSET
    faults: list[str] | UnsetType = UNSET
    findings_total: int | UnsetType = UNSET
    details: list[dict[str, Any]] | UnsetType = UNSET
    retry_after: Annotated[int | UnsetType, Meta(description="Seconds")] = UNSET
