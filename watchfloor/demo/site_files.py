"""The files that the demo's site is made of."""

from __future__ import annotations

from importlib.resources import files


def shipped_text(name: str) -> str:
    """One of the files of watchfloor/demo/site."""
    return (files("watchfloor.demo") / "site" / name).read_text(encoding="utf-8")
