"""Accounts and standbys of real databases: plugins, expired passwords, and the lag of a PostgreSQL standby."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors.contract import Measurement
from collectors.errors import AuthFailed, NotReady
from collectors.network.sql.probe import SqlPoller
from collectors.settings import Credential
from feeds.model import Quality
from tests.collectors.network.loopback import ask, failure, target_of
from tests.patience import PATIENCE
from tests.peers.conftest import own, program, running, unprivileged
from tests.ports import free_port

PASSWORD = "open sesame"
OLD = "2020-01-01"
LAG = "replication_lag_s"


def login(user: str, password: str = PASSWORD) -> Credential:
    return Credential(name="db", kind="password", values={"user": user, "password": password})


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL server: its folder, its port, and the command that runs it."""

    folder: Path
    port: int

    @property
    def command(self) -> list[str]:
        options = ["-k", "", "-h", "127.0.0.1", "-p", str(self.port), "-c", "fsync=off", "-c", "wal_level=replica"]
        return [program("postgres"), "-D", str(self.folder / "data"), *options, "-c", "hot_standby_feedback=on"]

    def sql(self, statement: str) -> None:
        """Run a statement as the superuser."""
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-U", "root"]
        environment = {**os.environ, "PGPASSWORD": PASSWORD}
        subprocess.run(
            [program("psql"), *where, "-qc", statement, "postgres"], check=True, capture_output=True, env=environment
        )

    async def lag(self) -> Measurement:
        target = target_of(f"sql+postgresql://127.0.0.1:{self.port}/postgres?cred=db&query={LAG}", login("watch"))
        return (await ask(SqlPoller(), target))["sql.value"]


@pytest.fixture(scope="module")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(own(tmp_path_factory.mktemp("primary")), free_port())
    (cluster.folder / "pw").write_text(PASSWORD)
    command = [program("initdb"), "-D", f"{cluster.folder}/data", "-U", "root", "-A", "scram-sha-256", "-N"]
    subprocess.run([*command, f"--pwfile={cluster.folder}/pw"], check=True, capture_output=True, **unprivileged())
    with running(cluster.command, cluster.port, cluster.folder / "log"):
        cluster.sql(f"CREATE ROLE watch LOGIN PASSWORD '{PASSWORD}'")
        cluster.sql(f"CREATE ROLE gone LOGIN PASSWORD '{PASSWORD}' VALID UNTIL '{OLD}'")
        cluster.sql(f"CREATE ROLE shut LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
        cluster.sql("CREATE TABLE t (i int)")
        yield cluster


@pytest.fixture(scope="module")
def standby(primary: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(own(tmp_path_factory.mktemp("standby")), free_port())
    source = f"host=127.0.0.1 port={primary.port} user=root password='{PASSWORD}'"
    copy = [program("pg_basebackup"), "-d", source, "-D", f"{cluster.folder}/data", "-R", "-X", "stream", "-c", "fast"]
    subprocess.run(copy, check=True, capture_output=True, **unprivileged())
    with running(cluster.command, cluster.port, cluster.folder / "log"):
        yield cluster


async def settled(cluster: Cluster, value: float | None) -> Measurement:
    """The lag once it has this value: a receiver needs a moment to connect and to notice its loss."""
    end = time.monotonic() + PATIENCE
    while (lag := await cluster.lag()).value != value:
        assert time.monotonic() < end, lag
        time.sleep(0.1)
    return lag


async def test_a_standby_that_streams_has_no_lag_however_old_the_last_write_is(
    primary: Cluster, standby: Cluster
) -> None:
    primary.sql("INSERT INTO t VALUES (1)")
    assert (await settled(standby, 0)).quality is Quality.GOOD
    time.sleep(1.2)  # by transaction times the lag would be more than a second now
    assert (await standby.lag()).value == 0
    assert (await primary.lag()).value == 0


async def test_the_lag_of_a_standby_that_does_not_apply_is_its_delay(primary: Cluster, standby: Cluster) -> None:
    await settled(standby, 0)
    standby.sql("SELECT pg_wal_replay_pause()")
    try:
        primary.sql("INSERT INTO t VALUES (2)")
        end = time.monotonic() + PATIENCE
        while not (lag := (await standby.lag()).value):
            assert time.monotonic() < end
            time.sleep(0.1)
        assert isinstance(lag, float)
        assert 0 < lag < 3600
    finally:
        standby.sql("SELECT pg_wal_replay_resume()")
    await settled(standby, 0)


async def test_the_lag_of_a_standby_that_does_not_stream_is_unknown(primary: Cluster, standby: Cluster) -> None:
    standby.sql("ALTER SYSTEM SET primary_conninfo = 'host=127.0.0.1 port=1'")
    standby.sql("SELECT pg_reload_conf()")
    lag = await settled(standby, None)
    assert lag.quality is Quality.UNCERTAIN
    standby.sql("ALTER SYSTEM RESET primary_conninfo")
    standby.sql("SELECT pg_reload_conf()")


async def test_an_expired_role_of_postgresql_wants_a_person(primary: Cluster) -> None:
    base = f"sql+postgresql://127.0.0.1:{primary.port}/postgres?cred=db"
    assert isinstance(await failure(SqlPoller(), target_of(base, login("gone"))), AuthFailed)
    assert isinstance(await failure(SqlPoller(), target_of(base, login("shut"))), AuthFailed | NotReady)


@pytest.fixture(scope="module")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = own(tmp_path_factory.mktemp("maria"))
    port = free_port()
    install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}/data", "--skip-test-db"]
    subprocess.run(install, check=True, capture_output=True, **unprivileged())
    (folder / "init.sql").write_text(
        "INSTALL SONAME 'auth_ed25519';\n"
        f"CREATE USER 'ed'@'127.0.0.1' IDENTIFIED VIA ed25519 USING PASSWORD('{PASSWORD}');\n"
        f"CREATE USER 'exp'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}' PASSWORD EXPIRE;\n"
    )
    start = [program("mariadbd"), "--no-defaults", f"--datadir={folder}/data", f"--socket={folder}/s"]
    start += [f"--port={port}", "--bind-address=127.0.0.1", f"--pid-file={folder}/pid"]
    start += [f"--init-file={folder}/init.sql", "--innodb-buffer-pool-size=16M", "--skip-name-resolve"]
    start += ["--innodb-flush-log-at-trx-commit=0"]
    with running(start, port, folder / "log"):
        yield f"sql+mysql://127.0.0.1:{port}/information_schema?cred=db"


async def test_an_account_by_ed25519_signs_in_and_a_wrong_password_wants_a_person(mariadb: str) -> None:
    assert "sql.ms" in await ask(SqlPoller(), target_of(mariadb, login("ed")))
    error = await failure(SqlPoller(), target_of(mariadb, login("ed", "wrong word")))
    assert isinstance(error, AuthFailed)
    assert "wrong word" not in error.en


async def test_an_expired_password_of_mariadb_is_told_as_such(mariadb: str) -> None:
    error = await failure(SqlPoller(), target_of(mariadb, login("exp")))
    assert isinstance(error, AuthFailed)
    assert "has expired" in error.en
    assert "已过期" in error.zh
