"""SQL probes: what they accept, what they mean by an answer, and servers that are none. Real databases: tests/peers."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.sql.probe import SqlPoller, plain
from collectors.network.sql.queries import BUILT_IN, checked, look_up
from collectors.settings import Credential
from tests.collectors.network.loopback import (
    ANSWERED,
    SILENT,
    Talk,
    ask,
    failure,
    hanging_up,
    saying,
    serve,
    silence,
    target_of,
)
from tests.ports import free_port

LOGIN = {"user": "watch", "password": "open sesame"}
DESK = Credential(name="db", kind="password", values=LOGIN)
SCHEMES = ("sql+postgresql", "sql+mysql")
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


def login(**more: str) -> Credential:
    return Credential(name="db", kind="password", values={**LOGIN, **more})


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("talk", "reason"), [(silence, Reason.TIMEOUT), (hanging_up, Reason.CLOSED), (saying(HTTP), Reason.WRONG_ANSWER)]
)
async def test_each_way_of_failing_has_its_word(scheme: str, talk: Talk, reason: Reason) -> None:
    poller = SqlPoller()
    async with serve(talk) as port:
        seconds = SILENT if talk is silence else ANSWERED
        error = await failure(poller, target_of(f"{scheme}://127.0.0.1:{port}/x?cred=db", DESK, seconds))
    assert isinstance(error, NotReady)
    assert error.reason is reason
    assert "sesame" not in f"{error.en}{error.zh}"


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_a_closed_port_is_refused(scheme: str) -> None:
    error = await failure(SqlPoller(), target_of(f"{scheme}://127.0.0.1:{free_port()}/x?cred=db", DESK))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.REFUSED


async def test_postgresql_without_tls_is_told_nothing_with_verify() -> None:
    async with serve(saying(b"N")) as port:
        error = await failure(SqlPoller(), target_of(f"sql+postgresql://127.0.0.1:{port}/x?cred=db&tls=verify", DESK))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TLS


async def endless_message(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """No TLS; then the answer to the sign-in is said to be 2 GB long, and comes as fast as it is taken."""
    await reader.read(8)
    writer.write(b"N")
    await reader.read(1000)
    writer.write(b"R\x7f\xff\xff\xff\x00\x00\x00\x00")
    while True:
        writer.write(bytes(1 << 16))
        await writer.drain()


async def test_a_message_without_end_is_refused_while_it_is_small() -> None:
    async with serve(endless_message) as port:
        error = await failure(
            SqlPoller(), target_of(f"sql+postgresql://127.0.0.1:{port}/x?cred=db", DESK, timeout=20.0)
        )
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    assert "larger than 4 MiB" in error.en


async def test_a_probe_without_its_credential_is_misconfigured() -> None:
    error = await failure(SqlPoller(), target_of("sql+mysql://127.0.0.1/x?cred=db"))
    assert isinstance(error, Misconfigured)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1/x",
        "127.0.0.1?cred=db",
        "/x?cred=db",
        "127.0.0.1/x?cred=db&sql=SELECT%201",
        "127.0.0.1/x?cred=db&tls=maybe",
        "127.0.0.1/x?cred=db&query=a&metric=db.up",
        "127.0.0.1/x?cred=db&query=a&metric=X",
        "127.0.0.1/x?cred=db&expect=1",
        "127.0.0.1/x?cred=db&timeout=9",
    ],
)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_uri_that_cannot_work_is_refused(scheme: str, address: str) -> None:
    with pytest.raises(Misconfigured):
        SqlPoller.validate(target_of(f"{scheme}://{address}"))


def test_a_statement_comes_from_the_credential_or_is_built_in() -> None:
    own = target_of(
        "sql+mysql://h/x?cred=db&query=backlog", login(**{"query.backlog": " select count(*) from cases ; "})
    )
    assert look_up(own).statement == "select count(*) from cases"
    assert look_up(target_of("sql+postgresql://h/x?cred=db&query=connections", DESK)).unit == "%"
    assert look_up(target_of("sql+mysql://h/x?cred=db", DESK)).statement == "SELECT 1"


def test_an_unknown_query_names_the_known_ones() -> None:
    with pytest.raises(Misconfigured, match=r"backlog, connections, database_bytes"):
        look_up(target_of("sql+mysql://h/x?cred=db&query=nope", login(**{"query.backlog": "SELECT 2"})))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM cases",
        "SELECT 1; DROP TABLE cases",
        "",
        "CALL wipe()",
        "SET GLOBAL x = 1",
        "selected",
        "EXPLAIN ANALYZE DELETE FROM cases",
    ],
)
def test_a_statement_that_does_not_only_read_is_refused(statement: str) -> None:
    with pytest.raises(Misconfigured):
        checked("own", statement)


def test_the_built_in_statements_pass_their_own_check() -> None:
    for queries in BUILT_IN.values():
        for name, query in queries.items():
            assert checked(name, query.statement) == query.statement


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**70, float(2**70)),
        (1.5, 1.5),
        (math.nan, None),
        (Decimal("1.50"), 1.5),
        (timedelta(minutes=2), 120.0),
        (datetime(2026, 11, 22, 6, tzinfo=UTC), "2026-11-22T06:00:00.000Z"),
        (date(2026, 11, 22), "2026-11-22"),
        ("a\x1bb", "ab"),
        ("x" * 5000, "x" * 200),
    ],
)
def test_a_column_becomes_a_reading(cell: object, value: object) -> None:
    assert plain(cell) == value


def test_binary_data_is_a_wrong_answer() -> None:
    with pytest.raises(NotReady, match="binary"):
        plain(b"\x00")


def test_a_password_is_in_no_repr() -> None:
    target = target_of("sql+mysql://h/x?cred=db", DESK)
    assert "sesame" not in repr(target)


async def test_loading_a_driver_happens_once() -> None:
    poller = SqlPoller()
    for _ in range(2):
        with pytest.raises(NotReady):
            await ask(poller, target_of(f"sql+mysql://127.0.0.1:{free_port()}/x?cred=db", DESK))
    await poller.close()


async def test_a_refused_password_of_postgresql_may_also_have_expired() -> None:
    fields = b'SFATAL\0VFATAL\0C28P01\0Mpassword authentication failed for user "watch"\0\0'

    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(int.from_bytes(await reader.readexactly(4)) - 4)  # the startup message
        writer.write(b"E" + (len(fields) + 4).to_bytes(4) + fields)
        await silence(reader, writer)

    async with serve(refusing) as port:
        error = await failure(SqlPoller(), target_of(f"sql+postgresql://127.0.0.1:{port}/d?cred=db&tls=no", DESK))
    assert isinstance(error, AuthFailed)
    assert "expired (VALID UNTIL)" in error.en
    assert "已过期" in error.zh
