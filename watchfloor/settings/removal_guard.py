"""Hold settings that would remove much of a site until a person accepts the removal.

An inventory file that is empty or cut off is readable, but rarely intended. The lists of the files are compared with
those that were applied last on this machine; `feeds.removal_guard` says what is too much.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feeds.findings import Finding, InFile, line_of_text
from feeds.removal_guard import Removal, digest, removals
from watchfloor.settings import applied
from watchfloor.settings.findings import SettingsError, make
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings, read

CODE = applied.REMOVAL_HELD


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalHold:
    """A change that waits for a person. `at` is when the settings in use were applied (ISO 8601)."""

    at: str
    removals: tuple[Removal, ...]

    @property
    def digest(self) -> str:
        """Digest of the removed ids. Accepting it accepts this removal and no other."""
        return digest(self.removals)

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
        return {"accept": self.digest, "applied_at": self.at, "lists": [removal.public() for removal in self.removals]}


class RemovalHeld(SettingsError):
    """Readable settings are held because they would remove too much. `hold` lists the removals."""

    def __init__(self, hold: RemovalHold, path: Path) -> None:
        super().__init__(hold.findings(path))
        self.hold = hold


def hold_of(fresh: Settings) -> RemovalHold | None:
    """The hold on readable settings, or None when they may be applied. Reads files."""
    if fresh.removal_guard >= 100 or applied.is_applied(fresh):
        return None  # every start of a role asks
    previous = applied.last_applied(fresh.path, read(fresh.path), as_applied=True)
    if previous is None:
        return None
    losses = removals(ids(previous.settings), ids(fresh), fresh.removal_guard)
    single = [removal for removal in losses if removal.list != "settings"]
    return RemovalHold(at=previous.at, removals=tuple(single or losses)) if losses else None


def held(settings: Settings) -> list[str]:
    """A sentence in the site's language for each list that is held."""
    hold = hold_of(settings)
    return [line_of_text(finding, settings.site.language) for finding in hold.findings(settings.path)] if hold else []


def require_accepted(fresh: Settings, accept: str = "") -> None:
    """Raise RemovalHeld unless the settings may be applied or `accept` is the digest of their removal."""
    hold = hold_of(fresh)
    if hold is not None and hold.digest != accept:
        raise RemovalHeld(hold, fresh.path)


def ids(settings: Settings) -> dict[str, set[str]]:
    """The ids of every guarded list."""
    parts: dict[str, Iterable[str]] = {
        "source": (source.id for source in settings.sources),
        "rule": (rule.id for rule in settings.rules),
        "receiver": (receiver.id for receiver in settings.receivers),
        "escalation": (escalation.id for escalation in settings.escalations),
    }
    listed = {name: set(part) for name, part in parts.items()}
    incidents, approvals = settings.incidents, settings.approvals
    return {
        "inventory": set(load_inventory(settings).assets),
        **listed,
        "unit": set(incidents.units),
        "resource": {resource.id for resource in incidents.resources},
        "plan": {plan.name for plan in incidents.plans},
        "item": {item.code for item in approvals.items},
        "department": set(approvals.departments),
        "calendar": {f"{calendar.region} {calendar.year}".strip() for calendar in approvals.calendars},
        "settings": {f"{name} {id}" for name, part in listed.items() for id in part},
    }
