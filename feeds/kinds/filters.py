"""How a list of records is narrowed and ordered: query parameters as data, without a web framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from feeds.kinds.audience import Record
from feeds.regions import covers

ANY = "*"
"""Asks a parameter that has a default for any record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One query parameter of a list. `name` is the parameter's, `field` the record's ("": the same name).

    A parameter that is empty asks for any record. One that is left out has its `default` ("": any record).
    """

    name: str
    field: str = ""
    about: str = ""
    default: str = ""

    @property
    def on(self) -> str:
        """The field of the record that is compared."""
        return self.field or self.name

    def takes(self, wanted: Any, record: Record) -> bool:
        """Whether a record has what is wanted."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Filter):
    """Equal to one of several values with commas between; `words` are the only ones that there are (empty: any).

    ANY asks for any of them.
    """

    words: tuple[str, ...] = ()
    longest: int = 200

    def takes(self, wanted: Any, record: Record) -> bool:
        return wanted == ANY or record[self.on] in wanted.split(",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact(Filter):
    """Equal to one value, commas and all."""

    longest: int = 500

    def takes(self, wanted: Any, record: Record) -> bool:
        return bool(record[self.on] == wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Filter):
    """In a region, or in one below it (GB/T 2260)."""

    name: str = "region"

    def takes(self, wanted: Any, record: Record) -> bool:
        return covers(wanted, record[self.on])


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Filter):
    """True or false; a field that is no bool counts by whether anything is in it.

    `live_when`: a record with this value is never archived. `archive_when`: asking for this value asks for archived
    records as well.
    """

    live_when: bool | None = None
    archive_when: bool | None = None

    def takes(self, wanted: Any, record: Record) -> bool:
        return bool(record[self.on]) is wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Filter):
    """Part of one of several texts, in whatever case."""

    fields: tuple[str, ...]
    longest: int = 200

    def takes(self, wanted: Any, record: Record) -> bool:
        part = wanted.casefold()
        return any(part in record[name].casefold() for name in self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class From(Filter):
    """At this time (RFC 3339) or later."""

    def takes(self, wanted: Any, record: Record) -> bool:
        return bool(record[self.on] >= wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before(Filter):
    """Before this time (RFC 3339)."""

    def takes(self, wanted: Any, record: Record) -> bool:
        return bool(record[self.on] < wanted)


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of a list: by these text fields, of which the last one is unique. `page` is the default limit."""

    fields: tuple[str, ...] = ("id",)
    down: bool = False
    page: int = 200

    def key(self, record: Record) -> tuple[str, ...]:
        """What a record is ordered by."""
        return tuple(record[name] for name in self.fields)


def matching(filters: Iterable[Filter], wanted: dict[str, Any]) -> Callable[[Record], bool]:
    """A test of records by what was asked; "" asks for any, and so does None for a parameter without a default."""
    values = [(query_filter, wanted.get(query_filter.name)) for query_filter in filters]
    asked = [
        (query_filter.takes, query_filter.default if value is None else value)
        for query_filter, value in values
        if (query_filter.default if value is None else value) != ""
    ]
    return lambda record: all(takes(value, record) for takes, value in asked)
