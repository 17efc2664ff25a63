"""`watchfloor check`: everything that is wrong with a site's settings, rules and inventory, before it runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import APPRISE, House, compile_receiver, kind_of_url
from alerts.rules.rule import RuleError, compile_rule
from watchfloor.settings.findings import make, shown
from watchfloor.settings.inventory import load_inventory, of_row
from watchfloor.settings.removal_guard import hold_of
from watchfloor.settings.site_settings import Draft, Finding, Settings, read


def check(path: Path) -> list[Finding]:
    """All findings of the files, and what of them would be held because it removes too much. Never raises."""
    findings = check_files(path)
    draft = read(path)
    if draft.settings is not None and not any(finding.error for finding in draft.findings):
        hold = hold_of(draft.settings)
        findings += hold.findings(draft.settings.path) if hold is not None else []
    return findings


def check_files(path: Path) -> list[Finding]:
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


def render(findings: Sequence[Finding], language: str) -> str:
    """One line a finding, and a last line that counts them."""
    errors = sum(finding.error for finding in findings)
    others = len(findings) - errors
    if language.startswith("zh"):
        tail = f"{errors} 处错误，{others} 处提示" if findings else "没有发现问题"
    else:
        tail = f"errors: {errors}, remarks: {others}" if findings else "nothing is wrong"
    return "\n".join([*(finding.say(language) for finding in findings), tail])


def as_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """For `--json`: code, file, line, key, value, message and mend by language, error."""
    return [asdict(finding) for finding in findings]


def _rules(draft: Draft, settings: Settings) -> list[Finding]:
    found = []
    wrong = {(finding.line, finding.key) for finding in draft.findings}
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


def _receivers(draft: Draft, settings: Settings) -> list[Finding]:
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


def _inventory(draft: Draft, settings: Settings) -> list[Finding]:
    inventory = load_inventory(settings)
    found = [of_row(item) for item in inventory.findings]
    if not inventory.assets and not found:
        line = draft.lines.of(("site", "inventory"))
        found.append(make("inventory_empty", file=settings.path.name, line=line, key="site.inventory", error=False))
    return found
