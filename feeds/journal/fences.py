"""A role's number in a store: raised when a copy takes the role over, and compared before each of its writes.

It is one row among the store's marks (`cursor` in the journal, `history_mark` in the history), read under the writers'
lock: a copy that was stopped in the middle of a step and goes on later finds another number, and writes nothing.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.fencing import Fence, Fenced


def name_of(role: str) -> str:
    """The row's name."""
    return f"lease.{role}"


async def number(connection: AsyncConnection, marks: Table, role: str) -> int:
    """The role's number, 0 before its first turn."""
    statement = select(marks.c.value).where(marks.c.name == name_of(role))
    row = (await connection.execute(statement)).first()
    return int(json.loads(row[0])["number"]) if row else 0


async def set_number(connection: AsyncConnection, marks: Table, fence: Fence, value: int) -> None:
    """Write the number down, and who holds it, for people."""
    upsert: Any = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    text = json.dumps({"holder": fence.holder, "number": value}, sort_keys=True)
    statement = upsert(marks).values(name=name_of(fence.role), value=text)
    await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": text}))


async def check(connection: AsyncConnection, marks: Table, fence: Fence) -> None:
    """Raises Fenced unless the number in the store is the fence's."""
    found = await number(connection, marks, fence.role)
    if found != fence.number:
        raise Fenced(f"{fence.role} is in its turn {found}, this copy had turn {fence.number}")
