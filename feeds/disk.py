"""Disk space of the data folder: free space, use by store, and estimated days left.

Reading is cheap and needs no supervisor. The supervisor measures growth, which is read from its status file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from feeds import state_file

State = Literal["ok", "low", "full"]
LOW_SHARE = 0.10
"""Free share below which people are warned."""
FULL_SHARE, FULL_BYTES = 0.02, 32_000_000
"""The disk counts as full below this share or this many bytes, whichever is less."""
RESERVE = "reserve"
"""The file in `run/` that is freed when the disk is full."""
STORES: Mapping[str, tuple[str, ...]] = {
    "journal": ("journal.sqlite3*",),
    "history": ("history.sqlite3*",),
    "intake": ("intake.sqlite3*",),
    "valkey": ("valkey/**/*",),
    "logs": ("run/*.log*",),
    "reserve": (f"run/{RESERVE}",),
}
"""The files of each store, as patterns within the data folder."""
OTHER = "other"
DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes of the disk, and bytes that this user may still write."""

    total: int
    free: int

    @property
    def share(self) -> float:
        """Free share, 0 to 1."""
        return self.free / self.total if self.total else 0.0

    @property
    def state(self) -> State:
        """The state for people: low below LOW_SHARE, full when hardly anything can be written."""
        if self.free < min(FULL_BYTES, self.total * FULL_SHARE):
            return "full"
        return "low" if self.share < LOW_SHARE else "ok"


def space(folder: Path) -> Space | None:
    """The disk that holds a folder; None when the system does not report it."""
    try:
        figures = os.statvfs(folder)
    except OSError:
        return None
    return Space(total=figures.f_blocks * figures.f_frsize, free=figures.f_bavail * figures.f_frsize)


def sizes(data: Path) -> dict[str, int]:
    """Bytes of each store in the data folder; `other` is all the rest, for example what was set aside."""
    by_store = {
        name: _bytes(path for pattern in patterns for path in data.glob(pattern)) for name, patterns in STORES.items()
    }
    rest = _bytes(data.rglob("*")) - sum(by_store.values())
    return by_store | {OTHER: max(0, rest)}


def _bytes(paths: Iterable[Path]) -> int:
    total = 0
    for path in paths:
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:  # the file was replaced meanwhile
            continue
    return total


def report(data: Path) -> dict[str, Any]:
    """The report: state, total, free, stores {name: {bytes, per_day}}, days_left.

    `stores` is empty and `days_left` None until a supervisor has measured them.
    """
    now = space(data)
    status = state_file.read_json(data / "run" / "status.json", state_file.mapping, keep_damaged=False) or {}
    measured = status.get("disk")
    measured = measured if isinstance(measured, dict) else {}
    return {
        "state": "ok" if now is None else now.state,
        "total": 0 if now is None else now.total,
        "free": 0 if now is None else now.free,
        "stores": measured.get("stores", {}),
        "days_left": measured.get("days_left"),
    }
