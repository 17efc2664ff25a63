"""The sections `[[promote]]`: which alerts, warnings and receipts become incidents."""

from __future__ import annotations

from collections.abc import Iterable

from feeds.incidents.classes import event_classes
from feeds.incidents.grading import GRADES
from feeds.incidents.promotions import PROMOTION_MODES, TITLE_FIELDS, PromotionRule
from feeds.model.incidents import NATURES
from watchfloor.settings.reader import SettingsTable


def promotions(tables: Iterable[SettingsTable]) -> tuple[PromotionRule, ...]:
    """Every `[[promote]]`. An expression or a title that cannot be used is a finding."""
    taken_ids: dict[str, int] = {}
    return tuple(_rule(table, taken_ids) for table in tables)


def _rule(table: SettingsTable, taken_ids: dict[str, int]) -> PromotionRule:
    # Most sites have no such rule, and the CEL library takes a while to load.
    from feeds.cel.conditions import ConditionError
    from feeds.plans.conditions import promotion_condition
    from feeds.plans.fields import unknown_fields

    rule = PromotionRule(
        id=table.unique_id("id", taken_ids),
        when=table.text("when", None, "\"alert.rule == 'river-level' && alert.severity == 'critical'\""),
        event_class=table.choice("class", "", ("", *event_classes())),
        nature=table.choice("nature", NATURES[0], NATURES),
        mode=table.choice("mode", PROMOTION_MODES[0], PROMOTION_MODES),
        grade=table.choice("grade", "", ("", *GRADES)),
        title=table.text("title"),
    )
    try:
        if rule.when and len(promotion_condition(rule.when).records) != 1:
            table.wrong("promote_subject", "when")
    except ConditionError as error:
        table.wrong("rule", "when", detail=error.detail)
    unknown, lonely = unknown_fields(rule.title, TITLE_FIELDS)
    if unknown or lonely:
        table.wrong("promote_title", "title", fields=" ".join(f"{{{name}}}" for name in TITLE_FIELDS))
    table.done()
    return rule
