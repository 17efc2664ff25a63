"""PostgreSQL and what speaks its protocol (version 3), through asyncpg: one statement on a connection of its own."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Literal, cast

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason, not_ready
from collectors.network.sql.bounded_stream import LONGEST, Bounded
from collectors.network.sql.probe import first_row

if TYPE_CHECKING:
    from collectors.network.sql.probe import SqlServer

PORT = 5432
_SHOWN = 160
_ENDS = ("connection_lost", "connection closed")
"""asyncpg's own words for a stream that ends instead of an answer to the request for TLS."""
_NEVER = 3600.0
"""The library's own timeout in seconds: the runner's comes first."""


async def ask(place: SqlServer, statement: str, limit: float) -> object:
    """See sql.Driver."""
    bound = Bounded(asyncio.get_running_loop())
    try:
        connection = await _connect(place, bound)
        try:
            # SET LOCAL and not start-up parameters, which poolers (PgBouncer) refuse.
            milliseconds = max(1, int(limit * 1000))
            await connection.execute(f"BEGIN READ ONLY; SET LOCAL statement_timeout = {milliseconds}")
            row = await connection.fetchrow(statement)
            await connection.close(timeout=1.0)
        finally:
            connection.terminate()
    except asyncpg.PostgresError as error:
        raise _too_much() if bound.exceeded else _meaning(error, place) from error
    except ConnectionError as error:
        if bound.exceeded:
            raise _too_much() from error
        if error.errno is not None:
            raise not_ready(error) from error
        if any(ending in str(error) for ending in _ENDS):
            raise NotReady(Reason.CLOSED) from error
        # asyncpg's own word for a server that does not answer its request for TLS with yes.
        if place.tls == "verify":
            raise NotReady(Reason.TLS, "the server offers no TLS") from error
        raise NotReady(Reason.WRONG_ANSWER, "what answers does not speak PostgreSQL's protocol") from error
    except (asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise NotReady(Reason.WRONG_ANSWER, "what answers does not speak PostgreSQL's protocol") from error
    return first_row(row)


def _too_much() -> NotReady:
    return NotReady(Reason.WRONG_ANSWER, f"the answer is larger than {LONGEST >> 20} MiB: let the query give one value")


async def _connect(place: SqlServer, bound: Bounded) -> asyncpg.Connection[asyncpg.Record]:
    # Everything is given, so that no PG* variable and no ~/.pgpass of this machine plays a part.
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(
        host=place.host if place.tls == "verify" else place.address,
        port=place.port or PORT,
        user=place.user,
        password=place.password,
        database=place.database,
        ssl=_tls(place),
        statement_cache_size=0,
        server_settings={"application_name": "watchfloor"},
        target_session_attrs=SessionAttribute.any,
        timeout=_NEVER,
        loop=cast(asyncio.AbstractEventLoop, bound),
    )
    return connection


def _tls(place: SqlServer) -> ssl.SSLContext | Literal["prefer", False]:
    """asyncpg's own "prefer" goes on in clear where there is no TLS; a context it insists on."""
    return "prefer" if place.tls == "prefer" else place.context or False


def _meaning(error: asyncpg.PostgresError, place: SqlServer) -> CollectorError:
    """By SQLSTATE class (PostgreSQL, appendix A)."""
    state = error.sqlstate or ""
    message = " ".join(str(error).split())[:_SHOWN]
    if state == "28P01":
        return AuthFailed(
            f"{place.host} refuses the password ({state}): it is wrong or has expired (VALID UNTIL), which PostgreSQL "
            "tells nobody but its own log",
            f"{place.host} 拒绝口令：口令有误或已过期（VALID UNTIL），PostgreSQL 只在自己的日志中说明（{state}）",
        )
    if state.startswith("28") or state == "42501":
        return AuthFailed(
            f"{place.host} refuses the sign-in or the query ({state}): check the credential's password and rights",
            f"{place.host} 拒绝登录或查询：请检查 cred= 所指的凭据及其权限（{state}）",
        )
    if state == "57014":
        return NotReady(Reason.TIMEOUT, "the statement took too long")
    if state in ("57P01", "57P02") or state.startswith("08"):
        return NotReady(Reason.CLOSED, message)
    if state.startswith("42") or state == "25006":
        return Misconfigured(f"the query cannot work ({state}): {message}", f"查询无法执行（{state}）：{message}")
    return NotReady(Reason.WRONG_ANSWER, f"{message} ({state})")
