"""The mapping of an `emergency.http` source: `[source.map]`, `[source.classes]` and the keys beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from feeds.datum import DATUMS
from feeds.mapped.rows import FORMS, pointer
from feeds.mapped.source import GIVES, MappedSource
from feeds.mapping.tables import read_table
from feeds.model import CHANNELS
from watchfloor.settings.reader import SettingsTable

KIND = "emergency.http"


def mapped_source(table: SettingsTable) -> MappedSource | None:
    """The mapped source of a `[[source]]` of that kind, None for other kinds."""
    if table.raw.get("kind") != KIND:
        return None
    builtin = MappedSource()
    mapping = dict(_free(table, "map"))
    items = mapping.pop("items", "")
    classes = _free(table, "classes") or _free(table, "class_map")
    zone = table.text("timezone", builtin.zone)
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        table.wrong("source", "timezone", detail={"zh-CN": f"没有时区 {zone}", "en": f"there is no zone {zone}"})
        zone = builtin.zone
    return MappedSource(
        gives=table.choice("gives", builtin.gives, GIVES),
        form=table.choice("format", builtin.form, FORMS),
        items=pointer(str(items)),
        map=mapping,
        classes={str(theirs): str(ours) for theirs, ours in classes.items()},
        tables=_tables(table, mapping),
        crs=table.choice("crs", builtin.crs, tuple(DATUMS)),
        zone=zone,
        channel=table.choice("channel", builtin.channel, CHANNELS),
        metric=table.text("metric"),
        unit=table.text("unit"),
        accuracy_m=table.number("accuracy", builtin.accuracy_m, 0, 100_000),
        cursor=pointer(table.text("cursor")),
        cursor_format=table.text("cursor_format", builtin.cursor_format),
        back=table.duration("back", builtin.back, "0s", "31d"),
        page_first=table.whole("page_first", builtin.page_first, 0, 1_000_000),
        next=pointer(table.text("next")),
    )


def _free(table: SettingsTable, key: str) -> dict[str, Any]:
    """A table whose keys the mapping language knows."""
    return dict(table.take(key, dict, {}, "{ }"))


def _tables(table: SettingsTable, mapping: Mapping[str, Any]) -> dict[str, Mapping[str, str]]:
    """The CSV files that the mapping names, by their name (relative to the settings file)."""
    tables: dict[str, Mapping[str, str]] = {}
    for target_mapping in mapping.values():
        name = target_mapping.get("table") if isinstance(target_mapping, Mapping) else None
        if isinstance(name, str):
            try:
                tables[name] = read_table(table.references.read(table.folder / name))
            except (OSError, ValueError) as error:
                table.wrong("reference_file", "map", detail=str(error))
    return tables
