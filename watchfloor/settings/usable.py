"""What of readable settings can be used: every rule that compiles, every receiver of a known kind.

A role that has nothing better to start on starts on that: one rule that an upgrade does not understand any more must
not keep all the others from being asked.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import House, compile_receiver
from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import ReceiverSettings, RuleSettings
from feeds.findings import Finding, InFile, line_of_text
from watchfloor.settings.findings import make
from watchfloor.settings.site_settings import Settings

MOST = 5


def usable_part(settings: Settings) -> tuple[Settings, list[Finding[InFile]]]:
    """The settings without what cannot be used, and a finding for each of what is left out."""
    found: list[Finding[InFile]] = []
    rules: dict[str, RuleSettings] = {}
    for rule in settings.rules:
        try:
            compile_rule(rule)
            if rule.id in rules:
                raise RuleError(rule.id, "id 重复", "the id is used twice")
        except RuleError as error:
            found.append(make("rule", file=settings.path.name, key="rule", value=rule.id, detail=error.message))
        else:
            rules[rule.id] = rule
    receivers: dict[str, ReceiverSettings] = {}
    for one in settings.receivers:
        try:
            compile_receiver(one, House()).close()
            if one.id in receivers:
                raise ReceiverError(one.id, "id 重复", "the id is used twice")
        except ReceiverError as error:
            found.append(make("receiver", file=settings.path.name, key="receiver", value=one.id, detail=error.message))
        else:
            receivers[one.id] = one
    return replace(settings, rules=tuple(rules.values()), receivers=tuple(receivers.values())), found


def left_out(found: list[Finding[InFile]]) -> dict[str, str]:
    """For people, by language: which rules and receivers are out, and why."""
    zh, en = (" ".join(line_of_text(one, language) for one in found[:MOST]) for language in ("zh-CN", "en"))
    if (more := len(found) - MOST) > 0:
        zh, en = f"{zh} …另有 {more} 处", f"{en} … and {more} more"
    return {
        "zh-CN": f"以下规则或接收方无法使用，已停用，其余照常运行（共 {len(found)} 处）。{zh}",
        "en": f"rules or receivers cannot be used and are out ({len(found)}), all others run. {en}",
    }
