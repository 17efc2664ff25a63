"""The journal on a PostgreSQL of Debian's that speaks TLS: nobody else is taken for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from feeds.journal import Journal, JournalLost
from tests.peers.conftest import own, program, running, unprivileged
from tests.peers.test_databases import certified
from tests.ports import free_port

PASSWORD = "loopback-only"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def port(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server that takes connections by TLS alone; its certificate is for the name localhost, not for 127.0.0.1."""
    folder, number = own(tmp_path_factory.mktemp("pgtls")), free_port()
    data = folder / "data"
    certificate, key = certified(folder, authority)
    (folder / "pw").write_text(PASSWORD)
    command = [program("initdb"), "-D", str(data), "-U", "watch", "-A", "scram-sha-256", f"--pwfile={folder / 'pw'}"]
    subprocess.run([*command, "-E", "UTF8", "--no-locale"], check=True, capture_output=True, cwd="/", **unprivileged())
    (data / "pg_hba.conf").write_text("hostssl all all all scram-sha-256\n")
    command = [program("postgres"), "-D", str(data), "-k", "", "-h", "localhost,127.0.0.1", "-p", str(number)]
    for option in ("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}", "fsync=off"):
        command += ["-c", option]
    with running(command, number, folder.with_suffix(".log")):
        yield number


async def opened(host: str, port: int, query: str) -> None:
    journal = Journal(f"postgresql+asyncpg://watch:{PASSWORD}@{host}:{port}/postgres{query}", "test")
    try:
        await journal.open()
        assert await journal.verify() == []
    finally:
        await journal.close()


async def test_the_journal_opens_over_tls_with_the_named_authority(
    port: int, authority: trustme.CA, tmp_path: Path
) -> None:
    root, foreign_root = tmp_path / "root.crt", tmp_path / "other.crt"
    authority.cert_pem.write_to_path(str(root))
    trustme.CA().cert_pem.write_to_path(str(foreign_root))
    await opened("localhost", port, f"?ssl=verify-full&sslrootcert={root}")
    await opened("127.0.0.1", port, f"?ssl=verify-ca&sslrootcert={root}")
    for host, query in (
        ("localhost", f"?ssl=verify-full&sslrootcert={foreign_root}"),
        ("localhost", "?ssl=verify-full"),
        ("127.0.0.1", f"?ssl=verify-full&sslrootcert={root}"),
        ("localhost", "?ssl=disable"),
    ):
        with pytest.raises(JournalLost):
            await opened(host, port, query)
