"""`watchfloor check`: everything that is wrong with a site's settings, rules and inventory, before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import APPRISE, House, compile_receiver, kind_of_url
from alerts.rules.rule import RuleError, compile_rule
from feeds.findings import Finding, InFile, line_of_text
from watchfloor.settings.findings import make, shown
from watchfloor.settings.inventory import load_inventory, with_shown_value
from watchfloor.settings.removal_guard import hold_of
from watchfloor.settings.site_settings import Draft, Settings, read


def check(path: Path) -> list[Finding[InFile]]:
    """All findings of the files, and what of them would be held because it removes too much. Never raises."""
    findings = check_files(path)
    draft = read(path)
    if draft.settings is not None and not any(finding.error for finding in draft.findings):
        hold = hold_of(draft.settings)
        findings += hold.findings(draft.settings.path) if hold is not None else []
    return findings


def check_files(path: Path) -> list[Finding[InFile]]:
    """Findings of the files alone: the settings' (in the order of the file), then the rules', then the inventory's.

    Never raises for what the files hold. What is in a file that is broken elsewhere is checked as far as it goes.
    """
    draft = read(path)
    if draft.settings is None:
        return list(draft.findings)
    settings = draft.settings
    return [*draft.findings, *_rules(draft, settings), *_receivers(draft, settings), *_inventory(draft, draft.settings)]


def language_of(path: Path) -> str:
    """The site's language, "zh-CN" when its settings do not say it."""
    settings = read(path).settings
    return settings.site.language if settings else "zh-CN"


def render(findings: Sequence[Finding[InFile]], language: str) -> str:
    """One line a finding, and a last line that counts them."""
    errors = sum(finding.error for finding in findings)
    others = len(findings) - errors
    if language.startswith("zh"):
        tail = f"{errors} 处错误，{others} 处提示" if findings else "没有发现问题"
    else:
        tail = f"errors: {errors}, remarks: {others}" if findings else "nothing is wrong"
    return "\n".join([*(line_of_text(finding, language) for finding in findings), tail])


def as_json(findings: Sequence[Finding[InFile]]) -> list[dict[str, Any]]:
    """For `--json`: code, file, line, key, value, message and mend by language, error."""
    return [finding.record("value", "message", "mend", "error") for finding in findings]


def _rules(draft: Draft, settings: Settings) -> list[Finding[InFile]]:
    found = []
    wrong = {(finding.where.line, finding.where.key) for finding in draft.findings}
    for position, rule in enumerate(settings.rules):
        place = ("rule", position, "when")
        line, key = draft.lines.of(place), f"rule[{position + 1}].when"
        if (line, key) in wrong or not rule.when:
            continue  # already told
        try:
            compile_rule(rule)
        except RuleError as error:
            found.append(
                make("rule", file=settings.path.name, line=line, key=key, value=shown(rule.when), detail=error.message)
            )
    return found


def _receivers(draft: Draft, settings: Settings) -> list[Finding[InFile]]:
    """What a library must judge; the rest was told already."""
    found = []
    for position, one in enumerate(settings.receivers):
        line, key = draft.lines.of(("receiver", position, "url")), f"receiver[{position + 1}].url"
        if kind_of_url(one.url) != APPRISE or not one.url.partition("://")[2]:
            continue
        try:
            compile_receiver(one, House()).close()
        except ReceiverError as error:
            found.append(make("receiver", file=settings.path.name, line=line, key=key, detail=error.message))
    return found


def _inventory(draft: Draft, settings: Settings) -> list[Finding[InFile]]:
    inventory = load_inventory(settings)
    found = [with_shown_value(item) for item in inventory.findings]
    if not inventory.assets and not found:
        line = draft.lines.of(("site", "inventory"))
        found.append(make("inventory_empty", file=settings.path.name, line=line, key="site.inventory", error=False))
    return found
