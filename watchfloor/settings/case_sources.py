"""The keys of an `approvals.*` source: `[source.table.NAME]` with its mapping, and how answers are read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feeds.cases.source import CaseSource, CaseTable, SiteColumn, SweepSettings
from feeds.mapping.expressions import text_of
from feeds.mapping.tables import read_table
from watchfloor.settings.reader import SettingsTable, parse_duration

PREFIX = "approvals."
COLUMN = '[source.column.news] path = "/xw/", limit = "14d", form = "list"'
SWEEP = 'sweep = { at = "02:30", window = "400d", hold = "1%" }'
COLUMN_FORMS = ("list", "rss", "sitemap")
COLUMN_KEYS = frozenset({"path", "name", "department", "region", "limit", "form", "pattern"})
ENCODINGS = ("utf-8", "gb18030")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")


def case_source(table: SettingsTable) -> CaseSource | None:
    """The settings of a source of cases, None for other kinds."""
    if not str(table.raw.get("kind", "")).startswith(PREFIX):
        return None
    builtin = CaseSource()
    tables = _free(table, "table")
    ok, paging, since = _free(table, "ok"), _free(table, "paging"), _free(table, "since")
    return CaseSource(
        system=table.text("system"),
        tables=tuple(
            _table(table, name, table_mapping)
            for name, table_mapping in tables.items()
            if isinstance(table_mapping, Mapping)
        ),
        columns=tuple(
            _column(table, name, column)
            for name, column in _free(table, "column").items()
            if isinstance(column, Mapping)
        ),
        files=_files(table, tables),
        rows=table.text("rows"),
        ok_path=str(ok.get("path", "")),
        ok_values=tuple(map(text_of, _values(ok.get("is", [])))),
        page_param=str(paging.get("page", "")),
        size_param=str(paging.get("size", "")),
        first_page=int(paging.get("first", builtin.first_page)),
        total=str(paging.get("total", "")),
        next=str(paging.get("next", "")),
        page=table.whole("page", builtin.page, 1, 10_000),
        since_param=str(since.get("param", "")),
        since_format=str(since.get("format", builtin.since_format)),
        overlap=table.duration("overlap", builtin.overlap, "0s", "7d"),
        back=table.duration("back", builtin.back, "0s", "10y"),
        silent_after=table.duration("silent_after", builtin.silent_after, "1s", "30d"),
        quiet_after=table.duration("quiet_after", builtin.quiet_after, "0s", "30d"),
        namespace=table.text("namespace"),
        operation=table.text("operation"),
        argument={str(name): str(text) for name, text in _free(table, "argument").items()},
        inner=table.choice("inner", builtin.inner, ("xml", "json")),
        version=table.choice("version", builtin.version, ("1.1", "1.2")),
        encoding=table.choice("encoding", builtin.encoding, ENCODINGS),
    )


def _free(table: SettingsTable, key: str) -> dict[str, Any]:
    """A table whose keys the source itself checks."""
    return dict(table.take(key, dict, {}, "{ }"))


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _table(settings: SettingsTable, name: str, mapping: Mapping[str, Any]) -> CaseTable:
    change = [str(column) for column in _values(mapping.get("change", []))]
    split = mapping.get("split")
    return CaseTable(
        name=str(name),
        map=dict(mapping.get("map") or {}),
        split=dict(split) if isinstance(split, Mapping) else None,
        path=str(mapping.get("path", "")),
        query=str(mapping.get("query", "")),
        change=(change[0], change[1]) if len(change) == 2 else ("", ""),
        sweep=_sweep(settings, mapping.get("sweep")),
    )


def _column(table: SettingsTable, name: str, column: Mapping[str, Any]) -> SiteColumn:
    """`[source.column.NAME]`: a column of a government site."""
    builtin = SiteColumn(number=name)
    limit = parse_duration(str(column.get("limit", "14d")))
    form = str(column.get("form", builtin.form))
    if limit is None or limit < 86_400 or form not in COLUMN_FORMS or set(column) - COLUMN_KEYS:
        table.wrong("case_table_form", "column", form=COLUMN)
    texts = {key: str(column[key]) for key in ("path", "name", "department", "region", "pattern") if key in column}
    return SiteColumn(number=str(name), limit=round((limit or 0.0) / 86_400), form=form, **texts)


def _sweep(table: SettingsTable, sweep: Any) -> SweepSettings | None:
    """`sweep = { at = "02:30", window = "400d", hold = "1%", keys = "SELECT …" }` of a table."""
    if not isinstance(sweep, Mapping):
        return None
    builtin = SweepSettings()
    clock = _CLOCK.fullmatch(str(sweep.get("at", "02:30")))
    window = parse_duration(str(sweep.get("window", "400d")))
    share = _SHARE.fullmatch(str(sweep.get("hold", "1%")))
    if clock is None or window is None or share is None or float(share[1]) > 100:
        table.wrong("case_table_form", "table", form=SWEEP)
        return builtin
    return SweepSettings(
        minute=60 * int(clock[1]) + int(clock[2]),
        window=window,
        hold=float(share[1]) / 100,
        keys=str(sweep.get("keys", "")),
    )


def _files(table: SettingsTable, tables: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The CSV files that mappings name with `table`, relative to the settings file."""
    files: dict[str, Mapping[str, str]] = {}
    pending = [
        table_mapping.get("map") or {} for table_mapping in tables.values() if isinstance(table_mapping, Mapping)
    ]
    while pending:
        mapping = pending.pop()
        for name, value in mapping.items() if isinstance(mapping, Mapping) else ():
            if isinstance(value, Mapping):
                pending.append(value)
            elif name == "table" and isinstance(value, str):
                try:
                    files[value] = read_table(table.references.read(table.folder / value))
                except (OSError, ValueError) as error:
                    table.wrong("reference_file", "table", detail=str(error))
    return files
