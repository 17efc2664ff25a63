"""MySQL and MariaDB, through asyncmy: one statement on a connection of its own."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, cast

from asyncmy import errors
from asyncmy.connection import Connection
from asyncmy.constants.CLIENT import SSL
from asyncmy.cursors import SSCursor

from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason, not_ready
from collectors.network.sql.probe import first_row

if TYPE_CHECKING:
    from collectors.network.sql.probe import SqlServer

PORT = 3306
_SHOWN = 160
_NEVER = 3600.0
"""The library's own timeout in seconds: the runner's comes first."""
_EXPIRED = (1820, 1862)
"""The password has expired (MySQL: must be changed before anything else)."""
_PLUGIN = re.compile(r"auth_gssapi_client|authentication_\w+_client|dialog|parsec|mysql_clear_password|sha256_password")
"""Plugins that servers ask for and the library does not have."""
_ACCESS = (1044, 1045, 1142, 1143, 1227, 1370, 1698, 1820, 1862, 4151)
"""Error numbers that speak of the account or its rights."""
_QUERY = (1054, 1064, 1109, 1146, 1149, 1305, 1792)
"""Error numbers that speak of the statement; 1792 is a write in a read-only transaction."""
_TOO_LONG = (1969, 3024)
"""MariaDB's and MySQL's word for a statement over its time."""
_LOST = (1053, 2006, 2013, 2055)


async def ask(place: SqlServer, statement: str, limit: float) -> object:
    """See sql.Driver."""
    connection: Any = cast(Any, _Careful)(
        host=place.host if place.tls == "verify" else place.address,
        port=place.port or PORT,
        user=place.user,
        password=place.password,
        db=place.database,
        ssl=place.context,
        charset="utf8mb4",
        local_infile=False,
        connect_timeout=_NEVER,
        program_name="watchfloor",
    )
    connection.tls = place.tls
    try:
        await connection.connect()
        row = await _read(connection, statement, limit)
    except errors.MySQLError as error:
        raise _meaning(error, place) from error
    except (RuntimeError, ValueError, IndexError, AssertionError, UnicodeDecodeError) as error:
        # How asyncmy's parser speaks of bytes that are no MySQL, and of a server that asks for a file of ours.
        raise NotReady(Reason.WRONG_ANSWER, "what answers does not speak MySQL's protocol") from error
    finally:
        connection.close()
    return first_row(row)


class _Careful(Connection):
    """A server without TLS is spoken to in clear with `prefer`, and with `verify` told nothing of the credential:
    asyncmy would begin a handshake that nobody answers."""

    tls: str

    def close(self) -> None:
        """Close at once. An orderly end of TLS would wait for the server, for up to half a minute."""
        own: Any = self
        if own._transport is not None:
            own._transport.abort()
        cast(Any, super()).close()

    async def _request_authentication(self) -> None:
        own: Any = self  # asyncmy's types leave its own attributes out
        if not own.server_capabilities & SSL:
            if self.tls == "verify":
                raise NotReady(Reason.TLS, "the server offers no TLS")
            own._ssl_context = None
        await cast(Any, super())._request_authentication()


async def _read(connection: Any, statement: str, limit: float) -> object:
    if "mariadb" in str(connection.get_server_info()).lower():
        limited = f"SET SESSION max_statement_time = {max(0.001, limit):.3f}"
    else:
        limited = f"SET SESSION max_execution_time = {max(1, int(limit * 1000))}"
    # Unbuffered: of a query that gives a million rows, the first is read.
    for first in (limited, "START TRANSACTION READ ONLY"):
        await connection.query(first)
    cursor = connection.cursor(SSCursor)
    began = time.perf_counter()
    await cursor.execute(statement)
    row = await cursor.fetchone()
    if time.perf_counter() - began >= limit:
        # SLEEP and BENCHMARK that were interrupted give a row all the same.
        raise NotReady(Reason.TIMEOUT, "the statement took too long")
    return row


def _no_plugin(place: SqlServer, plugin: str) -> AuthFailed:
    return AuthFailed(
        f"{place.host} asks for the authentication plugin {plugin}, which is not supported: give the account "
        "mysql_native_password or caching_sha2_password",
        f"{place.host} 要求认证插件 {plugin}，暂不支持：请改用 mysql_native_password 或 caching_sha2_password",
    )


def _meaning(error: errors.MySQLError, place: SqlServer) -> CollectorError:
    cause = error.__cause__
    if isinstance(cause, OSError):
        return not_ready(cause)
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    message = " ".join(str(error.args[-1] if error.args else error).split())[:_SHOWN]
    plugin = _PLUGIN.search(message)
    if plugin is not None and number not in _ACCESS:
        return _no_plugin(place, plugin[0])
    if number in _EXPIRED:
        return AuthFailed(
            f"the password of the account has expired on {place.host} ({number}): set a new one",
            f"{place.host} 上该账号的口令已过期（{number}）：请设置新口令",
        )
    if number in _ACCESS:
        return AuthFailed(
            f"{place.host} refuses the sign-in or the query ({number}): check the credential's password and rights",
            f"{place.host} 拒绝登录或查询：请检查 cred= 所指的凭据及其权限（{number}）",
        )
    if number in _TOO_LONG:
        return NotReady(Reason.TIMEOUT, "the statement took too long")
    if number in _LOST:
        return NotReady(Reason.CLOSED)
    if number in _QUERY:
        return Misconfigured(f"the query cannot work ({number}): {message}", f"查询无法执行（{number}）：{message}")
    if not number:  # it is asyncmy that says so: what came could not be followed
        return NotReady(Reason.WRONG_ANSWER, f"what answers does not speak MySQL's protocol ({message[:80]})")
    return NotReady(Reason.WRONG_ANSWER, f"{message} ({number})")
