"""The files that are shipped for the demo's site."""

from __future__ import annotations

from importlib.resources import files


def shipped_text(name: str) -> str:
    """The text of a file in watchfloor/demo/site."""
    return (files("watchfloor.demo") / "site" / name).read_text(encoding="utf-8")
