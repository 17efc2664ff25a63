"""Query parameters of a list, made from the filters of its kind."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from datetime import datetime
from inspect import Parameter
from typing import Annotated, Any

from fastapi import Query

from api.http.answers import Cursor, Limit
from api.http.moments import Moment
from api.query_parameters import Region, some_of
from feeds.kinds import RecordKind
from feeds.kinds.filters import ANY, Before, Exact, Filter, Flag, From, Search, Within, Words
from feeds.wire import iso

SEVERAL = "Several with commas / 可用逗号分隔多个"
OPEN = "Default: live ones; those in the archive too when the other parameters ask for them, or only those with false"


def parameters(kind: RecordKind[Any]) -> Iterable[Parameter]:
    """The parameters of a kind's list, for the signature of its endpoint."""
    for query_filter in kind.filters:
        annotation, default = _annotation(query_filter)
        yield _parameter(query_filter.name, annotation, default)
    if kind.archive:
        yield _parameter("open", Annotated[bool | None, Query(description=OPEN)], None)
    yield _parameter("cursor", Cursor, "")
    yield _parameter("limit", Limit, kind.sort.page)


def argument(name: str) -> str:
    """The Python name of a parameter: `from` is a word of the language."""
    return f"{name}_" if keyword.iskeyword(name) else name


def query_criteria(kind: RecordKind[Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The requested values by filter name; times in the form that records have."""
    requested = {query_filter.name: values[argument(query_filter.name)] for query_filter in kind.filters}
    return {name: iso(value.timestamp()) if isinstance(value, datetime) else value for name, value in requested.items()}


def _parameter(name: str, annotation: Any, default: Any) -> Parameter:
    return Parameter(argument(name), Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _annotation(query_filter: Filter) -> tuple[Any, Any]:
    """The type of a filter's parameter, and its default."""
    about: dict[str, Any] = {"description": query_filter.about} if query_filter.about else {}
    if argument(query_filter.name) != query_filter.name:
        about["alias"] = query_filter.name
    match query_filter:
        case Words(words=words) if words:
            query = Query(max_length=query_filter.longest, **({"description": SEVERAL} | about))
            allowed = (*words, ANY) if query_filter.default else words
            return Annotated[str, query, some_of(allowed)], query_filter.default
        case Words() | Exact() | Search():
            return Annotated[str, Query(max_length=query_filter.longest, **about)], ""
        case Within():
            return Region, ""
        case Flag():
            return Annotated[bool | None, Query(**about)], None
        case From() | Before():
            return Annotated[Moment | None, Query(**about)], None
    raise TypeError(f"no query parameter for a {type(query_filter).__name__}")
