"""`watchfloor check`: all findings of a site's settings, rules and inventory, before they run."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from alerts.receivers.base import ReceiverError
from alerts.receivers.catalogue import APPRISE, SiteDefaults, compile_receiver, kind_of_url
from alerts.rules.rule import RuleError, compile_rule
from feeds.findings import Finding, InFile, line_of_text
from feeds.inventory.rows import Inventory
from feeds.workdays.files import is_calendar
from watchfloor.settings import never_true, without_effect
from watchfloor.settings.findings import make, shown
from watchfloor.settings.inventory import load_inventory, with_shown_value
from watchfloor.settings.removal_guard import hold_of
from watchfloor.settings.site_settings import Draft, Settings, read

WORLD, GROUP_AND_WORLD = 0o007, 0o077
"""Permissions of a file for others. An installer may give the service's group its secrets; our keys have one reader."""

PARENT_REFUSED = "parent_refused"
"""The code of the finding that a parent's own row was refused."""

DATA = (".csv", ".geojson", ".gpkg", ".yaml", ".yml")
"""Endings of files that hold no secrets."""


def check(path: Path) -> list[Finding[InFile]]:
    """All findings of the files, and a finding for each list that would lose too much. Never raises."""
    findings = check_files(path)
    draft = read(path)
    if draft.settings is not None and not any(finding.error for finding in draft.findings):
        hold = hold_of(draft.settings)
        findings += hold.findings(draft.settings.path) if hold is not None else []
    return findings


def check_files(path: Path) -> list[Finding[InFile]]:
    """Findings of the files alone: the settings' (in the order of the file), then the rules', then the inventory's.

    Never raises for the content of the files. A file with an error is checked as far as it can be read.
    """
    draft = read(path)
    if draft.settings is None:
        return list(draft.findings)
    settings = draft.settings
    inventory = load_inventory(settings, _wrong_credentials(draft))
    return [
        *draft.findings,
        *_rules(draft, settings),
        *_never_true(draft, settings, inventory),
        *_receivers(draft, settings),
        *without_effect.all_remarks(draft, settings, inventory.assets),
        *_inventory(draft, settings, inventory),
        *_readable_secrets(settings),
    ]


def language_of(path: Path) -> str:
    """The site's language; "zh-CN" when its settings do not name one."""
    settings = read(path).settings
    return settings.site.language if settings else "zh-CN"


def render(findings: Sequence[Finding[InFile]], language: str) -> str:
    """One line for each finding, and a last line with their counts."""
    errors = sum(finding.error for finding in findings)
    remarks = len(findings) - errors
    if language.startswith("zh"):
        tail = f"{errors} 处错误，{remarks} 处提示" if findings else "没有发现问题"
    else:
        tail = f"errors: {errors}, remarks: {remarks}" if findings else "nothing is wrong"
    return "\n".join([*(line_of_text(finding, language) for finding in findings), tail])


def as_json(findings: Sequence[Finding[InFile]]) -> list[dict[str, Any]]:
    """For `--json`: code, file, line, key, value, message and mend by language, error."""
    return [finding.record("value", "message", "mend", "error") for finding in findings]


def _rules(draft: Draft, settings: Settings) -> list[Finding[InFile]]:
    findings = []
    wrong = {(finding.where.line, finding.where.key) for finding in draft.findings}
    for position, rule in enumerate(settings.rules):
        path = ("rule", position, "when")
        line, key = draft.lines.of(path), f"rule[{position + 1}].when"
        if (line, key) in wrong or not rule.when:
            continue  # already reported
        try:
            compile_rule(rule)
        except RuleError as error:
            findings.append(
                make("rule", file=settings.path.name, line=line, key=key, value=shown(rule.when), detail=error.message)
            )
    return findings


def _receivers(draft: Draft, settings: Settings) -> list[Finding[InFile]]:
    """Findings of the addresses that only the Apprise library can judge."""
    findings = []
    for position, receiver in enumerate(settings.receivers):
        line, key = draft.lines.of(("receiver", position, "url")), f"receiver[{position + 1}].url"
        if kind_of_url(receiver.url) != APPRISE or not receiver.url.partition("://")[2]:
            continue
        try:
            compile_receiver(receiver, SiteDefaults()).close()
        except ReceiverError as error:
            findings.append(make("receiver", file=settings.path.name, line=line, key=key, detail=error.message))
    return findings


def _never_true(draft: Draft, settings: Settings, inventory: Inventory) -> list[Finding[InFile]]:
    """Remarks on rules that can never be true."""
    findings = []
    names = never_true.InventoryNames(inventory.assets, settings.sources)
    for position, rule in enumerate(settings.rules):
        line, key = draft.lines.of(("rule", position, "when")), f"rule[{position + 1}].when"
        for part in dict.fromkeys(names.remarks(rule)):
            detail = {"zh-CN": part.zh, "en": part.en}
            findings.append(
                make(
                    "never_true",
                    file=settings.path.name,
                    line=line,
                    key=key,
                    value=shown(rule.when),
                    detail=detail,
                    error=False,
                )
            )
    return findings


def _inventory(draft: Draft, settings: Settings, inventory: Inventory) -> list[Finding[InFile]]:
    findings = [with_shown_value(item) for item in _folded(inventory.findings)]
    if not inventory.assets and not findings:
        line = draft.lines.of(("site", "inventory"))
        findings.append(make("inventory_empty", file=settings.path.name, line=line, key="site.inventory", error=False))
    return findings


def _wrong_credentials(draft: Draft) -> set[str]:
    """Names of the credentials in which something is wrong."""
    keys = [finding.where.key.split(".") for finding in draft.findings if finding.error and finding.where.key]
    return {parts[1] for parts in keys if parts[0] == "credentials" and len(parts) > 1}


def _folded(findings: Sequence[Finding[InFile]]) -> list[Finding[InFile]]:
    """The findings with one for all rows that lost the same refused parent, in the place of the first."""
    lost = Counter(finding.value for finding in findings if finding.code == PARENT_REFUSED)
    folded: list[Finding[InFile]] = []
    reported: set[str] = set()
    for finding in findings:
        if finding.code != PARENT_REFUSED:
            folded.append(finding)
        elif finding.value not in reported:
            reported.add(finding.value)
            folded.append(_with_more(finding, lost[finding.value] - 1))
    return folded


def _with_more(finding: Finding[InFile], more: int) -> Finding[InFile]:
    """The finding with the number of further rows of which it holds."""
    if not more:
        return finding
    added = {"zh-CN": f"（另有 {more} 行同样）", "en": f" (and {more} more rows)"}
    return replace(finding, message={language: text + added[language] for language, text in finding.message.items()})


def _readable_secrets(settings: Settings) -> list[Finding[InFile]]:
    """Remarks on keys and secrets that other users of the machine can read. Certificates and data are public."""
    secrets = {path: WORLD for path, content in settings.references.items() if not _is_public(path, content)}
    secrets |= dict.fromkeys(sorted((settings.data / "keys").glob("*")), GROUP_AND_WORLD)
    return [
        make("secret_readable", file=str(path), value=f"{mode:04o}", error=False)
        for path, others in secrets.items()
        if path.is_file() and (mode := stat.S_IMODE(path.stat().st_mode)) & others
    ]


def _is_public(path: Path, content: bytes) -> bool:
    """True for certificates, and for places, resources, plans, catalogues and calendars of the site."""
    is_certificate = b"-----BEGIN CERTIFICATE" in content and b"PRIVATE KEY" not in content
    return path.suffix in DATA or is_calendar(path) or is_certificate
