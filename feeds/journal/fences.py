"""Fencing of a role in a store: its generation is raised at every takeover and compared before each write.

It is one row among the store's marks (`cursor` in the journal, `history_mark` in the history), read under the writers'
lock. A process that was suspended in the middle of a step finds another generation later, and writes nothing.
"""

from __future__ import annotations

import json

from sqlalchemy import Table, select

from feeds.fencing import Fence, Fenced
from feeds.journal.sqlalchemy_core import AsyncConnection, upsert_of


def name_of(role: str) -> str:
    """Name of the row."""
    return f"lease.{role}"


async def number(connection: AsyncConnection, marks: Table, role: str) -> int:
    """The role's generation, 0 before its first takeover."""
    statement = select(marks.c.value).where(marks.c.name == name_of(role))
    row = (await connection.execute(statement)).first()
    return int(json.loads(row[0])["number"]) if row else 0


async def set_number(connection: AsyncConnection, marks: Table, fence: Fence, value: int) -> None:
    """Store the generation and, for people, its holder."""
    upsert = upsert_of(is_sqlite=connection.dialect.name == "sqlite")
    text = json.dumps({"holder": fence.holder, "number": value}, sort_keys=True)
    statement = upsert(marks).values(name=name_of(fence.role), value=text)
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": text}))


async def check(connection: AsyncConnection, marks: Table, fence: Fence) -> None:
    """Raise Fenced unless the stored generation is the fence's."""
    current = await number(connection, marks, fence.role)
    if current != fence.number:
        raise Fenced(f"{fence.role} is at generation {current}, this process has generation {fence.number}")
