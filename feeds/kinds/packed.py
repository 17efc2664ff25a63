"""Public records straight from the bytes of stored ones: a web role starts with hundreds of thousands of alerts.

The bytes are decoded into dictionaries of the right types, in which only the times are replaced. By way of the stored
record that takes three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import is_dataclass
from operator import itemgetter
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypedDict, Union, get_args, get_origin, get_type_hints

import msgspec

from feeds.kinds.audience import Record
from feeds.wire import is_time, stamp

if TYPE_CHECKING:
    from feeds.kinds.kind import RecordKind

EPOCH = stamp(0.0)


class PackedViews:
    """Makes the views of one kind whose record has no field that its type fills in when it is missing."""

    def __init__(self, kind: RecordKind[Any]) -> None:
        self._kind = kind
        self._decode = msgspec.msgpack.Decoder(_dictionary(kind.record)).decode
        self._decode_record = msgspec.msgpack.Decoder(kind.record).decode
        self._show = _shower(kind.record)

    def __call__(self, raw: bytes) -> Record:
        """The view of a stored record. Raises msgspec.DecodeError for other bytes.

        A record of another version, which lacks a field, goes by way of the record.
        """
        try:
            record: Record = self._decode(raw)
        except msgspec.ValidationError:
            return self._kind.view(self._decode_record(raw))
        if self._kind.is_whole is not None and not self._kind.is_whole(record):
            return self._kind.view(self._decode_record(raw))
        self._show(record)
        return self._kind.derive(record)


def _dictionary(annotation: Any) -> Any:
    """The type that decodes to what `feeds.wire.public` shows of a value, but for times."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _dictionary(parts[0])
    if origin in (Union, UnionType):
        return Union[tuple(map(_dictionary, parts))]  # noqa: UP007  # made at run time
    if origin in (tuple, list):
        return list[_dictionary(parts[0])]  # type: ignore[misc]  # made at run time
    if origin is dict:
        return dict[str, _dictionary(parts[1])]  # type: ignore[misc]  # made at run time
    if _is_record(annotation):
        hints = get_type_hints(annotation, include_extras=True)
        fields = {name: _dictionary(hint) for name, hint in hints.items() if not name.startswith("_")}
        return TypedDict(annotation.__name__, fields)  # type: ignore[operator]  # made at run time
    return annotation


def _shower(record: Any) -> Callable[[Record], None]:
    """A function that replaces the times of a decoded record, and of records inside it, by RFC 3339 text."""
    hints = get_type_hints(record, include_extras=True)
    times = tuple(name for name, hint in hints.items() if is_time(hint))
    inner = tuple((name, _shower(part)) for name, hint in hints.items() for part in _inner(hint))
    times_of, inner_of = _values_of(times), _values_of(tuple(name for name, _ in inner))
    nothing = (None,) * len(inner)

    def show(shown: Record) -> None:
        last, text = 0.0, EPOCH
        for name, at in zip(times, times_of(shown), strict=True):
            if at is not None:
                if at != last:  # most times of an alert are equal
                    last, text = at, stamp(at)
                shown[name] = text
        if inner_of(shown) != nothing:
            for name, show_inner in inner:
                if shown[name] is not None:
                    show_inner(shown[name])

    return show


def _values_of(names: tuple[str, ...]) -> Callable[[Record], tuple[Any, ...]]:
    """A function that gives the values of these fields."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda shown: tuple(shown[name] for name in names)


def _inner(hint: Any) -> list[Any]:
    """The type of a record that a field holds, perhaps None. Records in lists and maps are not supported."""
    if any(map(_is_record, (each for part in get_args(hint) for each in get_args(part)))):
        raise TypeError(f"records inside of {hint}")
    return [part for part in (hint, *get_args(hint)) if _is_record(part)]


def _is_record(annotation: Any) -> bool:
    return isinstance(annotation, type) and (is_dataclass(annotation) or issubclass(annotation, msgspec.Struct))
