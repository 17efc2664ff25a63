"""Wire formats of records: msgpack between roles, JSON-able dicts for the public API."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache, lru_cache
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from feeds.model import Command, Heartbeat, Observation
from feeds.model.plain import PLAIN
from feeds.model.times import TIME

T = TypeVar("T")
_encoder = msgspec.msgpack.Encoder()

ITEM_TYPES: dict[str, type[Any]] = {"observation": Observation, "heartbeat": Heartbeat, "command": Command}


class Undecodable(ValueError):
    """The bytes are not a record of the expected type; the text says why."""


@cache
def _decoder(kind: type[Any]) -> msgspec.msgpack.Decoder[Any]:
    return msgspec.msgpack.Decoder(kind)


def register_item(kind: str, record: type[Any]) -> None:
    """Register another kind of item (called by the module that defines its type)."""
    ITEM_TYPES[kind] = record


def encode(record: object) -> bytes:
    """One record as msgpack."""
    return _encoder.encode(record)


def decode(raw: bytes, record: type[T]) -> T:
    """The record of that type, or Undecodable."""
    try:
        return cast(T, _decoder(cast(Any, record)).decode(raw))
    except (msgspec.DecodeError, ValueError) as error:
        raise Undecodable(str(error)) from error


def holds(raw: bytes | None, record: object) -> bool:
    """True when the bytes encode that record. Equal encodings, by far the most, are recognised without decoding."""
    if raw is None or raw == _encoder.encode(record):
        return raw is not None
    try:
        return bool(decode(raw, type(record)) == record)
    except Undecodable:
        return False


def encode_envelope(kind: str, items: list[Any], *, source: str, sent_at: float) -> bytes:
    """One stream entry's body."""
    return _encoder.encode({"kind": kind, "source": source, "sent_at": sent_at, "items": items})


def decode_envelope(raw: bytes) -> tuple[str, str, list[Any]]:
    """(kind, source, items by the type of their kind), read in one pass. Raises Undecodable with the reason."""
    try:
        envelope = _envelopes(len(ITEM_TYPES)).decode(raw)
    except (msgspec.DecodeError, ValueError) as error:
        raise Undecodable(str(error)) from error
    return type(envelope).__struct_config__.tag, envelope.source, envelope.items


@cache
def _envelopes(_count: int) -> msgspec.msgpack.Decoder[Any]:
    """A decoder of envelopes of any registered kind; created again after a registration."""
    kinds = [
        msgspec.defstruct(
            f"{kind}_envelope",
            [("source", str), ("sent_at", float), ("items", list[record])],  # type: ignore[valid-type]
            tag_field="kind",
            tag=kind,
            gc=False,
        )
        for kind, record in ITEM_TYPES.items()
    ]
    return msgspec.msgpack.Decoder(Union[tuple(kinds)])  # noqa: UP007  # made at run time


def iso(ts: float | None) -> str | None:
    """RFC 3339 in UTC with milliseconds (cut off, not rounded), or None."""
    return None if ts is None else _stamp(ts)


def stamp(ts: float) -> str:
    """RFC 3339 in UTC with milliseconds, for times of which few are equal."""
    second, ms = divmod(math.floor(ts * 1000), 1000)
    return _second(second) + _ENDS[ms]


_ENDS = tuple(f".{ms:03d}Z" for ms in range(1000))
"""What follows the second."""
_stamp = lru_cache(maxsize=4096)(stamp)
"""Cached, because observations of one poll share one time."""


@lru_cache(maxsize=4096)
def _second(ts: int) -> str:
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def parse_time(text: str) -> float:
    """Epoch seconds of an RFC 3339 time. Raises ValueError when it is invalid or has no zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00").replace("z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"the time {text!r} has no zone")
    return moment.timestamp()


def public(record: object) -> dict[str, Any]:
    """A record as public JSON, with times as RFC 3339."""
    names, values_of, shown_by = _fields(cast(Any, type(record)))
    shown = dict(zip(names, values_of(record), strict=True))
    for name, show in shown_by.items():
        if (value := shown[name]) is not None:
            shown[name] = show(value)
    return shown


@cache
def public_fields(record: Hashable) -> Mapping[str, Callable[[Any], Any]]:
    """By name what gives one field of a record of this type as `public` shows it."""
    names, _, shown_by = _fields(cast(Any, record))
    return {name: _public_field(name, shown_by.get(name)) for name in names}


def _public_field(name: str, show: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    value_of = attrgetter(name)
    if show is None:
        return value_of

    def shown(record: Any) -> Any:
        value = value_of(record)
        return value if value is None else show(value)

    return shown


@cache
def _fields(
    record: type[Any],
) -> tuple[tuple[str, ...], Callable[[Any], Iterable[Any]], Mapping[str, Callable[[Any], Any]]]:
    """The names of a record's fields, what gives their values, and what makes public those that are not shown as is.

    A web role makes a hundred thousand records public after its start, so everything is looked up once by type.
    """
    names = record.__struct_fields__ if issubclass(record, msgspec.Struct) else tuple(f.name for f in fields(record))
    types = get_type_hints(record, include_extras=True)
    shown_by = {name: _stamp if is_time(types[name]) else _shown_by(types[name]) for name in names}
    special = {name: show for name, show in shown_by.items() if show is not None}
    if len(names) == 1:
        return names, lambda value: (getattr(value, names[0]),), special
    return names, attrgetter(*names) if names else lambda value: (), special


def _shown_by(annotation: Any) -> Callable[[Any], Any] | None:
    """What makes the public value of a value of this type: by type once, because a look at each value is slow."""
    if _is_plain(annotation):
        return None
    origin, inner = get_origin(annotation), [part for part in get_args(annotation) if part is not Ellipsis]
    if origin in (dict, list, tuple) and inner and all(map(_is_plain, inner)):
        return dict if origin is dict else list
    return _public_value


def _is_plain(annotation: Any) -> bool:
    """True for texts, numbers, truths, enums and literals, also with a note (Annotated) or as one of several."""
    origin = get_origin(annotation)
    if origin is Literal or PLAIN in getattr(annotation, "__metadata__", ()):
        return True
    if origin is Annotated:
        return _is_plain(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return all(map(_is_plain, get_args(annotation)))
    return isinstance(annotation, type) and issubclass(annotation, str | int | float | Enum | NoneType)


def is_time(annotation: Any) -> bool:
    """Whether a field's type is `Time`, perhaps None."""
    return TIME in getattr(annotation, "__metadata__", ()) or any(is_time(part) for part in get_args(annotation)[:2])


@cache
def time_names(record: type[Any]) -> frozenset[str]:
    """The names of all times in a record and in the records inside it."""
    names = {name for name, show in _fields(cast(Any, record))[2].items() if show is _stamp}
    for annotation in get_type_hints(record).values():
        for inner in (annotation, *get_args(annotation)):
            if isinstance(inner, type) and (is_dataclass(inner) or issubclass(inner, msgspec.Struct)):
                names |= time_names(cast(Any, inner))
    return frozenset(names)


def _public_value(value: Any) -> Any:
    # Checked first: an enum lookup is slow (those of texts and numbers are included), and a geometry is all numbers.
    if isinstance(value, (str, float, int)):
        return value
    if is_dataclass(value) or isinstance(value, msgspec.Struct):
        return public(value)
    if isinstance(value, (list, tuple)):
        return [_public_value(item) for item in value]
    if isinstance(value, dict):
        return {key: _public_value(item) for key, item in value.items()}
    return value
