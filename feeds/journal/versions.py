"""The store's schema version: compared at every start, moved forward when it is older, refused when it is newer.

Versions are four-digit numbers, one a migration. The row is Alembic's own (`alembic_version`), but Alembic
itself is loaded only for a store that is behind: its import costs more than the rest of the start.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.journal import schema
from feeds.journal.connections import Store
from feeds.journal.copies import copy_sqlite, copy_tables
from feeds.journal.records import JournalError, StoreRefused

log = logging.getLogger(__name__)

HEAD = "0002"
"""The newest version that this program knows; it writes no other."""
FIRST = "0001"
TABLE = "alembic_version"
SCRIPTS = Path(__file__).parent / "migrations"
LOCATIONS = [SCRIPTS / "versions"]


async def bring_up(store: Store) -> None:
    """Make an empty store, or bring an older one to HEAD after a copy of it. StoreRefused: it is newer than we are."""
    if await _quick(store) == HEAD:
        return
    async with store.writing(patient=True) as connection:
        found = await version(connection)
        if found == HEAD:  # another process was quicker
            return
        if not found:
            await connection.run_sync(create)
            return
        refuse_newer(found)
        await _keep_copy(store, connection, found)
        log.info("journal: migrating from version %s to %s", found, HEAD)
        await connection.run_sync(upgrade, HEAD)
    log.info("journal: now at version %s", HEAD)


async def _quick(store: Store) -> str:
    """The version by one statement; "" when there is no such table, and when the store has an error to tell."""
    try:
        async with store.reading() as connection:
            return str((await connection.execute(text(f"SELECT version_num FROM {TABLE}"))).scalar() or "")
    except JournalError as error:
        log.debug("journal: no version: %s", error)
        return ""


async def version(connection: AsyncConnection) -> str:
    """The store's version; "" for an empty one. A store from before there were versions has the first."""
    names = await connection.run_sync(lambda one: set(inspect(one).get_table_names()))
    if TABLE in names:
        return str((await connection.execute(text(f"SELECT version_num FROM {TABLE}"))).scalar() or "")
    if not names & set(schema.metadata.tables):
        return ""
    await connection.run_sync(_stamp, FIRST)
    return FIRST


def refuse_newer(found: str) -> None:
    """StoreRefused unless HEAD is that version or can be reached from it."""
    if not (found.isdigit() and int(found) <= int(HEAD)):
        raise StoreRefused(
            f"台账的版本是 {found}，本程序只认识到 {HEAD}：它由更新的值守台写过。数据未动。"
            "请改用更新的版本，或在空的数据文件夹中恢复升级前的备份（watchfloor restore）。",
            f"The journal has version {found}; this program knows versions up to {HEAD}: a newer Watchfloor wrote it. "
            "Nothing was changed. Run the newer version, or restore a backup from before the upgrade into an empty "
            "data folder (watchfloor restore).",
        )


async def _keep_copy(store: Store, connection: AsyncConnection, found: str) -> None:
    if store.is_sqlite:
        copy = await asyncio.to_thread(copy_sqlite, Path(store.file), found)
        log.info("journal: a copy from before the migration is kept as %s", copy.name)
    else:
        await connection.run_sync(copy_tables, found)
        log.info("journal: copies from before the migration are kept as tables before_%s_…", found)


def create(connection: Connection, target: str | None = None) -> None:
    """The tables of an empty store: at HEAD at once, at an older version through its migrations."""
    if target not in (None, HEAD):
        return upgrade(connection, str(target))
    schema.metadata.create_all(connection)
    return _stamp(connection, HEAD)


def _stamp(connection: Connection, number: str) -> None:
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {TABLE} (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(text(f"DELETE FROM {TABLE}"))
    connection.execute(text(f"INSERT INTO {TABLE} VALUES (:number)"), {"number": number})


def upgrade(connection: Connection, target: str) -> None:
    """Run the migrations up to a version, in the connection's own transaction."""
    from alembic import command

    command.upgrade(_config(connection), target)


def _config(connection: Connection) -> Any:
    from alembic.config import Config

    config = Config()
    locations = [str(SCRIPTS), *(str(one) for one in LOCATIONS)]
    for key, value in (("script_location", locations[0]), ("version_locations", "\n".join(locations[1:]))):
        config.set_main_option(key, value.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
