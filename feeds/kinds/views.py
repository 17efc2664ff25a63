"""Types of views, made from types of records: what OpenAPI and TypeScript describe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec

from feeds.wire import is_time

_MOMENT = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


def view_fields(record: type[Any]) -> dict[str, Any]:
    """The types of the public form of a record's fields, by name."""
    hints = get_type_hints(record, include_extras=True)
    return {name: shown_type(kind) for name, kind in hints.items() if not name.startswith("_")}


def view_type(name: str, record: type[Any], fields: Mapping[str, Any]) -> type[Any]:
    """The type of a public form with these fields, described as the record is."""
    view: type[Any] = msgspec.defstruct(name, list(fields.items()))
    view.__doc__ = (record.__doc__ or "").partition("\n")[0]
    return view


def shown_type(annotation: Any) -> Any:
    """A field's type in the public form."""
    if annotation is None or annotation is NoneType:
        return None
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _MOMENT if is_time(annotation) else shown_type(parts[0])
    if origin in (Union, UnionType):
        return Union[tuple(shown_type(part) for part in parts)]  # noqa: UP007  # made at run time
    if origin in (tuple, list):
        return list[shown_type(parts[0])]  # type: ignore[misc]  # made at run time
    if origin is dict:
        return dict[str, shown_type(parts[1])]  # type: ignore[misc]  # made at run time
    if isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, msgspec.Struct)):
        return _inner(annotation)
    return annotation


@cache
def _inner(record: type[Any]) -> Any:
    """The view of a record inside another one; one type each, so that schemas refer to it by its name."""
    return view_type(f"{record.__name__}Record", record, view_fields(record))
