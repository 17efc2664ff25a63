"""The site's resources from CSV files: read as the inventory is, an invalid row left out with a finding."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, tzinfo

from feeds.findings import Finding, InFile
from feeds.inventory.csv_file import rows_of
from feeds.inventory.findings import InventoryRow
from feeds.inventory.rows import RowRefused, check_identity, labels_of, plain, position_of, several
from feeds.inventory.texts import nearest
from feeds.model.resources import RESOURCE_KINDS, RESOURCE_STATUSES, SENT, Resource

COLUMNS = (
    *("id", "kind", "name", "region", "lat", "lon", "unit", "contact", "phone", "capacity", "capability", "status"),
    *("quantity", "unit_of", "expires", "checked_at", "labels"),
)
REQUIRED = ("id", "kind", "name", "region")
STATUSES = tuple(status for status in RESOURCE_STATUSES if status not in SENT)
"""Statuses that a file may say: no file sends a resource to an incident."""


def read_resources(files: Iterable[tuple[str, bytes]], zone: tzinfo) -> tuple[list[Resource], list[Finding[InFile]]]:
    """The resources of (name, content) of files, and findings. Days are days of the zone. Findings are remarks.

    A row with a fault is left out alone, so that a slip in one does not keep a site from starting.
    """
    resources: dict[str, Resource] = {}
    findings: list[Finding[InFile]] = []
    accepted: dict[str, InventoryRow] = {}
    for name, raw in files:
        rows, unreadable = rows_of(raw, name, COLUMNS, REQUIRED)
        findings += [replace(fault, error=False) for fault in unreadable]
        for row in rows:
            try:
                resource = _resource(row, accepted, zone)
            except RowRefused as refused:
                findings.append(refused.finding(row, error=False))
                continue
            resources[resource.id], accepted[resource.id] = resource, row
    return list(resources.values()), findings


def _resource(row: InventoryRow, accepted: Mapping[str, InventoryRow], zone: tzinfo) -> Resource:
    values = {column: plain(column, row.values.get(column, "")) for column in COLUMNS}
    check_identity(values, accepted)
    lat, lon = position_of(values["lat"], values["lon"])
    return Resource(
        id=values["id"],
        kind=_word(values, "kind", RESOURCE_KINDS),
        name=values["name"],
        region=values["region"],
        lat=lat,
        lon=lon,
        unit=values["unit"],
        contact=values["contact"],
        phone=values["phone"],
        capacity=int(_number(values, "capacity") or 0),
        capability=several(values["capability"].replace("；", ";")),
        status=_word(values, "status", STATUSES) if values["status"] else "unknown",
        quantity=_number(values, "quantity"),
        unit_of=values["unit_of"],
        expires=_day(values, "expires", zone, time.max),
        checked_at=_day(values, "checked_at", zone, time.min),
        labels=labels_of(plain("labels", values["labels"])),
        digest=hashlib.sha256("\x1f".join(values.values()).encode()).hexdigest()[:16],
    )


def _word(values: Mapping[str, str], column: str, words: Collection[str]) -> str:
    word = values[column].lower()
    if word not in words:
        raise RowRefused("word_unknown", column, word, near=nearest(word, words), words=" ".join(words))
    return word


def _number(values: Mapping[str, str], column: str) -> float | None:
    text = values[column]
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        raise RowRefused("number_form", column, text) from None
    if not (math.isfinite(number) and 0 <= number <= 1e9):
        raise RowRefused("amount_range", column, text)
    return number


def _day(values: Mapping[str, str], column: str, zone: tzinfo, clock: time) -> float | None:
    """The first or the last moment of a day."""
    text = values[column]
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text), clock, zone).timestamp()
    except ValueError:
        raise RowRefused("day_form", column, text) from None
