"""Damage to SQLite files, as a failing disk or an interrupted copy leaves it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

PLACES = ("head", "middle", "tail")
EMPTIED, REMOVED = "emptied", "removed"
FAULTS = (*PLACES, EMPTIED, REMOVED)
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


def harm(file: Path, fault: str) -> None:
    """Put one of FAULTS on a database: damage the file, or empty or remove it with its write-ahead log."""
    if fault in PLACES:
        return damage(file, fault)
    for part in file.parent.glob(f"{file.name}*"):
        if fault == EMPTIED:
            part.write_bytes(b"")
        else:
            part.unlink()


def copied(file: Path) -> bytes:
    """Return the content of a database that may be in use, as one file without a log."""
    copy = file.with_name(f"{file.name}.copy")
    copy.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(file)) as source:
        source.execute("VACUUM INTO ?", (str(copy),))
    content = copy.read_bytes()
    copy.unlink()
    return content


def merge_log(file: Path) -> bool:
    """Move the write-ahead log of a database in use into its file, and empty the log. False when somebody was busy."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)


def put_back(file: Path, content: bytes) -> None:
    """Replace a database that is not in use by this content."""
    for part in file.parent.glob(f"{file.name}*"):
        part.unlink()
    file.write_bytes(content)
