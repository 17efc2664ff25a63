"""The usable part of readable settings: the rules that compile and the receivers of a known kind.

A role without a copy to fall back on starts on it. One rule that a new version no longer accepts must not stop the
others.
"""

from __future__ import annotations

from dataclasses import replace

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import SiteDefaults, compile_receiver
from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import RuleSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.findings import Finding, InFile, line_of_text
from watchfloor.settings.findings import make
from watchfloor.settings.site_settings import Settings

MOST = 5


def usable_part(settings: Settings) -> tuple[Settings, list[Finding[InFile]]]:
    """The settings without unusable rules and receivers, and a finding for each of those."""
    findings: list[Finding[InFile]] = []
    rules: dict[str, RuleSettings] = {}
    for rule in settings.rules:
        try:
            compile_rule(rule)
            if rule.id in rules:
                raise RuleError(rule.id, "id 重复", "the id is used twice")
        except RuleError as error:
            findings.append(make("rule", file=settings.path.name, key="rule", value=rule.id, detail=error.message))
        else:
            rules[rule.id] = rule
    receivers: dict[str, ReceiverSettings] = {}
    for receiver in settings.receivers:
        try:
            compile_receiver(receiver, SiteDefaults()).close()
            if receiver.id in receivers:
                raise ReceiverError(receiver.id, "id 重复", "the id is used twice")
        except ReceiverError as error:
            findings.append(
                make("receiver", file=settings.path.name, key="receiver", value=receiver.id, detail=error.message)
            )
        else:
            receivers[receiver.id] = receiver
    return replace(settings, rules=tuple(rules.values()), receivers=tuple(receivers.values())), findings


def omission_reason(findings: list[Finding[InFile]]) -> dict[str, str]:
    """A sentence by language that lists the omitted rules and receivers and the reasons."""
    zh, en = (" ".join(line_of_text(finding, language) for finding in findings[:MOST]) for language in ("zh-CN", "en"))
    if (more := len(findings) - MOST) > 0:
        zh, en = f"{zh} …另有 {more} 处", f"{en} … and {more} more"
    return {
        "zh-CN": f"以下规则或接收方无法使用，已停用，其余照常运行（共 {len(findings)} 处）。{zh}",
        "en": f"rules or receivers cannot be used and are out ({len(findings)}), all others run. {en}",
    }
