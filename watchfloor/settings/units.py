"""The sections `[[unit]]`: units that may be given tasks, and the accounts that act for each."""

from __future__ import annotations

from collections.abc import Iterable

from feeds.incidents.units import ResponsibleUnit, UnitRegister
from feeds.regions import is_code
from watchfloor.settings.reader import LANGUAGES, SettingsTable


def unit_register(tables: Iterable[SettingsTable]) -> UnitRegister:
    """Every `[[unit]]`. A unit without people is a remark: it can be given nothing until somebody is named."""
    taken_ids: dict[str, int] = {}
    return UnitRegister(_unit(table, taken_ids) for table in tables)


def _unit(table: SettingsTable, taken_ids: dict[str, int]) -> ResponsibleUnit:
    region = table.text("region")
    if region and not is_code(region):
        table.wrong("region_form", "region")
    unit = ResponsibleUnit(
        id=table.unique_id("id", taken_ids),
        name=_names(table),
        region=region,
        head=table.text("head"),
        people=tuple(table.texts("people", [], '["gaj-wang"]')),
    )
    if not unit.people:
        table.wrong("unit_empty", "people", error=False)
    elif unit.head and unit.head not in unit.people:
        table.wrong("unit_head", "head")
    table.done()
    return unit


def _names(table: SettingsTable) -> dict[str, str]:
    """The name by language. One text serves both languages."""
    if not isinstance(table.raw.get("name"), dict):
        text = table.text("name")
        return dict.fromkeys(LANGUAGES, text) if text else {}
    with table.table("name") as names:
        return {language: text for language in LANGUAGES if (text := names.text(language))}
