"""Parts of a report: key figures, charts and tables. A report makes them; `rendering` shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

from dash.development.base_component import Component

from dashboard.reports.reading import ApiReader, Record, Value
from dashboard.reports.texts import ReportTexts

Out = Literal["", "degraded", "down"]
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigure:
    """One number with its name and its target. `out` says how far it is out of the target: colour, shape and weight."""

    name: str
    value: str
    note: str = ""
    out: Out = ""
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFigures:
    """A row of numbers."""

    figures: Sequence[KeyFigure]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportChart:
    """A Plotly figure below its title. `height` is in rem; `label` describes the picture to those who do not see it."""

    name: str
    title: str
    figure: Any
    height: float = 16.0
    note: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridColumn:
    """A column of a table.

    `kind` chooses format, filter and unit: "text"; "number"; "share" (0 to 1, shown and filtered in per cent);
    "seconds" (shown as a duration, filtered and exported in minutes); "moment" (RFC 3339, shown as local time).
    `link` is the field of the row with the address that the cell leads to.
    """

    field: str
    title: str
    kind: Literal["text", "number", "share", "seconds", "moment"] = "text"
    link: str = ""
    width: int = 110
    digits: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GridTable:
    """A table that people sort, filter and export. `row_id` is the field that identifies a row."""

    name: str
    title: str
    columns: Sequence[GridColumn]
    rows: Sequence[Row]
    row_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportNote:
    """A sentence between the parts."""

    text: str


Part = KeyFigures | ReportChart | GridTable | ReportNote | Component


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlOption:
    """One choice of a control."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """The question of a report: what its controls are set to, who asks, and in which language."""

    reader: ApiReader
    texts: ReportTexts
    controls: Mapping[str, Any]
    region: str
    """The site's own region, GB/T 2260."""

    async def get(self, path: str, **query: Value | Sequence[Value]) -> Record:
        """The answer of a GET route, with the rights of the person who asks. Raises ReadRefused."""
        return await self.reader.get(path, self.texts.language, query)

    async def pages(self, path: str, **query: Value | Sequence[Value]) -> Record:
        """Like `get`, with the items of all pages of a list. Raises ReadRefused."""
        return await self.reader.pages(path, self.texts.language, query)

    def __getitem__(self, control: str) -> str:
        """The value of a control, "" when nothing is chosen."""
        value = self.controls.get(control)
        return value if isinstance(value, str) else ""

    def chosen(self, control: str) -> list[str]:
        """The values of a control that takes several."""
        value = self.controls.get(control)
        return [str(item) for item in value] if isinstance(value, list) else [value] if value else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A choice above a report. Its label is the text `control.NAME`; its value stands in the address.

    `options` gives the choices in the language of the page, for what was typed into the search ("" for nothing).
    `default` is called with the site's zone when the address says nothing.
    """

    name: str
    options: Callable[[ReportQuery, str], Awaitable[Sequence[ControlOption]]]
    default: Callable[[ZoneInfo], str] = field(default=lambda _zone: "")
    several: bool = False
    search: bool = False
    clearable: bool = False
    chips: bool = False
    """Few choices, each one press away, in place of a list that opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPage:
    """A report: its address `/reports/NAME` or `path`, its controls, and the function that makes its parts.

    Its title and description are the texts `report.NAME` and `report.NAME.what`. `refresh` is in seconds, 0 for never.
    """

    name: str
    controls: Sequence[Control]
    build: Callable[[ReportQuery], Awaitable[Sequence[Part]]]
    refresh: int = 0
    path: str = ""

    @property
    def address(self) -> str:
        """The address of the page."""
        return self.path or f"/reports/{self.name}"
