"""Copies of a store before a migration: a verified file beside SQLite's, tables within PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, text

from feeds.journal import schema
from feeds.journal.records import JournalLost


def copy_sqlite(source: Path, version: str) -> Path:
    """A consistent copy `NAME.before-migration-VERSION`, synced to disk, verified and directly usable.

    Other processes may write meanwhile. Raises JournalLost when the copy cannot be made or is incomplete.
    """
    target = _free(source.with_name(f"{source.name}.before-migration-{version}"))
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(part)) as copy:
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            _check(original, copy)
        os.chmod(part, source.stat().st_mode & 0o777)
        _sync(part)
        part.replace(target)
        _sync(target.parent)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise JournalLost(f"no copy of {source.name} could be made, so it was not migrated: {error}") from error
    return target


def _free(path: Path) -> Path:
    """The path, or the first unused one of path-2, path-3 …"""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name}-{number}")
    return free


def _check(original: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    (verdict,) = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise sqlite3.DatabaseError(verdict)
    names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    for (name,) in original.execute(names).fetchall():
        count = f'SELECT count(*) FROM "{name}"'
        if original.execute(count).fetchone() != copy.execute(count).fetchone():
            raise sqlite3.DatabaseError(f"the copy of {name} is incomplete")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def copy_tables(connection: Connection, version: str) -> None:
    """Copy every table to `before_VERSION_NAME`, in the migration's own transaction."""
    for name in schema.metadata.tables:
        copy = f"before_{version}_{name}"
        connection.execute(text(f"DROP TABLE IF EXISTS {copy}"))
        connection.execute(text(f"CREATE TABLE {copy} AS TABLE {name}"))
