"""The page of a report: its layout, and the callbacks that fill it. One set of callbacks serves all reports."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from dashboard.reports.grid import as_csv, as_xlsx, in_order
from dashboard.reports.parts import Control, GridTable, Part, ReportPage, ReportQuery
from dashboard.reports.reading import ApiReader, ReadRefused
from dashboard.reports.rendering import attributes, rendered
from dashboard.reports.texts import ReportTexts
from dashboard.shell import SiteLike
from feeds import clock
from feeds.texts import catalogue

CONTROL, LABEL = {"report": "control", "name": ALL}, {"report": "label", "name": ALL}
LANGUAGE, NAME, FIXED = "report-language", "report-name", "report-fixed"
DROPDOWN_TEXTS = (
    "selected_count",
    "search",
    "clear_search",
    "clear_selection",
    "no_options_found",
    "select_all",
    "deselect_all",
)
WRITERS = {"csv": as_csv, "xlsx": as_xlsx}
MULTIPLE = ","
"""Between the values of a control that takes several, in the address."""


def layout(page: ReportPage, site: SiteLike, **address: str) -> Component:
    """The page with its controls as the address sets them; the callbacks fill in the rest."""
    title = html.H1(catalogue.text(f"report.{page.name}", site.language), id="report-title")
    return html.Div(
        _content(page, site, title, "page-head report-top", {}, address),
        className="page page-report",
        **attributes("data-page", "report"),
        **attributes("data-report", page.name),
    )


def embedded(page: ReportPage, site: SiteLike, fixed: Mapping[str, str], **address: str) -> Component:
    """A report as a part of another page, at most one on a page. `fixed` are values that nobody chooses."""
    title = html.H2(catalogue.text(f"report.{page.name}", site.language), id="report-title")
    return html.Section(
        _content(page, site, title, "report-top", fixed, address),
        className=f"report-embedded report-{page.name}",
        **attributes("data-report", page.name),
    )


def _content(
    page: ReportPage, site: SiteLike, title: Component, head: str, fixed: Mapping[str, str], address: Mapping[str, str]
) -> list[Component]:
    zone = ZoneInfo(site.timezone)
    controls = [_control(control, address.get(control.name), zone) for control in page.controls]
    body = html.P(catalogue.text("report.loading", site.language), className="rows-empty")
    return [
        dcc.Store(id=NAME, data=page.name),
        dcc.Store(id=FIXED, data=dict(fixed)),
        dcc.Store(id=LANGUAGE),
        dcc.Store(id="report-address"),
        dcc.Interval(id="report-again", interval=max(1, page.refresh) * 1000, disabled=not page.refresh),
        html.Header([title, html.Div(controls, className="report-controls")], className=head),
        html.Div(body, id="report-body", className="report-body"),
    ]


def index(reports: Sequence[ReportPage]) -> ReportPage:
    """The list of reports, each with what it answers, as a report of its own."""

    async def build(query: ReportQuery) -> Sequence[Part]:
        links = [
            html.A(
                [html.H2(query.texts(f"report.{page.name}")), html.P(query.texts(f"report.{page.name}.what"))],
                href=page.address,
                className="report-card",
            )
            for page in reports
        ]
        return [html.Div(links, className="report-cards")]

    return ReportPage(name="index", controls=(), build=build)


def _control(control: Control, value: str | None, zone: ZoneInfo) -> Component:
    text = control.default(zone) if value is None else value
    initial = [item for item in text.split(MULTIPLE) if item] if control.several else text
    if control.chips:
        return _chips(control, text)
    dropdown = dcc.Dropdown(
        id={"report": "control", "name": control.name},
        value=initial or None,
        options=[
            {"label": item, "value": item} for item in ([initial] if isinstance(initial, str) else initial) if item
        ],
        multi=control.several,
        searchable=control.search,
        clearable=control.clearable,
        optionHeight=44,
        maxHeight=420,
    )
    label = html.Label(
        catalogue.text(f"control.{control.name}"),
        id={"report": "label", "name": control.name},
        className="report-label",
    )
    return html.Div([label, dropdown], className=f"report-control control-{control.name}")


def _chips(control: Control, value: str) -> Component:
    """Choices that stand side by side. The callback fills in their words."""
    choice = dcc.RadioItems(
        id={"report": "control", "name": control.name},
        value=value,
        options=[{"label": value, "value": value}] if value else [],
        inline=True,
        className="report-chips",
        labelClassName="chip",
    )
    label = html.Span(
        catalogue.text(f"control.{control.name}"),
        id={"report": "label", "name": control.name},
        className="report-label",
    )
    return html.Div([label, choice], className=f"report-control control-{control.name}")


class ReportCallbacks:
    """Asks a report for its parts and its options, in the language of the page and as the person before it."""

    def __init__(self, reports: Sequence[ReportPage], site: SiteLike, reader: ApiReader) -> None:
        self._reports = {page.name: page for page in reports}
        self._site, self._reader = site, reader

    async def body(
        self,
        name: str,
        language: str | None,
        values: Sequence[Any],
        _ticks: int,
        ids: Sequence[Mapping[str, str]],
        fixed: Mapping[str, str] | None,
    ) -> Any:
        """The parts of a report as components; a refusal as the API's own sentence."""
        if not language:
            return no_update
        query = self._query(language, values, ids, fixed)
        try:
            parts = rendered(await self._reports[name].build(query), query.texts)
        except ReadRefused as refused:
            return html.P(
                refused.sentence,
                className="rows-empty",
                role="alert",
                **attributes("data-refused", str(refused.status)),
            )
        if not parts:
            return []
        read_at = query.texts("report.read", at=query.texts.stamp(clock.now()))
        return [*parts, html.P(read_at, className="quiet report-foot")]

    async def title(self, language: str | None, name: str) -> Any:
        """The title of the report."""
        return catalogue.text(f"report.{name}", language) if language else no_update

    async def options(
        self,
        language: str | None,
        searches: Sequence[str | None],
        values: Sequence[Any],
        name: str,
        ids: Sequence[Any],
        fixed: Mapping[str, str] | None,
    ) -> Any:
        """Options, labels and words of the controls, in the order of `ids`."""
        if not language:
            return no_update, no_update, no_update, no_update
        query = self._query(language, values, ids, fixed)
        controls = {control.name: control for control in self._reports[name].controls}
        lists = []
        for id, search in zip(ids, searches, strict=True):
            try:
                options = await controls[id["name"]].options(query, search or "")
            except ReadRefused:
                options = ()  # the body says why
            lists.append([{"label": option.label, "value": option.value} for option in options])
        words = {text: query.texts(f"control.text.{text}") for text in DROPDOWN_TEXTS}
        labels = [query.texts(f"control.{id['name']}") for id in ids]
        return lists, labels, [words for _ in ids], [query.texts("control.text.placeholder") for _ in ids]

    async def download(
        self,
        order: Mapping[str, Any] | None,
        name: str,
        language: str,
        values: Sequence[Any],
        ids: Sequence[Any],
        fixed: Mapping[str, str] | None,
    ) -> Any:
        """A table as a file: read anew with the rights of the asker, in the order and choice of the browser's rows."""
        if not order:
            return no_update
        query = self._query(language, values, ids, fixed)
        try:
            parts = await self._reports[name].build(query)
        except ReadRefused:
            return no_update
        table = next((part for part in parts if isinstance(part, GridTable) and part.name == order["table"]), None)
        if table is None or order["format"] not in WRITERS:
            return no_update
        content = WRITERS[order["format"]](table, in_order(table, order["ids"]), query.texts)
        day = datetime.now(query.texts.zone)
        name = f"{name}-{table.name}-{day:%Y%m%d-%H%M}.{order['format']}"
        return {"content": base64.b64encode(content).decode(), "filename": name, "base64": True}

    def _query(
        self, language: str, values: Sequence[Any], ids: Sequence[Mapping[str, str]], fixed: Mapping[str, str] | None
    ) -> ReportQuery:
        controls = {id["name"]: value for id, value in zip(ids, values, strict=True)} | dict(fixed or {})
        texts = ReportTexts(language, ZoneInfo(self._site.timezone))
        return ReportQuery(self._reader, texts, controls, self._site.region)


