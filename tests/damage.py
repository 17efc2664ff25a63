"""Damage to SQLite files, as a failing disk or an interrupted copy leaves it."""

from __future__ import annotations

from pathlib import Path

PLACES = ("head", "middle", "tail")
_PAGE = 4096


def damage(file: Path, place: str) -> None:
    """Overwrite the head or every page of the middle, or cut the second half off."""
    content = bytearray(file.read_bytes())
    assert len(content) > 4 * _PAGE, "too small to have a middle"
    if place == "head":
        content[:64] = b"\xff" * 64
    elif place == "middle":
        for at in range(2 * _PAGE, len(content) - _PAGE, _PAGE):
            content[at : at + 8] = b"\xff" * 8
    else:
        del content[len(content) // 2 // _PAGE * _PAGE :]
    file.write_bytes(content)
