"""The sections `[[pass_on]]`: which warnings are sent to which receivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from feeds.incidents.passing import PassOnRule
from feeds.kinds.warning import COLOURS
from feeds.regions import is_code
from watchfloor.settings.findings import propose
from watchfloor.settings.people import choices
from watchfloor.settings.reader import SettingsTable


def pass_on_rules(tables: Iterable[SettingsTable], receiver_ids: Collection[str]) -> tuple[PassOnRule, ...]:
    """Every `[[pass_on]]`. A receiver that is not in `receiver_ids` (the file's) is a remark: the API may define it."""
    return tuple(_rule(table, receiver_ids) for table in tables)


def _rule(table: SettingsTable, receiver_ids: Collection[str]) -> PassOnRule:
    rule = PassOnRule(
        receiver=table.text("receiver", None, '"county"'),
        sources=tuple(table.texts("sources", [], '["12379"]')),
        regions=tuple(table.texts("regions", [], '["532301"]')),
        colours=tuple(choices(table, "colours", tuple(filter(None, COLOURS)), [], '["red", "orange"]')),
    )
    if not all(is_code(code) for code in rule.regions):
        table.wrong("region_form", "regions")
    if rule.receiver and rule.receiver not in receiver_ids:
        near = propose(rule.receiver, receiver_ids)["near"]
        table.wrong("channel_unknown", "receiver", error=False, name=rule.receiver, near=near)
    table.done()
    return rule
