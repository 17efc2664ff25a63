"""The parts of SQLAlchemy that the stores use: its asyncio engine without the ORM, and the dialect in use only.

The package `sqlalchemy.ext.asyncio` imports the whole ORM for its sessions, which nothing here uses: 7 MB, of which
every role keeps pages of its own, and a tenth of each start. A dialect is 2 MB.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import sqlalchemy.ext
from sqlalchemy import Index, event, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, Insert
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

__all__ = ["AsyncConnection", "AsyncEngine", "create_async_engine", "insert_many", "partial_index", "upsert_of"]
_PACKAGE = "sqlalchemy.ext.asyncio"


def _engine() -> ModuleType:
    """The module `engine` of the package, imported without running the package's own file.

    An empty package stands in for it meanwhile. A later import of the package is the real one, with the same classes.
    """
    name = f"{_PACKAGE}.engine"
    if name in sys.modules or _PACKAGE in sys.modules:
        return import_module(name)
    package = ModuleType(_PACKAGE)
    package.__path__ = [str(Path(folder) / "asyncio") for folder in sqlalchemy.ext.__path__]
    sys.modules[_PACKAGE] = package
    try:
        return import_module(name)
    finally:
        del sys.modules[_PACKAGE]


def upsert_of(*, is_sqlite: bool) -> Any:
    """The dialect's `insert`, which has `on_conflict_do_update`. Imports the dialect in use only."""
    return import_module(f"sqlalchemy.dialects.{'sqlite' if is_sqlite else 'postgresql'}").insert


async def insert_many(connection: AsyncConnection, statement: Insert, rows: Sequence[tuple[Any, ...]]) -> None:
    """Carry out an insert for rows that have every column of its table, in their order; no rows do nothing.

    The driver takes the rows as they are: SQLAlchemy's handling of parameters is a third of the cost of a full load.
    """
    if rows:
        names = [column.name for column in statement.table.columns]
        compiled = statement.compile(dialect=connection.dialect, column_keys=names)
        order = [names.index(name) for name in compiled.positiontup or names]
        ordered = rows if order == list(range(len(names))) else [tuple(row[index] for index in order) for row in rows]
        await connection.exec_driver_sql(str(compiled), list(ordered))


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that a condition in SQL holds for. Imports no dialect but the one that creates it."""
    index = Index(name, *columns)

    @event.listens_for(index, "before_create")
    def add_condition(_: Index, connection: Connection, **_options: Any) -> None:
        index.dialect_options[connection.dialect.name]["where"] = text(where)

    return index


if not TYPE_CHECKING:
    _module = _engine()
    AsyncConnection, AsyncEngine = _module.AsyncConnection, _module.AsyncEngine
    create_async_engine = _module.create_async_engine
