"""Schema versions: an empty store is created, an older one copied and migrated, a newer one left alone."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text

from feeds.cases import schema as cases
from feeds.fencing import Fence, Fenced
from feeds.history import HistoryStore
from feeds.history import schema as history
from feeds.journal import Journal, JournalLost, StoreRefused, versions
from feeds.journal.connections import Store
from tests.feeds.journal.test_journal import write
from tests.patience import PATIENCE

BOOKS = (versions.JOURNAL, history.BOOK, cases.BOOK)
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"


def upgrade() -> None:
    op.add_column("doc", sa.Column("colour", sa.Text))
    {more}
"""
HEAD = versions.JOURNAL.head
NEWER = f"{int(HEAD) + 1:04}"


def next_version(folder: Path, more: str = "") -> None:
    """A migration that this program does not have."""
    folder.mkdir(exist_ok=True)
    (folder / f"v{NEWER}_colour.py").write_text(NEXT.format(more=more, revision=NEWER, head=HEAD))


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes this program one version newer."""

    def become(more: str = "") -> None:
        folder = tmp_path / "migrations"
        next_version(folder, more)
        monkeypatch.setattr(versions.JOURNAL, "head", NEWER)
        monkeypatch.setattr(versions.JOURNAL, "locations", [*versions.JOURNAL.locations, folder])

    return become


async def opened(url: str) -> Journal:
    journal = Journal(url, "test")
    await journal.open()
    return journal


async def number(journal: Journal) -> str:
    async with journal.store.reading() as connection:
        return await versions.version(connection)


def shape(connection: Connection, book: versions.Book) -> dict[str, object]:
    """The database's own description of the tables."""
    inspector = inspect(connection)
    return {
        name: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)],
            sorted((i["name"] or "", tuple(i["column_names"])) for i in inspector.get_indexes(name)),
            sorted((u["name"] or "", tuple(u["column_names"])) for u in inspector.get_unique_constraints(name)),
            inspector.get_pk_constraint(name)["constrained_columns"],
        )
        for name in book.metadata.tables
    }


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
async def test_migrations_and_direct_creation_give_equal_schemas(
    new_journal_url: Callable[[], str], book: versions.Book
) -> None:
    created, migrated = (Store(new_journal_url(), "test") for _ in range(2))
    created.open()
    migrated.open()
    await versions.bring_up(created, book)
    async with migrated.writing(patient=True) as connection:
        await connection.run_sync(versions.upgrade, book.head, book)
        by_steps = await connection.run_sync(shape, book)
    async with created.reading() as connection:
        assert await connection.run_sync(shape, book) == by_steps
        assert await versions.version(connection, book) == book.head
    await created.close()
    await migrated.close()


async def test_a_history_without_a_version_is_migrated_and_keeps_its_rows(journal_url: str) -> None:
    store = Store(journal_url, "test", marks=history.mark)
    store.open()
    async with store.writing() as connection:
        await connection.run_sync(versions.upgrade, "0001", history.BOOK)
        await connection.execute(text("DROP TABLE history_version"))
        await connection.execute(text("INSERT INTO history_watched VALUES (1.0, 2.0)"))
    upgraded = HistoryStore(journal_url, "test", Fence("project", "me", 4))
    await upgraded.open()
    assert await upgraded.watched(0.0, 9.0) == [(1.0, 2.0)]
    await upgraded.note_watched(3.0, 4.0)
    before = HistoryStore(journal_url, "test", Fence("project", "another", 3))
    with pytest.raises(Fenced):
        await before.open()
    async with store.writing() as connection:
        assert await versions.version(connection, history.BOOK) == history.BOOK.head
        await connection.execute(text("UPDATE history_version SET version_num = '0099'"))
    with pytest.raises(StoreRefused, match="metric history has version 0099"):
        await upgraded.open()
    for each in (store, upgraded, before):
        await each.close()


async def test_an_older_store_is_copied_and_migrated_and_loses_nothing(
    journal_url: str, journal_store: str, newer: Callable[..., None]
) -> None:
    old = await opened(journal_url)
    await write(old, "a", "b")
    await old.close()
    newer()
    first, *others = await asyncio.gather(*(opened(journal_url) for _ in range(3)))  # the roles start together
    assert await number(first) == NEWER
    assert [entry.subject for entry in await first.entries()] == ["a", "b"]
    assert await first.verify() == []
    if journal_store == "postgres":
        async with first.store.reading() as connection:
            assert (await connection.execute(text(f"SELECT count(*) FROM before_{HEAD}_entry"))).scalar() == 2
    else:
        (copy,) = Path(first.store.file).parent.glob(f"*.before-migration-{HEAD}*")
        with closing(sqlite3.connect(copy)) as database:
            assert database.execute(
                "SELECT count(*), (SELECT version_num FROM alembic_version) FROM entry"
            ).fetchall() == [(2, HEAD)]
    for journal in (first, *others):
        await journal.close()


async def test_a_migration_that_fails_leaves_the_store_as_it_was(
    journal_url: str, newer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = await opened(journal_url)
    await write(old, "a")
    newer(more='raise RuntimeError("half-way")')
    with pytest.raises(RuntimeError, match="half-way"):
        await Journal(journal_url, "test").open()
    async with old.store.reading() as connection:
        names = [column["name"] for column in await connection.run_sync(lambda c: inspect(c).get_columns("doc"))]
    assert ("colour" in names, await number(old)) == (False, HEAD)
    await write(old, "b")
    assert [entry.subject for entry in await old.entries()] == ["a", "b"]
    await old.close()


async def test_a_newer_store_is_refused_in_both_languages_and_not_touched(
    journal_url: str, newer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    newer()
    ahead = await opened(journal_url)
    await write(ahead, "a")
    monkeypatch.undo()
    with pytest.raises(StoreRefused) as refused:
        await Journal(journal_url, "test").open()
    assert NEWER in refused.value.zh
    assert "newer Watchfloor" in refused.value.en
    assert [entry.subject for entry in await ahead.entries()] == ["a"]
    await ahead.close()


async def test_a_store_without_a_version_counts_as_the_first(journal_url: str) -> None:
    old = await opened(journal_url)
    await write(old, "a")
    async with old.store.writing() as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    await old.close()
    again = await opened(journal_url)
    assert (await number(again), len(await again.entries())) == (HEAD, 1)
    await again.close()


async def test_no_migration_without_a_copy(
    tmp_path: Path, newer: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'journal.sqlite3'}"
    await (await opened(url)).close()
    newer()
    (tmp_path / f"journal.sqlite3.before-migration-{HEAD}.part").mkdir()
    with pytest.raises((JournalLost, OSError)):
        await Journal(url, "test").open()


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.name)
def test_the_versions_are_numbered_without_a_gap_and_end_at_head(book: versions.Book) -> None:
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(versions._config(None, book))  # type: ignore[arg-type]
    revisions = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
    assert revisions[-1] == book.head


def test_a_store_that_is_at_head_does_not_load_alembic(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from feeds.journal import Journal\n"
        "async def go():\n    one = Journal(sys.argv[1], 'x'); await one.open(); await one.close()\n"
        "asyncio.run(go()); asyncio.run(go()); print([m for m in sys.modules if m.startswith('alembic')])"
    )
    url = f"sqlite+aiosqlite:///{tmp_path / 'journal.sqlite3'}"
    command = [sys.executable, "-c", program, url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert done.stdout.strip() == "[]"
