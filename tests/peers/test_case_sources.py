"""`approvals.sql` on a real MariaDB: stopped and restarted, late commits, rows of one stamp, GBK, and sweeps."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import asyncmy
import pytest

from collectors.approvals.sql import SqlCaseFeed
from collectors.contract import FetchResult
from collectors.errors import NotReady
from collectors.settings import Credential, SourceSettings
from feeds.cases.facts import CaseFact
from feeds.cases.source import CaseSource, CaseTable, SweepSettings
from tests.feeds.workdays.books import at
from tests.peers.conftest import own, program, running, unprivileged
from tests.ports import free_port

PASSWORD = "loopback-only"
NOW = at("2026-11-27T10:00")
QUERY = "SELECT * FROM accept WHERE (cd_time, id) > (:since, :id) ORDER BY cd_time, id LIMIT :page"
KEYS = "SELECT no FROM accept WHERE accept >= :from"
MAP = {
    "number": "no",
    "changed": {"from": "cd_time", "as": "datetime"},
    "item_name": "task",
    "kind": {"from": "type", "words": {"2": "承诺件"}},
    "accepted": {"from": "accept", "as": "datetime"},
    "person": {"name": "applyer"},
}
Server = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> tuple[Server, int]:
    """What starts a MariaDB on the same data each time, and its port."""
    folder = own(tmp_path_factory.mktemp("cases"))
    port = free_port()
    install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True, **unprivileged())
    (folder / "init.sql").write_text(
        "CREATE DATABASE IF NOT EXISTS zwfw CHARACTER SET gbk;\n"
        f"CREATE USER IF NOT EXISTS 'zwfw'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT ALL ON zwfw.* TO 'zwfw'@'127.0.0.1';\n"
        "CREATE TABLE IF NOT EXISTS zwfw.accept (id int AUTO_INCREMENT PRIMARY KEY, no varchar(50), cd_time datetime,"
        " task varchar(200), type int, accept datetime, applyer varchar(200));\n"
    )
    start = [program("mariadbd"), "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/s"]
    start += [f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid"]
    start += [f"--init-file={folder}/init.sql", "--innodb-buffer-pool-size=16M", "--skip-name-resolve"]
    return lambda: running(start, port, folder / "log"), port


@asynccontextmanager
async def department(port: int) -> AsyncIterator[Any]:
    """A cursor of the department's own program."""
    connection = await asyncmy.connect(
        host="127.0.0.1", port=port, user="zwfw", password=PASSWORD, db="zwfw", charset="gbk", autocommit=True
    )
    try:
        async with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


async def insert(cursor: Any, *numbers: int, stamp: str = "2026-11-27 09:00:00") -> None:
    rows = [(f"N{n:05}", stamp, "建设工程规划许可", 2, "2026-11-20 09:00:00", "王金丝雀") for n in numbers]
    sql = "INSERT INTO accept (no, cd_time, task, type, accept, applyer) VALUES (%s, %s, %s, %s, %s, %s)"
    await cursor.executemany(sql, rows)


def feed_of(tmp_path: Path, port: int) -> SqlCaseFeed:
    sweep = SweepSettings(minute=150, keys=KEYS)
    table = CaseTable(name="case", map=MAP, query=QUERY, change=("cd_time", "id"), sweep=sweep)
    source = CaseSource(
        system="hall", tables=(table,), page=500, key=tmp_path / "personal.key", state=tmp_path / "state.json"
    )
    settings = SourceSettings(
        id="hall", kind="approvals.sql", url=f"mysql://127.0.0.1:{port}/zwfw", timeout=10.0, approvals=source
    )
    SqlCaseFeed.validate(settings)
    credential = Credential(name="hall", kind="password", values={"user": "zwfw", "password": PASSWORD})
    return SqlCaseFeed(settings, credential)


def read(result: FetchResult, table: str = "case") -> list[CaseFact]:
    return [item for item in result.items if isinstance(item, CaseFact) and item.table == table]


async def test_a_department_that_stops_and_comes_back_with_changed_rows(
    server: tuple[Server, int], tmp_path: Path
) -> None:
    start, port = server
    feed = feed_of(tmp_path, port)
    with start():
        async with department(port) as cursor:
            await insert(cursor, *range(5000))  # one stamp over ten pages
        facts = read(await feed.fetch(NOW))
        assert len({fact.number for fact in facts}) == len(facts) == 5000
        assert facts[0].body["item_name"] == "建设工程规划许可"
        assert "金丝雀" not in repr(facts)
        async with department(port) as cursor:  # committed two minutes late under an old stamp
            await insert(cursor, 5000, stamp="2026-11-27 08:58:00")
        assert [fact.number for fact in read(await feed.fetch(NOW))] == ["N05000"]
    with pytest.raises(NotReady):
        await feed.fetch(NOW)
    with start():
        async with department(port) as cursor:
            await cursor.execute("UPDATE accept SET type = 2, cd_time = '2026-11-27 10:05:00' WHERE no = 'N00007'")
            await cursor.execute("DELETE FROM accept WHERE no = 'N00009'")
            await insert(cursor, 6000, stamp="2026-11-20 09:00:00")  # long before the overlap: for the sweep
        later = await feed.fetch(NOW + 600)
        assert [fact.number for fact in read(later)] == ["N00007"]
        assert len(read(later, "heard")) == 1
        night = await feed.fetch(at("2026-11-28T02:31"))
        assert "N06000" in {fact.number for fact in read(night)}
        numbers = {number for part in read(night, "sweep") for number in part.body["numbers"]}
        assert len(numbers) == 5001
        assert "N00009" not in numbers
