"""Hold settings that would remove much of a site until a person accepts the removal.

An inventory file that is empty or cut off is readable, but rarely intended. The lists of the files are compared with
those that were applied last on this machine. A list is held when it loses more than the greater of
`[site] removal_guard` percent and ROWS entries, when it loses more than half of at least SMALL entries, or when it
becomes empty. ROWS lets a large site be edited freely; the other two protect small sites, where 20 rows are everything.
The removal of a single entry is never held, and `removal_guard = 100` switches the guard off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.findings import Finding, InFile, line_of_text
from watchfloor.settings import applied
from watchfloor.settings.findings import SettingsError, make
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings, read

ROWS = 20
SMALL = 4
SHOWN = 20
"""Ids of removed entries in a finding and in the interface, at most."""
CODE = "removal_held"
LISTS: dict[str, dict[str, str]] = {
    "inventory": {"zh-CN": "资产清单", "en": "inventory"},
    "source": {"zh-CN": "来源", "en": "sources"},
    "rule": {"zh-CN": "规则", "en": "rules"},
    "receiver": {"zh-CN": "接收方", "en": "receivers"},
    "escalation": {"zh-CN": "升级策略", "en": "escalations"},
    "settings": {
        "zh-CN": "设置中的全部来源、规则、接收方和升级策略",
        "en": "all sources, rules, receivers and escalations",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """One list that loses too much. `removed` are the ids, sorted."""

    list: str
    before: int
    after: int
    removed: tuple[str, ...]

    def phrase(self, language: str) -> str:
        """The list, its two lengths and the first of the removed ids, in one phrase."""
        ids = " ".join(self.removed[:SHOWN]) + (" …" if len(self.removed) > SHOWN else "")
        name = LISTS[self.list][language]
        if language == "zh-CN":
            return f"{name} {self.before} → {self.after} 项，将移除 {len(self.removed)} 项：{ids}"
        return f"{name} {self.before} → {self.after}, {len(self.removed)} removed: {ids}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalHold:
    """A change that waits for a person. `at` is when the settings in use were applied (ISO 8601)."""

    at: str
    removals: tuple[Removal, ...]

    @property
    def digest(self) -> str:
        """Digest of the removed ids. Accepting it accepts this removal and no other."""
        text = "\n".join(f"{removal.list} {id}" for removal in self.removals for id in removal.removed)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def findings(self, path: Path) -> list[Finding[InFile]]:
        """One finding for each list."""
        return [
            make(
                CODE,
                file=path.name,
                key="site.removal_guard",
                at=self.at,
                detail={language: removal.phrase(language) for language in ("zh-CN", "en")},
            )
            for removal in self.removals
        ]

    def public(self) -> dict[str, Any]:
        """The hold as the API shows it. `accept` is the digest that accepts it."""
        return {
            "accept": self.digest,
            "applied_at": self.at,
            "lists": [
                {
                    "list": removal.list,
                    "before": removal.before,
                    "after": removal.after,
                    "removed_total": len(removal.removed),
                    "removed": list(removal.removed[:SHOWN]),
                    "message": {language: removal.phrase(language) for language in ("zh-CN", "en")},
                }
                for removal in self.removals
            ],
        }


class RemovalHeld(SettingsError):
    """Readable settings are held because they would remove too much. `hold` lists the removals."""

    def __init__(self, hold: RemovalHold, path: Path) -> None:
        super().__init__(hold.findings(path))
        self.hold = hold


def hold_of(fresh: Settings) -> RemovalHold | None:
    """The hold on readable settings, or None when they may be applied. Reads files."""
    if fresh.removal_guard >= 100 or (previous := applied.last_applied(fresh.path, read(fresh.path))) is None:
        return None
    before, after = _ids(previous.settings), _ids(fresh)
    removals = [
        Removal(
            list=name,
            before=len(before[name]),
            after=len(after[name]),
            removed=tuple(sorted(before[name] - after[name])),
        )
        for name in LISTS
        if _too_much(len(before[name]), len(before[name] - after[name]), bool(after[name]), fresh.removal_guard)
    ]
    single = [removal for removal in removals if removal.list != "settings"]
    return RemovalHold(at=previous.at, removals=tuple(single or removals)) if removals else None


def held(settings: Settings) -> list[str]:
    """A sentence in the site's language for each list that is held."""
    hold = hold_of(settings)
    return [line_of_text(finding, settings.site.language) for finding in hold.findings(settings.path)] if hold else []


def require_accepted(fresh: Settings, accept: str = "") -> None:
    """Raise RemovalHeld unless the settings may be applied or `accept` is the digest of their removal."""
    hold = hold_of(fresh)
    if hold is not None and hold.digest != accept:
        raise RemovalHeld(hold, fresh.path)


def _ids(settings: Settings) -> dict[str, set[str]]:
    parts: dict[str, Iterable[str]] = {
        "source": (source.id for source in settings.sources),
        "rule": (rule.id for rule in settings.rules),
        "receiver": (receiver.id for receiver in settings.receivers),
        "escalation": (escalation.id for escalation in settings.escalations),
    }
    ids = {name: set(part) for name, part in parts.items()}
    return {
        "inventory": set(load_inventory(settings).assets),
        **ids,
        "settings": {f"{name} {id}" for name, part in ids.items() for id in part},
    }


def _too_much(before: int, removed: int, anything_left: bool, percent: float) -> bool:
    if removed < 2:
        return False
    if removed > max(ROWS, before * percent / 100):
        return True
    return not anything_left or (before >= SMALL and removed * 2 > before)
