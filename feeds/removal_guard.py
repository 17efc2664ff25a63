"""The removal guard: a change that would remove much of a list waits for a person. Pure functions.

A list is held when it loses more than the greater of `percent` and ROWS entries, when it loses more than half of at
least SMALL entries, or when it becomes empty. ROWS lets a large site be edited freely; the other two protect small
sites, where 20 entries are everything. The removal of a single entry is never held; 100 % switches the guard off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROWS = 20
SMALL = 4
SHOWN = 20
"""Ids of removed entries in a sentence and in the interface, at most."""
PERCENT = 10.0
LISTS: dict[str, dict[str, str]] = {
    "inventory": {"zh-CN": "资产清单", "en": "inventory"},
    "source": {"zh-CN": "来源", "en": "sources"},
    "rule": {"zh-CN": "规则", "en": "rules"},
    "receiver": {"zh-CN": "接收方", "en": "receivers"},
    "escalation": {"zh-CN": "升级策略", "en": "escalations"},
    "unit": {"zh-CN": "责任单位", "en": "units"},
    "resource": {"zh-CN": "应急资源", "en": "resources"},
    "plan": {"zh-CN": "预案文件", "en": "plans"},
    "item": {"zh-CN": "审批事项目录", "en": "catalogue of approval items"},
    "department": {"zh-CN": "审批部门", "en": "departments of approvals"},
    "calendar": {"zh-CN": "工作日历", "en": "calendars"},
    "settings": {
        "zh-CN": "设置中的全部来源、规则、接收方和升级策略",
        "en": "all sources, rules, receivers and escalations",
    },
    "persons": {"zh-CN": "值班人员", "en": "persons of the roster"},
    "shifts": {"zh-CN": "班次", "en": "shifts"},
    "patterns": {"zh-CN": "轮班", "en": "rotations"},
    "assignments": {"zh-CN": "今后的排班", "en": "assignments from today on"},
}
"""The lists that are guarded, by name, as people call them."""


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

    def public(self) -> dict[str, Any]:
        """The removal as the API shows it."""
        return {
            "list": self.list,
            "before": self.before,
            "after": self.after,
            "removed_total": len(self.removed),
            "removed": list(self.removed[:SHOWN]),
            "message": {language: self.phrase(language) for language in ("zh-CN", "en")},
        }


def removals(
    before: Mapping[str, Collection[str]], after: Mapping[str, Collection[str]], percent: float
) -> list[Removal]:
    """The lists (ids by name of the list) that lose too much. A list that `after` lacks has become empty."""
    if percent >= 100:
        return []
    held = []
    for name, ids in before.items():
        remaining = set(after.get(name, ()))
        removed = set(ids) - remaining
        if _too_much(len(ids), len(removed), bool(remaining), percent):
            held.append(Removal(list=name, before=len(ids), after=len(remaining), removed=tuple(sorted(removed))))
    return held


def digest(held: Sequence[Removal]) -> str:
    """Digest of the removed ids. Accepting it accepts this removal and no other."""
    text = "\n".join(f"{removal.list} {id}" for removal in held for id in removal.removed)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _too_much(before: int, removed: int, anything_left: bool, percent: float) -> bool:
    if removed < 2:
        return False
    if removed > max(ROWS, before * percent / 100):
        return True
    return not anything_left or (before >= SMALL and removed * 2 > before)
