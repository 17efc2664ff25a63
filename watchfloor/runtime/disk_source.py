"""The disk of the data folder as a source: on `/sources`, in `/metrics`, and for rules about sources."""

from __future__ import annotations

from pathlib import Path

from feeds import disk
from feeds.model import Heartbeat
from feeds.texts.catalogue import text

SOURCE = "role.disk"


def disk_heartbeat(data: Path, language: str, at: float, every: float) -> Heartbeat | None:
    """The heartbeat of the disk: failing with a text below 10 % free. None when the system does not tell.

    `at` is in epoch seconds. `every` is the number of seconds within which the next heartbeat follows.
    """
    room = disk.report(data)
    if not room["total"]:
        return None
    figures = {
        "free_mb": round(room["free"] / 1e6, 1),
        "total_mb": round(room["total"] / 1e6, 1),
        "free_percent": round(room["free"] / room["total"] * 100, 1),
    }
    if room["days_left"] is not None:
        figures["days_left"] = float(room["days_left"])
    error = ""
    if (state := room["state"]) != "ok":
        error = text(f"disk.{state}", language, free=figures["free_mb"], percent=figures["free_percent"])
    return Heartbeat(source=SOURCE, kind="role", at=at, ok=not error, error=error, every=every, stats=figures)
