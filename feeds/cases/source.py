"""Settings of a source of cases, and the facts that its rows become."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec

from feeds.cases.facts import CASE, TABLES, CaseFact
from feeds.cases.making import FactRefused, make_fact
from feeds.cases.sealing import Sealer
from feeds.mapping import FieldProblem, MappedRow, RowMapping, compile_mapping

OWN = frozenset({"number", "key", "changed", "version", "deleted"})
"""Targets that identify and order a row; the others are its values."""
CHINA = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepSettings:
    """The nightly full comparison of a source. `minute` is that of the day, `window` seconds that it goes back.

    `hold`: a sweep that would delete more than this share waits for a person. `keys` (SQL): a statement with :from for
    the numbers that exist, in its first column; without it those of the rows that were read count.
    """

    minute: int = 150
    window: float = 400 * 86_400.0
    hold: float = 0.01
    keys: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTable:
    """One table of a source: how its rows are asked for, and their mapping.

    `name` is one of TABLES, or any name where `split` gives each row its meaning. `path` is appended to the source's
    address (REST), `operation` names the SOAP operation, `query` is the SQL statement with :since, :id and :page, and
    `change` its two columns of order: the time of change and the key.
    """

    name: str
    map: Mapping[str, Any] = field(default_factory=dict)
    split: Mapping[str, Any] | None = None
    path: str = ""
    query: str = ""
    change: tuple[str, str] = ("", "")
    sweep: SweepSettings | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteColumn:
    """A column of a government site that is to be kept up. `limit` is in days since its last update.

    `form`: "list" (a page with dates), "rss" (RSS or Atom) or "sitemap". `pattern` (RE2, with one group) finds the
    dates of a list; without it every date on the page counts. `number` identifies it.
    """

    number: str
    path: str = ""
    name: str = ""
    department: str = ""
    region: str = ""
    limit: int = 14
    form: str = "list"
    pattern: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseSource:
    """The settings of an `approvals.*` source.

    `rows` is the path to the rows of an answer. `ok_path` and `ok_values`: an answer whose value there is another one
    is a failure, whatever its status. `page_param`, `size_param`, `total` and `page` make pages, `next` is the path of
    the next address or cursor, `since_param` carries the time from which on rows are asked for.
    `overlap` is how far every round goes back, because rows may be stored late under an earlier stamp; `back` is how
    far the first one goes. `columns` are those of an `approvals.site` source. `silent_after`: seconds without a
    complete round after which its figures count as old. `quiet_after`: seconds of office time without a new row after
    which it counts as standing still, 0: never.
    `operation`, `argument`, `inner` and `version` are those of SOAP. `encoding` is that of files and of what a SOAP
    service puts into its text. `key` and `state` are files of this site.
    """

    system: str = ""
    tables: tuple[CaseTable, ...] = ()
    columns: tuple[SiteColumn, ...] = ()
    files: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    rows: str = ""
    ok_path: str = ""
    ok_values: tuple[str, ...] = ()
    page_param: str = ""
    size_param: str = ""
    page: int = 500
    first_page: int = 1
    total: str = ""
    next: str = ""
    since_param: str = ""
    since_format: str = "%Y-%m-%d %H:%M:%S"
    overlap: float = 300.0
    back: float = 400 * 86_400.0
    silent_after: float = 900.0
    quiet_after: float = 0.0
    namespace: str = ""
    operation: str = ""
    argument: Mapping[str, str] = field(default_factory=dict)
    inner: str = "xml"
    version: str = "1.1"
    encoding: str = "utf-8"
    key: Path | None = field(default=None, repr=False)
    state: Path | None = None

    def mapping(self, table: CaseTable) -> RowMapping:
        """The compiled mapping of a table. Raises MappingRefused."""

        def named(name: str) -> Mapping[str, str]:
            if name not in self.files:
                raise OSError(f"there is no table {name}")
            return self.files[name]

        return compile_mapping(table.map, split=table.split, tables=named, zone=CHINA)


class RowFacts:
    """Makes facts of the rows of one table."""

    def __init__(self, source: CaseSource, table: CaseTable, source_id: str, sealer: Sealer) -> None:
        self._source, self._table, self._id, self._sealer = source, table, source_id, sealer
        self.mapping = source.mapping(table)

    def fact(self, row: Mapping[str, Any], at: float) -> tuple[CaseFact | None, MappedRow]:
        """The fact of a row, None where the row cannot be one; and the row as it was mapped, with its problems."""
        mapped = self.mapping.apply(row)
        table = mapped.group or self._table.name
        values = dict(mapped.values)
        own = {name: values.pop(name) for name in OWN if name in values}
        prefix = f"{table}."
        named = {name.removeprefix(prefix): value for name, value in values.items()}
        if table not in TABLES:
            return None, mapped
        key = str(own.get("key", "")) or ("" if table == CASE else _row_key(named))
        try:
            fact = make_fact(
                self._sealer,
                named,
                system=self._source.system or self._id,
                number=str(own.get("number", "")),
                table=table,
                key="" if table == CASE else key,
                stamp=_stamp(own.get("changed")),
                version=_stamp(own.get("version")),
                deleted=bool(own.get("deleted", False)),
                source=self._id,
                at=at,
            )
        except FactRefused as error:
            problem = FieldProblem("number", str(error), "")
            return None, MappedRow(mapped.values, (*mapped.problems, problem), mapped.group)
        return fact, mapped


def _row_key(values: Mapping[str, Any]) -> str:
    """The key of a row without one: a digest of its values."""
    return hashlib.sha256(msgspec.json.encode(dict(sorted(values.items())), enc_hook=str)).hexdigest()[:24]


def _stamp(value: Any) -> float:
    try:
        return float(value or 0.0)
    except (TypeError, ValueError):
        return 0.0
