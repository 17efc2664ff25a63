"""Paths into decoded JSON: names with dots between, `[0]` for one element and `[*]` for every element of a list."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_STEP = re.compile(r"([^.\[\]]+)|\[(\d+|\*)\]")
_FORM = re.compile(
    r"[^.\[\]]+(\[(\d+|\*)\])*(\.[^.\[\]]+(\[(\d+|\*)\])*)*|(\[(\d+|\*)\])+(\.[^.\[\]]+(\[(\d+|\*)\])*)*"
)
Step = str | int | None
"""A name, an index, or None for every element."""


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a path; "" has none. Raises ValueError for another form."""
    if path and not _FORM.fullmatch(path):
        raise ValueError(f"{path!r} is no path: write names with dots between, [0] or [*] for elements of a list")
    return tuple(name if name else None if index == "*" else int(index) for name, index in _STEP.findall(path))


def select(document: Any, path: str) -> list[Any]:
    """Every value at the path, in order; a path that leads nowhere gives none."""
    return list(_walk(document, steps_of(path)))


def lookup(document: Any, path: str) -> Any:
    """The first value at the path, None when it leads nowhere.

    A key that is written exactly like the path comes before the path: rows of databases may have dots in their names.
    """
    if isinstance(document, Mapping) and path in document:
        return document[path]
    return next(_walk(document, steps_of(path)), None)


def _walk(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, rest = steps[0], steps[1:]
    if step is None:
        for element in value if isinstance(value, list) else ():
            yield from _walk(element, rest)
    elif isinstance(step, int):
        if isinstance(value, list) and step < len(value):
            yield from _walk(value[step], rest)
    elif isinstance(value, Mapping) and step in value:
        yield from _walk(value[step], rest)
