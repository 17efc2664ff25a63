"""How a list of records is narrowed and ordered: query parameters as data, without a web framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Any

from feeds.regions import covers, is_code
from feeds.wire import iso, parse_time


class FilterRefused(ValueError):
    """A value that a filter cannot use. The text is a stable code; `allowed` are the values that would do."""

    def __init__(self, code: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.allowed = allowed


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
    longest: int = 500

    @property
    def on(self) -> str:
        """The field of the record that is compared."""
        return self.field or self.name

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        """Whether a record has what is wanted."""
        raise NotImplementedError

    def read(self, argument: str | bool) -> Any:
        """The value to look for, from what a client sent. Raises FilterRefused."""
        if not isinstance(argument, str):
            raise FilterRefused("string_type")
        if len(argument) > self.longest:
            raise FilterRefused("string_too_long")
        return argument


@dataclass(frozen=True, slots=True, kw_only=True)
class Words(Filter):
    """Equal to one of several values with commas between; `words` are the only ones that there are (empty: any).

    ANY asks for any of them.
    """

    words: tuple[str, ...] = ()
    longest: int = 200

    def read(self, argument: str | bool) -> str:
        text = str(Filter.read(self, argument))
        if text not in ("", ANY) and self.words and not set(text.split(",")) <= set(self.words):
            raise FilterRefused("enum", tuple(map(str, self.words)))
        return text

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return value == ANY or record[self.on] in value.split(",")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exact(Filter):
    """Equal to one value, commas and all."""

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return bool(record[self.on] == value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Within(Filter):
    """In a region, or in one below it (GB/T 2260)."""

    name: str = "region"

    def read(self, argument: str | bool) -> str:
        text = str(Filter.read(self, argument))
        if text and not is_code(text):
            raise FilterRefused("region")
        return text

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return covers(value, record[self.on])


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Filter):
    """True or false; a field that is no bool counts by whether anything is in it.

    `live_when`: a record with this value is never archived. `archive_when`: asking for this value asks for archived
    records as well.
    """

    live_when: bool | None = None
    archive_when: bool | None = None

    def read(self, argument: str | bool) -> bool | None:
        if isinstance(argument, bool):
            return argument
        if argument not in ("", "true", "false"):
            raise FilterRefused("bool_parsing", ("true", "false"))
        return argument == "true" if argument else None

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return bool(record[self.on]) is value


@dataclass(frozen=True, slots=True, kw_only=True)
class Search(Filter):
    """Part of one of several texts, in whatever case."""

    fields: tuple[str, ...]
    longest: int = 200

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        part = value.casefold()
        return any(part in text.casefold() for name in self.fields for text in _texts(record[name]))


def _texts(value: str | dict[str, str]) -> Iterable[str]:
    """A text, or a text in all its languages."""
    return value.values() if isinstance(value, dict) else (value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeFilter(Filter):
    """Compares a field that is a time with one moment (RFC 3339)."""

    def read(self, argument: str | bool) -> str:
        text = str(Filter.read(self, argument))
        try:
            return iso(parse_time(text)) or "" if text else ""
        except (ValueError, OverflowError) as error:
            raise FilterRefused("moment") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class From(TimeFilter):
    """At this time (RFC 3339) or later."""

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return bool(record[self.on] >= value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Before(TimeFilter):
    """Before this time (RFC 3339)."""

    def takes(self, value: Any, record: Mapping[str, Any]) -> bool:
        return bool(record[self.on] < value)


@dataclass(frozen=True)
class Sort:
    """The order of a list: by these text fields, of which the last one is unique. `page` is the default limit."""

    fields: tuple[str, ...] = ("id",)
    down: bool = False
    page: int = 200

    @cached_property
    def key(self) -> Callable[[Mapping[str, Any]], tuple[str, ...]]:
        """A function that gives what a record is ordered by."""
        if len(self.fields) > 1:
            return itemgetter(*self.fields)
        (name,) = self.fields
        return lambda record: (record[name],)


def every(record: Mapping[str, Any]) -> bool:
    """The test that passes every record."""
    return True


def matching(filters: Iterable[Filter], arguments: dict[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """A test of records by what was asked; "" asks for any, and so does None for a parameter without a default."""
    values = [(query_filter, arguments.get(query_filter.name)) for query_filter in filters]
    criteria = [
        (query_filter.takes, query_filter.default if value is None else value)
        for query_filter, value in values
        if (query_filter.default if value is None else value) != ""
    ]
    if not criteria:
        return every
    return lambda record: all(takes(value, record) for takes, value in criteria)
