"""The keys of SNMP profile files: refusals that name the key that is wrong, is not known or is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn


def need_keys(raw: Mapping[str, Any], part: type, name: str, *needed: str) -> None:
    """Raises ValueError for a key that a part of a profile does not have, or for one that it needs."""
    where = f"{part.__name__.lower()} {raw.get(name, '')!r}"
    names = ["column" if field.name == "columns" else field.name for field in fields(part)]
    for key in raw:
        if key not in names:
            raise ValueError(f"{where}: unknown key {key!r}; known: {', '.join(names)}")
    for key in needed:
        if key not in raw:
            lacking(where, key)


def lacking(where: str, key: str) -> NoReturn:
    """Raises ValueError: a part of a profile lacks a key."""
    raise ValueError(f"{where} lacks {key}")


def listed(value: Any, key: str) -> list[str]:
    """The value, when it is a list. Raises ValueError."""
    if not isinstance(value, list):
        raise ValueError(f'{key} is a list: {key} = ["system"]')
    return value
