"""Stores that accompany the journal: the history and the cases. Each has one writing role, and its own tables."""

from __future__ import annotations

import secrets
from pathlib import Path

from sqlalchemy import Table, insert, select
from sqlalchemy.engine import make_url

from feeds.fencing import Fence, Fenced
from feeds.journal import fences
from feeds.journal.connections import Store
from feeds.journal.versions import Book, bring_up

LIFE = "life"
"""Name of the mark that names a store's life: random, made with its file."""


def companion_url(journal_url: str, file_name: str) -> str:
    """URL of the store that belongs to a journal: that file beside a SQLite journal, else the journal's database."""
    url = make_url(journal_url)
    if not url.drivername.startswith("sqlite"):
        return journal_url
    return url.set(database=str(Path(str(url.database)).with_name(file_name))).render_as_string(False)


async def open_companion(store: Store, book: Book, marks: Table, fence: Fence | None) -> None:
    """Connect, create or migrate the tables, and fence off earlier writers. `marks` holds the generation.

    Raises StoreRefused for a newer schema, Fenced when a later generation of the role has written already.
    """
    store.open()
    await bring_up(store, book)
    await _begin_life(store, marks)
    if fence is not None:
        await _take_over(store, marks, fence)


async def _begin_life(store: Store, marks: Table) -> None:
    async with store.reading() as connection:
        if (await connection.execute(select(marks.c.value).where(marks.c.name == LIFE))).first() is not None:
            return
    async with store.writing(fenced=False) as connection:
        if (await connection.execute(select(marks.c.value).where(marks.c.name == LIFE))).first() is None:
            await connection.execute(insert(marks).values(name=LIFE, value=secrets.token_hex(8)))


async def _take_over(store: Store, marks: Table, fence: Fence) -> None:
    """Record the role's generation here as well, because this may be another file than the journal."""
    async with store.writing(fenced=False) as connection:
        current = await fences.number(connection, marks, fence.role)
        if current > fence.number:
            raise Fenced(f"{fence.role} is at generation {current}, this process has generation {fence.number}")
        if current < fence.number:
            await fences.set_number(connection, marks, fence, fence.number)
    store.fence = fence
