"""SQLite through cursors of one call: long answers, streams that are left, and the statements of a commit."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from feeds.journal import Journal, JournalLost, sqlite_url
from feeds.journal.connections import Store
from feeds.journal.sqlite_driver import FIRST_ROWS

MANY = FIRST_ROWS * 3 + 7
NUMBERS = text(
    "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers"
    f" WHERE n < {MANY}) SELECT n FROM numbers"
)


@pytest.fixture
async def store(tmp_path: Path) -> Any:
    store = Store(f"sqlite+aiosqlite:///{tmp_path / 'rows.sqlite3'}", "test")
    store.open()
    yield store
    await store.close()


async def test_an_answer_longer_than_one_call_is_whole(store: Store) -> None:
    async with store.reading() as connection:
        assert list((await connection.execute(NUMBERS)).scalars()) == list(range(1, MANY + 1))


async def test_a_stream_is_read_as_it_is_asked_for_and_is_whole(store: Store) -> None:
    async with store.reading() as connection:
        stream = await connection.stream(NUMBERS)
        parts = [[row[0] for row in part] async for part in stream.partitions(FIRST_ROWS + 1)]
    assert [number for part in parts for number in part] == list(range(1, MANY + 1))
    assert [len(part) for part in parts] == [FIRST_ROWS + 1, FIRST_ROWS + 1, FIRST_ROWS + 1, 4]


async def test_a_stream_that_is_left_half_way_locks_nothing(store: Store) -> None:
    async with store.writing() as connection:
        await connection.execute(text("CREATE TABLE row (n INTEGER)"))
        await connection.execute(text("INSERT INTO row VALUES (:n)"), [{"n": n} for n in range(MANY)])
    async with store.reading() as connection:
        stream = await connection.stream(text("SELECT n FROM row"))
        async for part in stream.partitions(10):
            assert len(part) == 10
            break
        await stream.close()
        await connection.exec_driver_sql("DROP TABLE row")  # refused while a statement reads the table


async def test_errors_of_statements_are_those_of_the_driver(store: Store) -> None:
    assert store._engine is not None
    async with store._engine.connect() as connection:
        with pytest.raises(OperationalError, match="no such table"):
            await connection.execute(text("SELECT * FROM nowhere"))
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1


async def test_a_commit_after_sqlite_has_rolled_back_by_itself_is_refused(store: Store) -> None:
    async with store.writing() as connection:
        await connection.execute(text("CREATE TABLE row (n INTEGER UNIQUE)"))
    with pytest.raises(JournalLost, match="rolled back"):
        async with store.writing() as connection:
            await connection.execute(text("INSERT INTO row VALUES (1)"))
            with suppress(IntegrityError):
                await connection.execute(text("INSERT OR ROLLBACK INTO row VALUES (1)"))
    async with store.writing() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM row"))).scalar() == 0


@pytest.mark.parametrize("signed", [False, True], ids=["plain", "signed"])
async def test_a_commit_of_one_entry_and_its_document_takes_few_statements(tmp_path: Path, signed: bool) -> None:
    journal = Journal(sqlite_url(tmp_path), "test", tmp_path / "key" if signed else None)
    await journal.open()
    statements: list[str] = []
    try:
        await _commit(journal, 1)  # the first one makes the seal
        assert journal.store._engine is not None
        event.listen(
            journal.store._engine.sync_engine,
            "before_cursor_execute",
            lambda _connection, _cursor, statement, *_: statements.append(statement.split()[0]),
        )
        await _commit(journal, 2)
    finally:
        await journal.close()
    seal = ["SELECT", "INSERT", "INSERT"] if signed else ["INSERT"]
    assert statements == ["BEGIN", "SELECT", "INSERT", *seal]


async def _commit(journal: Journal, number: int) -> None:
    async with journal.begin() as tx:
        seq = await tx.append(kind="health", name="down", subject="x1", at=float(number))
        await tx.put("health", "x1", {"number": number}, seq=seq)
