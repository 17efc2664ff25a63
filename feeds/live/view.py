"""A view of the live feed: records of one kind with chosen fields, for one audience, and the items of its changes.

A view is stateless: a record was in it if its old form matches, and is in it if its new form matches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

import msgspec

from feeds.kinds import FULL, KINDS, Audience, Record, RecordKind
from feeds.kinds.filters import FilterRefused, matching
from feeds.live.delta import Delta, field_patch
from feeds.live.protocol import MOST_IDS, ViewError, ViewRequest

_encode = msgspec.json.Encoder().encode


class ViewRefused(ValueError):
    """A request that cannot become a view. `errors` say why."""

    def __init__(self, *errors: ViewError) -> None:
        super().__init__("; ".join(f"{error.field}: {error.code}" for error in errors))
        self.errors = list(errors)


@dataclass(frozen=True, kw_only=True, eq=False)
class LiveView:
    """Records of a kind for an audience that pass `matches` and are among `ids` (None: any), with the fields of `face`.

    Views with equal `key` are equal.
    """

    key: str
    kind: RecordKind[Any]
    audience: Audience
    face: str
    ids: tuple[str, ...] | None
    matches: Callable[[Record], bool] = field(repr=False)

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields in the order of the rows."""
        return self.kind.fields(self.face)

    @cached_property
    def _row(self) -> Callable[[Record], Sequence[Any]]:
        return itemgetter(*self.fields)

    @cached_property
    def _altered(self) -> frozenset[str]:
        """Fields of the face whose values may differ for this audience."""
        return self.kind.altered(self.audience) & set(self.fields)

    def sees(self, record: Record) -> bool:
        """True when the audience may see the record at all."""
        return self.kind.sees(self.audience, record)

    def has(self, record: Record | None) -> bool:
        """True when a record matches this view. The caller has checked `ids`."""
        return record is not None and self.sees(record) and self.matches(record)

    def row(self, record: Record) -> Sequence[Any]:
        """Values of the view's fields for a record that is in the view."""
        return self._row(self.kind.shown(self.audience, record) if self._altered else record)

    def items(self, deltas: Iterable[Delta]) -> Iterator[Record | msgspec.Raw]:
        """The view's items for changes of records of its kind; `ids` have been checked."""
        for delta in deltas:
            if not delta.concerns(self.audience):
                continue
            was, now = self.has(delta.old), self.has(delta.new)
            if now:
                if (item := self._item(delta, was)) is not None:
                    yield item
            elif was:
                yield {"id": delta.id, "gone": True}

    def _item(self, delta: Delta, was: bool) -> Record | msgspec.Raw | None:
        """The item of a record that is in the view after the change."""
        if delta.new is None:
            return None
        if was and not self._altered:
            return delta.patch_of(self.face)
        new = self.kind.shown(self.audience, delta.new)
        if not was or delta.old is None:
            return {"id": delta.id, "set": {name: new[name] for name in self.fields}}
        return field_patch(delta.id, self.kind.shown(self.audience, delta.old), new, self.fields, self.kind.parts)


def read_view(request: ViewRequest, audience: Audience) -> LiveView:
    """Build the requested view. Raises ViewRefused."""
    if request.kind not in KINDS.names:
        raise ViewRefused(_error("kind", "enum", KINDS.names))
    kind = KINDS[request.kind]
    errors = []
    if request.face != FULL and request.face not in kind.faces:
        errors.append(_error("face", "enum", (*kind.faces, FULL)))
    if request.ids is not None and len(request.ids) > MOST_IDS:
        errors.append(_error("ids", "too_long"))
    values: dict[str, Any] = {}
    filters = {query_filter.name: query_filter for query_filter in kind.filters}
    for name, value in request.filter.items():
        if name not in filters:
            errors.append(_error(f"filter.{name[:64]}", "unknown_parameter", sorted(filters)))
            continue
        try:
            values[name] = filters[name].read(value)
        except FilterRefused as error:
            errors.append(_error(f"filter.{name}", str(error), error.allowed))
    if errors:
        raise ViewRefused(*errors)
    values = {name: value for name, value in sorted(values.items()) if value not in (None, "")}
    ids = tuple(sorted(set(request.ids))) if request.ids is not None else None
    # Whoever names records wants them, whatever a list leaves out.
    used = (
        kind.filters if ids is None else [query_filter for query_filter in kind.filters if query_filter.name in values]
    )
    matches = matching(used, values)
    key = _key(audience, kind.name, request.face, values, ids)
    return LiveView(key=key, kind=kind, audience=audience, face=request.face, ids=ids, matches=matches)


def _error(field: str, code: str, allowed: Iterable[str] = ()) -> ViewError:
    return ViewError(field=field, code=code, allowed=[str(value) for value in allowed])


def _key(audience: Audience, *parts: Any) -> str:
    """A short key. Equal views have equal keys in every web worker."""
    return hashlib.sha256(_encode([audience, *parts])).hexdigest()[:16]