def add_callbacks(app: Dash, callbacks: ReportCallbacks) -> None:
    """The callbacks of all reports. Those that need no data run in the browser (assets/reports.js)."""
    name, language, ids = State(NAME, "data"), Input(LANGUAGE, "data"), State(CONTROL, "id")
    values, order = Input(CONTROL, "value"), {"report": "order", "table": MATCH}
    fixed = State(FIXED, "data")
    _in_browser(app, "language", Output(LANGUAGE, "data"), Input(NAME, "data"))
    _in_browser(app, "address", Output("report-address", "data"), values, ids)
    _in_browser(
        app,
        "order",
        Output(order, "data"),
        Input({"report": "export", "table": MATCH, "format": ALL}, "n_clicks"),
        State({"report": "grid", "table": MATCH}, "virtualRowData"),
    )
    app.callback(
        Output("report-body", "children"),
        Input(NAME, "data"),
        language,
        values,
        Input("report-again", "n_intervals"),
        ids,
        fixed,
    )(callbacks.body)
    app.callback(Output("report-title", "children"), language, name)(callbacks.title)
    app.callback(
        Output(CONTROL, "options"),
        Output(LABEL, "children"),
        Output(CONTROL, "labels"),
        Output(CONTROL, "placeholder"),
        language,
        Input(CONTROL, "search_value"),
        values,
        name,
        ids,
        fixed,
    )(callbacks.options)
    app.callback(
        Output({"report": "download", "table": MATCH}, "data"),
        Input(order, "data"),
        name,
        State(LANGUAGE, "data"),
        State(CONTROL, "value"),
        ids,
        fixed,
        prevent_initial_call=True,
    )(callbacks.download)


def _in_browser(app: Dash, function: str, *arguments: Any) -> None:
    browser_function = ClientsideFunction(namespace="reports", function_name=function)
    app.clientside_callback(browser_function, *arguments)  # type: ignore[no-untyped-call]  # Dash does not type it
