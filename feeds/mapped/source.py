"""Settings of mapped sources, their targets, and the reader of their rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from feeds.datum import DATUMS
from feeds.mapped.rows import pointer
from feeds.mapping import MappedRow, RowMapping, compile_mapping
from feeds.mapping.compiler import OPERATORS
from feeds.positions import seems_swapped

RECEIPTS, WARNINGS, OBSERVATIONS = "receipt", "warning", "observation"
GIVES = (RECEIPTS, WARNINGS, OBSERVATIONS)
_PLACE = ("lat", "lon", "region")
TARGETS: Mapping[str, tuple[str, ...]] = {
    RECEIPTS: (
        *("id", "at", "updated", "occurred", "text", "title", "place", "class", "caller", "phone", "channel", "mode"),
        *_PLACE,
        "accuracy",
    ),
    WARNINGS: (
        *("id", "at", "updated", "event", "headline", "text", "instruction", "severity", "urgency", "certainty"),
        *("colour", "status", "type", "references", "onset", "expires", "sender", "language", "area", "web"),
        *_PLACE,
        "radius",
    ),
    OBSERVATIONS: ("id", "at", "asset", "metric", "value", "unit", "quality", "warning", "guarantee"),
}
REQUIRED: Mapping[str, tuple[str, ...]] = {
    RECEIPTS: ("id", "at", "text"),
    WARNINGS: ("id", "at", "event"),
    OBSERVATIONS: ("asset", "at", "value"),
}
_INSTANTS = frozenset(("at", "updated", "occurred", "onset", "expires"))
_NUMBERS = frozenset(("lat", "lon", "radius", "accuracy", "warning", "guarantee"))
PATHS = ("from", "first", "join")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedSource:
    """The settings of a mapped source, as they stand in its `[[source]]`.

    `gives` is one of GIVES, `form` "json" or "xml". `items` is the path to the rows, `map` the mapping by target,
    `classes` our class for each of theirs. `crs` names the datum of positions, `zone` the zone of times without one.
    `metric` is that of observations whose rows name none. `cursor` is the path of the next cursor in an answer ("": the
    newest time of the rows), `cursor_format` how that time is written, `back` how many seconds the first one goes back.
    """

    gives: str = RECEIPTS
    form: str = "json"
    items: str = ""
    map: Mapping[str, Any] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    crs: str = "wgs84"
    zone: str = "Asia/Shanghai"
    channel: str = "system"
    metric: str = ""
    unit: str = ""
    accuracy_m: float = 0.0
    cursor: str = ""
    cursor_format: str = "iso"
    back: float = 86_400.0
    page_first: int = 1
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedSource:
    """A mapped source whose system sends rows to the web role. `heartbeat` in seconds."""

    source: MappedSource
    region: str
    heartbeat: float


@dataclass(frozen=True, slots=True)
class RowProblem:
    """A row that cannot be used. `detail` says why, `row` is its position in the answer."""

    row: int
    detail: str


class RowReader:
    """A compiled mapped source. Raises MappingRefused (feeds.mapping) for a faulty mapping."""

    def __init__(self, source: MappedSource) -> None:
        self.source = source
        definitions = {target: _typed(target, _without_pointers(value)) for target, value in source.map.items()}
        self.mapping: RowMapping = compile_mapping(
            definitions, targets=TARGETS[source.gives], tables=self._table, zone=ZoneInfo(source.zone)
        )

    def _table(self, name: str) -> Mapping[str, str]:
        if name not in self.source.tables:
            raise OSError(f"there is no table {name}")
        return self.source.tables[name]

    def apply(self, row: Mapping[str, Any]) -> tuple[MappedRow, list[str], list[str]]:
        """The values of a row, the required targets that are missing, and the problems in words."""
        mapped = self.mapping.apply(row)
        missing = [target for target in REQUIRED[self.source.gives] if target not in mapped.values]
        problems = [f"{problem.target}: {problem.code} {problem.value}".rstrip() for problem in mapped.problems]
        return mapped, missing, problems

    def position(self, values: Mapping[str, Any]) -> tuple[float | None, float | None, list[str]]:
        """Latitude and longitude in EPSG:4326, None without a usable one, and the problems in words."""
        lat, lon = values.get("lat"), values.get("lon")
        if lat is None or lon is None:
            return None, None, []
        if (lat, lon) == (0, 0):
            return None, None, ["position: 0,0"]
        if seems_swapped(lat, lon):
            return None, None, [f"position: {lat},{lon} swapped?"]
        if abs(lat) > 90 or abs(lon) > 180:
            return None, None, [f"position: {lat},{lon} out of range"]
        north, east = DATUMS[self.source.crs](lat, lon)
        return round(north, 7), round(east, 7), []

    def event_class(self, theirs: str) -> tuple[str, list[str]]:
        """Our class for theirs. An unknown one becomes none, never a guess."""
        if not theirs or theirs in self.source.classes:
            return self.source.classes.get(theirs, ""), []
        return "", [f"class: UNKNOWN_WORD {theirs[:80]}"] if self.source.classes else []


def _typed(target: str, definition: Any) -> Any:
    """A target of a known type, converted unless its settings say how."""
    kind = "datetime" if target in _INSTANTS else "number" if target in _NUMBERS else ""
    if not kind:
        return definition
    if isinstance(definition, str):
        return {"from": definition, "as": kind}
    return {"as": kind} | dict(definition) if isinstance(definition, Mapping) and "as" not in definition else definition


def _without_pointers(definition: Any) -> Any:
    """A definition whose JSON pointers are paths."""
    if isinstance(definition, str):
        return pointer(definition)
    if isinstance(definition, Mapping):
        operators = set(definition) & set(OPERATORS)
        return {
            name: (
                _without_pointers(value)
                if name == "from" or not operators
                else [_without_pointers(part) for part in value]
                if name in PATHS and isinstance(value, list)
                else value
            )
            for name, value in definition.items()
        }
    return definition
