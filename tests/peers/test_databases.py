"""SQL probes against a real PostgreSQL and a real MariaDB, over the same cases."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.sql.probe import SqlPoller
from collectors.network.sql.queries import BUILT_IN
from collectors.settings import Credential
from tests.collectors.network.loopback import ask, failure, target_of, values_of
from tests.peers.conftest import own, program, running, unprivileged
from tests.ports import free_port

PASSWORD = "open sesame"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def certified(folder: Path, authority: trustme.CA) -> tuple[Path, Path]:
    """Certificate and key of a server called localhost, as files that the peer may read."""
    certificate, files = authority.issue_cert("localhost"), (folder / "server.pem", folder / "server.key")
    files[0].write_bytes(b"".join(certificate.bytes() for certificate in certificate.cert_chain_pems))
    files[1].write_bytes(certificate.private_key_pem.bytes())
    for file in files:
        file.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(file, unprivileged()["user"], unprivileged()["group"])
    return files


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[str]:
    folder = own(tmp_path_factory.mktemp("pg"))
    server, initdb, port = program("postgres"), program("initdb"), free_port()
    (folder / "pw").write_text(PASSWORD)
    command = [initdb, "-D", f"{folder}/data", "-U", "watch", "-A", "scram-sha-256", f"--pwfile={folder}/pw", "-N"]
    subprocess.run(command, check=True, capture_output=True, **unprivileged())
    start = [server, "-D", f"{folder}/data", "-k", "", "-h", "127.0.0.1", "-p", str(port), "-c", "fsync=off"]
    certificate, key = certified(folder, authority)
    start += ["-c", "ssl=on", "-c", f"ssl_cert_file={certificate}", "-c", f"ssl_key_file={key}"]
    with running(start, port, folder / "log"):
        yield f"sql+postgresql://127.0.0.1:{port}/postgres"


@pytest.fixture(scope="module")
def mysql(tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA) -> Iterator[str]:
    folder = own(tmp_path_factory.mktemp("my"))
    server, port = program("mariadbd"), free_port()
    install = [program("mariadb-install-db"), f"--datadir={folder}/data", "--skip-test-db", "--no-defaults"]
    subprocess.run(install, check=True, capture_output=True, **unprivileged())
    (folder / "init.sql").write_text(
        f"CREATE DATABASE watch;\nCREATE USER 'watch'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';\n"
        "GRANT SELECT, INSERT, CREATE ON watch.* TO 'watch'@'127.0.0.1';\n"
        "GRANT PROCESS ON *.* TO 'watch'@'127.0.0.1';\n"
        "CREATE TABLE watch.cases (id int);\n"
    )
    start = [
        server,
        "--no-defaults",
        f"--datadir={folder}/data",
        f"--socket={folder}/s",
        f"--port={port}",
        "--bind-address=127.0.0.1",
        f"--pid-file={folder}/pid",
        f"--init-file={folder}/init.sql",
        "--innodb-buffer-pool-size=16M",
        "--skip-name-resolve",
        "--innodb-flush-log-at-trx-commit=0",
    ]
    certificate, key = certified(folder, authority)
    start += [f"--ssl-cert={certificate}", f"--ssl-key={key}"]
    with running(start, port, folder / "log"):
        yield f"sql+mysql://127.0.0.1:{port}/watch"


@pytest.fixture(params=["postgresql", "mysql"])
def base(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


def login(password: str = PASSWORD, ca: str = "", **queries: str) -> Credential:
    own_ones = {f"query.{name}": statement for name, statement in queries.items()}
    return Credential(name="db", kind="password", values={"user": "watch", "password": password, "ca": ca, **own_ones})


async def test_it_lets_us_in(base: str) -> None:
    readings = values_of(await ask(SqlPoller(), target_of(f"{base}?cred=db", login())))
    assert set(readings) == {"sql.ms"}
    assert float(readings["sql.ms"] or 0) > 0


async def test_every_built_in_query_works(base: str) -> None:
    poller = SqlPoller()
    for name, query in BUILT_IN[base.partition(":")[0]].items():
        measurements = await ask(poller, target_of(f"{base}?cred=db&query={name}", login()))
        assert isinstance(measurements["sql.value"].value, int | float), name
        assert measurements["sql.value"].unit == query.unit


async def test_a_wrong_password_wants_a_person(base: str) -> None:
    error = await failure(SqlPoller(), target_of(f"{base}?cred=db", login("wrong word")))
    assert isinstance(error, AuthFailed)
    assert "wrong word" not in f"{error.en}{error.zh}"


async def test_an_own_query_has_its_metric_unit_and_expectation(base: str) -> None:
    own_one = login(backlog="SELECT 41 + 1;")
    fine = target_of(f"{base}?cred=db&query=backlog&metric=cases.backlog&unit=1&expect=42", own_one)
    assert values_of(await ask(SqlPoller(), fine))["cases.backlog"] == 42
    error = await failure(SqlPoller(), target_of(f"{base}?cred=db&query=backlog&expect=0", own_one))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


SLOW = {"sql+postgresql": "SELECT pg_sleep(60)", "sql+mysql": "SELECT BENCHMARK(9000000000, MD5('a'))"}
MANY = {"sql+postgresql": "SELECT generate_series(1, 300000)", "sql+mysql": "SELECT seq FROM seq_1_to_100000000"}
WRITE = {
    "sql+postgresql": "WITH made AS (INSERT INTO cases VALUES (1) RETURNING 1) SELECT * FROM made",
    "sql+mysql": "SELECT id FROM cases FOR UPDATE",
}


async def test_a_slow_statement_is_ended_by_the_server(base: str) -> None:
    slow = login(slow=SLOW[base.partition(":")[0]])
    error = await failure(SqlPoller(), target_of(f"{base}?cred=db&query=slow", slow, timeout=1.0))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT


async def test_of_many_rows_the_first_is_read(base: str) -> None:
    rows = login(many=MANY[base.partition(":")[0]])
    target = target_of(f"{base}?cred=db&query=many", rows, 60.0)
    assert values_of(await ask(SqlPoller(), target))["sql.value"] == 1


async def test_a_query_that_cannot_work_is_misconfigured(base: str) -> None:
    queries = login(typo="SELECT nope", write=WRITE[base.partition(":")[0]])
    for name in ("typo", "write"):
        assert isinstance(await failure(SqlPoller(), target_of(f"{base}?cred=db&query={name}", queries)), Misconfigured)


async def test_no_row_is_a_wrong_answer_and_null_is_uncertain(base: str) -> None:
    queries = login(none="SELECT 1 FROM (SELECT 1) one WHERE 1 = 0", null="SELECT NULL")
    error = await failure(SqlPoller(), target_of(f"{base}?cred=db&query=none", queries))
    assert isinstance(error, NotReady)
    assert "no row" in error.en
    measurements = await ask(SqlPoller(), target_of(f"{base}?cred=db&query=null", queries))
    assert (measurements["sql.value"].value, measurements["sql.value"].quality) == (None, "uncertain")


async def test_a_database_that_is_not_there_says_so(base: str) -> None:
    error = await failure(SqlPoller(), target_of(f"{base}x?cred=db", login()))
    assert isinstance(error, NotReady | AuthFailed)


async def test_a_private_authority_is_named_in_the_credential(base: str, authority: trustme.CA) -> None:
    url = base.replace("127.0.0.1", "localhost")
    right, wrong = (login(ca=issuer.cert_pem.bytes().decode()) for issuer in (authority, trustme.CA()))
    for tls in ("", "&tls=verify"):
        assert values_of(await ask(SqlPoller(), target_of(f"{url}?cred=db{tls}", right)))["sql.ms"]
        error = await failure(SqlPoller(), target_of(f"{url}?cred=db{tls}", wrong))
        assert isinstance(error, NotReady)
        assert error.reason is Reason.TLS
        assert "issuer" in error.en
    stranger = await failure(SqlPoller(), target_of(f"{url}?cred=db&tls=verify", login()))
    assert isinstance(stranger, NotReady)
    assert stranger.reason is Reason.TLS
    for tls in ("prefer", "no"):
        assert values_of(await ask(SqlPoller(), target_of(f"{url}?cred=db&tls={tls}", wrong)))["sql.ms"]
