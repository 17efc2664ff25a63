"""Arbitrary records of any type, made from the types of their fields."""

from __future__ import annotations

from dataclasses import is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from feeds.model import Change

COUNTIES = ("532323", "532324")
IDS = ("a", "b", "c")
PEOPLE = ("网管甲", "网管乙")
SPECIAL: dict[str, st.SearchStrategy[Any]] = {
    "region": st.sampled_from(COUNTIES),
    "regions": st.lists(st.sampled_from(COUNTIES), max_size=2, unique=True).map(tuple),
    "parents": st.lists(st.sampled_from(IDS), max_size=2, unique=True).map(tuple),
    "scope": st.sampled_from(("Public", "Restricted")),
    "by": st.sampled_from(PEOPLE),
    "owner": st.sampled_from(PEOPLE),
    "asset": st.sampled_from(IDS),
    "subject_kind": st.sampled_from(("asset", "asset", "warning")),
    "state": st.sampled_from(("active", "active", "expired")),
    "status": st.sampled_from(("Actual", "Actual", "Test")),
    "kind": st.sampled_from(("x", "camera")),
    "by_probe": st.dictionaries(
        st.just(""), st.dictionaries(st.sampled_from(("name", "contact")), st.sampled_from(PEOPLE)), max_size=1
    ),
}
"""Fields that decide who sees what need values of their own."""


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type; few different ones, so that some stay as they were."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return values(parts[0])
    if origin in (Union, UnionType):
        return st.one_of([values(part) for part in parts])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        return st.lists(values(parts[0]), max_size=1).map(tuple)
    if origin is dict:
        return st.dictionaries(st.sampled_from(("x", "y")), values(parts[1]), max_size=1)
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return st.sampled_from(annotation)
    if isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, msgspec.Struct)):
        return records(annotation)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        str: st.sampled_from(("", "x")),
        int: st.integers(0, 2),
        float: st.sampled_from((1.0, 2.5)),
        bool: st.booleans(),
        NoneType: st.none(),
        Any: st.none(),
    }
    return plain[annotation]


def records(record: type[Any], **replaced: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Records of a type; `replaced`: strategies of fields by name."""
    hints = get_type_hints(record, include_extras=True)
    fields = {name: SPECIAL[name] if name in SPECIAL else values(kind) for name, kind in hints.items()}
    return st.builds(record, **(fields | replaced))


def changes(name: str, record: type[Any]) -> st.SearchStrategy[Change]:
    """Changes of one stored type: records of a few ids, that come, change and go."""

    def of(key: str) -> st.SearchStrategy[Change]:
        after = st.one_of(st.none(), records(record, id=st.just(key)), records(record, id=st.just(key)))
        return after.map(lambda it: Change(kind=name, id=key, after=it, at=1.0))

    return st.sampled_from(IDS).flatmap(of)
