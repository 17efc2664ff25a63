"""Query parameters are strict: what a route would pass over in silence is refused, with the words that it knows.

A list that a typing error (`?severty=critical`, `?severity=crit`) leaves whole or empty looks like an answer and is
none. One dependency stands before every route below /api; the lists of words stand in the parameters' types.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from fastapi import Query, Request
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from api.auth.guard import takes_token
from api.http.findings import finding
from api.http.problems import Problem
from feeds.findings import Finding, InRequest
from feeds.journal import ENTRY_KINDS, entry_kinds
from feeds.regions import is_code

TOKEN = "token"
MOST = 20
"""Findings about names in one answer: an address may carry thousands."""
SHOWN = 64
"""Characters of a foreign name that are said again."""


async def strict(request: Request) -> None:
    """Problem(invalid) for a parameter that the route does not have, and for a second value of one that takes one."""
    if not (given := request.query_params):
        return
    known = dict(_parameters(request.scope["route"].dependant))
    if takes_token(request.url.path):
        known[TOKEN] = False
    found: list[Finding[InRequest]] = []
    for name in given:
        field = f"query.{name[:SHOWN]}"
        if name not in known:
            found.append(finding(field, "unknown_parameter", allowed=tuple(sorted(known))))
        elif not known[name] and len(given.getlist(name)) > 1:
            found.append(finding(field, "repeated_parameter"))
    if found:
        raise Problem("invalid", findings=found[:MOST])


def _parameters(dependant: Any) -> Iterator[tuple[str, bool]]:
    """Names of the query parameters of a route and of what it depends on, and whether each takes several values."""
    for field in dependant.query_params:
        yield field.alias, _several(field.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _several(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(_several(one) for one in get_args(annotation))
    return get_origin(annotation) is list


class _Words:
    """Checks one word of a list, or several with commas between."""

    def __init__(self, words: Callable[[], Iterable[str]], *, several: bool = True) -> None:
        self._words, self._several = words, several

    def __call__(self, text: str) -> str:
        allowed = tuple(str(word) for word in self._words()) if text else ()
        if text and not set(text.split(",") if self._several else [text]) <= set(allowed):
            raise PydanticCustomError("enum", "not one of the allowed values", {"allowed": allowed})
        return text


def _region(text: str) -> str:
    if text and not is_code(text):
        raise PydanticCustomError("region", "no region code")
    return text


def one_of(words: type[StrEnum] | tuple[str, ...]) -> AfterValidator:
    """One word of a list, or "" for any."""
    return AfterValidator(_Words(lambda: words, several=False))


def some_of(words: type[StrEnum] | tuple[str, ...]) -> AfterValidator:
    """Words of a list with commas between, or "" for any."""
    return AfterValidator(_Words(lambda: words))


_LONG = Query(max_length=500, description="Several with commas / 可用逗号分隔多个")
EntryKind = Annotated[
    str,
    Query(description=f"{', '.join(ENTRY_KINDS)}; * for all / 为全部"),
    AfterValidator(_Words(lambda: (*entry_kinds(), "*"), several=False)),
]
_BELOW = Query(max_length=12, description="GB/T 2260, with what lies below / 行政区划代码，含下级")
Region = Annotated[str, _BELOW, AfterValidator(_region)]
