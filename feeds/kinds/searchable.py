"""The fields by which the search finds a record of a kind, and those that its answer shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from feeds.kinds.audience import Record


def _no_page(record: Record) -> str:
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searchable:
    """The searched and the shown fields of a kind. `ids` match by their text, `names` by pinyin and initials too.

    A field holds a text, a text by language, or a list of texts. The first name is the title of the answer. `state` is
    the field of its state, `detail` of what tells it from others. `page` is where it is shown ("": nowhere).
    """

    ids: tuple[str, ...] = ("id",)
    names: tuple[str, ...]
    state: str = ""
    detail: tuple[str, ...] = ()
    page: Callable[[Record], str] = _no_page


def texts_of(record: Record, fields: tuple[str, ...]) -> Iterator[str]:
    """The texts in these fields of a record."""
    for name in fields:
        value = record[name]
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from (text for text in value.values() if isinstance(text, str))
        elif value:
            yield from (text for text in value if isinstance(text, str))


def page_at(prefix: str, field: str = "id") -> Callable[[Record], str]:
    """The page whose address ends with a field of the record."""
    return lambda record: prefix + quote(str(record[field]), safe="")
