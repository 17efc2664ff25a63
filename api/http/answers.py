"""JSON answers, encoded once, and pages of lists with an opaque cursor."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from heapq import nlargest, nsmallest
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import Query
from starlette.responses import Response

from api.http.findings import finding
from api.http.numbers import LARGEST
from api.http.problems import Problem

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=1000, description="How many items at most / 每页最多条数")]
Cursor = Annotated[str, Query(max_length=2000, description="`next` of the page before / 上一页的 next")]


class Json(Response):
    """A JSON answer, encoded by msgspec: a snapshot of a prefecture is some hundred kilobytes."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


def to_cursor(key: Sequence[Any]) -> str:
    """An opaque cursor that carries the last item's sort key."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).decode().rstrip("=")


def from_cursor(cursor: str, types: Sequence[type]) -> tuple[Any, ...]:
    """The sort key in a cursor; raises Problem(invalid) when it is not one of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        key: tuple[Any, ...] = msgspec.json.decode(raw, type=tuple[tuple(types)])  # type: ignore[misc]  # at run time
        if any(isinstance(part, int) and abs(part) > LARGEST for part in key):
            raise ValueError("no place in any list")
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise Problem("invalid", findings=[finding("query.cursor", "cursor")]) from error
    return key


def page(
    items: Iterable[T],
    key: Callable[[T], tuple[Any, ...]],
    types: Sequence[type],
    cursor: str,
    limit: int,
    *,
    down: bool = False,
) -> tuple[list[T], str | None]:
    """One page of items in the order of their unique key (`down`: greatest first), and the next cursor or None."""
    if cursor:
        after = from_cursor(cursor, types)
        items = (item for item in items if (key(item) < after if down else key(item) > after))
    # A few are asked for, perhaps of hundreds of thousands.
    first = (nlargest if down else nsmallest)(limit + 1, items, key=key)
    page_items = first[:limit]
    return page_items, to_cursor(key(page_items[-1])) if len(first) > limit else None


def listing(items: Sequence[Any], following: str | None, rev: str | int, **extra: Any) -> Json:
    """The form of every list."""
    return Json({"items": items, "next": following, "rev": rev} | extra)
