"""Strict query parameters: unknown names and values are refused, with the allowed ones.

A typing error (`?severty=critical`, `?severity=crit`) would otherwise answer a list that is whole or empty. One
dependency stands before every route below /api; the allowed values are in the types of the parameters.
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
"""The most findings in one answer: an address may carry thousands of parameters."""
SHOWN = 64
"""The most characters of an unknown name in an answer."""


async def strict(request: Request) -> None:
    """Raise Problem(invalid) for an unknown parameter, and for a second value of one that takes a single value."""
    if not (params := request.query_params):
        return
    parameters = dict(_parameters(request.scope["route"].dependant))
    if takes_token(request.url.path):
        parameters[TOKEN] = False
    findings: list[Finding[InRequest]] = []
    for name in params:
        field = f"query.{name[:SHOWN]}"
        if name not in parameters:
            findings.append(finding(field, "unknown_parameter", allowed=tuple(sorted(parameters))))
        elif not parameters[name] and len(params.getlist(name)) > 1:
            findings.append(finding(field, "repeated_parameter"))
    if findings:
        raise Problem("invalid", findings=findings[:MOST])


def _parameters(dependant: Any) -> Iterator[tuple[str, bool]]:
    """Names of the query parameters of a route and of what it depends on, and whether each takes several values."""
    for field in dependant.query_params:
        yield field.alias, _several(field.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _several(annotation: Any) -> bool:
    if get_origin(annotation) in (Union, UnionType):
        return any(_several(argument) for argument in get_args(annotation))
    return get_origin(annotation) is list


class _AllowedValues:
    """A check of one value, or of several separated by commas, against the allowed ones."""

    def __init__(self, values: Callable[[], Iterable[str]], *, several: bool = True) -> None:
        self._values, self._several = values, several

    def __call__(self, text: str) -> str:
        allowed = tuple(str(value) for value in self._values()) if text else ()
        if text and not set(text.split(",") if self._several else [text]) <= set(allowed):
            raise PydanticCustomError("enum", "not one of the allowed values", {"allowed": allowed})
        return text


def _region(text: str) -> str:
    if text and not is_code(text):
        raise PydanticCustomError("region", "no region code")
    return text


def one_of(values: type[StrEnum] | tuple[str, ...]) -> AfterValidator:
    """A check for one of the values, or "" for any."""
    return AfterValidator(_AllowedValues(lambda: values, several=False))


def some_of(values: type[StrEnum] | tuple[str, ...]) -> AfterValidator:
    """A check for some of the values, separated by commas, or "" for any."""
    return AfterValidator(_AllowedValues(lambda: values))


_LONG = Query(max_length=500, description="Several with commas / 可用逗号分隔多个")
EntryKind = Annotated[
    str,
    Query(description=f"{', '.join(ENTRY_KINDS)}; * for all / 为全部"),
    AfterValidator(_AllowedValues(lambda: (*entry_kinds(), "*"), several=False)),
]
_BELOW = Query(max_length=12, description="GB/T 2260, with what lies below / 行政区划代码，含下级")
Region = Annotated[str, _BELOW, AfterValidator(_region)]
