"""`approvals.sql`: rows of a PostgreSQL or MySQL database, read by keyset in a read-only session.

The statement has :since (the time of change), :id (the key after which a page begins) and :page. Its rows are ordered
by the two columns of `change`, so that rows of one stamp are not lost at the edge of a page.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from collectors.approvals.feed import PAGES, CaseFeed
from collectors.approvals.progress import RowPage, Rows
from collectors.approvals.sweeps import Sweep
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.settings import SourceSettings
from feeds.cases.source import CHINA, CaseTable
from feeds.mapping.expressions import identifier

SCHEMES = ("postgresql", "mysql")
_NAMES = re.compile(r":(since|id|page|from)\b")


class SqlCaseFeed(CaseFeed):
    """Rows of a database."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.sql",)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an address of a database, a query, or its columns of order."""
        if urlsplit(settings.url).scheme not in SCHEMES:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "postgresql://…" or "mysql://…"',
                f'来源 {settings.id!r} 需要 url = "postgresql://…" 或 "mysql://…"',
            )
        super().validate(settings)
        for table in settings.approvals.tables if settings.approvals is not None else ():
            if not table.query or not all(table.change):
                raise Misconfigured(
                    f"source {settings.id!r}: table {table.name!r} needs query and change = [time, key]",
                    f"来源 {settings.id!r}：表 {table.name!r} 需要 query 与 change = [时间, 键]",
                )

    async def pages(self, table: CaseTable, since: float, place: Any = None) -> AsyncIterator[RowPage]:
        """Pages by keyset: each begins behind the last row of the one before it."""
        connection = await self._connect()
        try:
            start, key = place or (_local(since), "")
            for _ in range(PAGES):
                rows = await connection.rows(table.query, {"since": start, "id": key, "page": self.source.page})
                if len(rows) < self.source.page:
                    yield RowPage(rows)
                    return
                last = (rows[-1].get(table.change[0]), str(rows[-1].get(table.change[1])))
                if last == (start, key):
                    raise NotReady(Reason.WRONG_ANSWER, "a page does not go on behind the one before it")
                start, key = last
                yield RowPage(rows, last)
            yield RowPage([], (start, key))
        finally:
            await connection.close()

    async def listed(self, sweep: Sweep) -> set[str]:
        """The numbers that the statement `keys` of a sweep finds. Raises CollectorError."""
        if not sweep.keys:
            return set()
        connection = await self._connect()
        try:
            rows = await connection.rows(sweep.keys, {"from": _local(sweep.since)})
        finally:
            await connection.close()
        return {number for row in rows if (number := identifier(str(next(iter(row.values()), "") or "")))}

    async def _connect(self) -> DatabaseSession:
        parts = urlsplit(self.settings.url)
        secret = self.credential.values if self.credential is not None else {}
        address = {
            "host": parts.hostname or "127.0.0.1",
            "user": secret.get("user") or parts.username or "",
            "password": secret.get("password") or parts.password or "",
            "database": parts.path.lstrip("/"),
        }
        if parts.scheme == "mysql":
            return await MySqlRows.connect(address, parts.port or 3306, self.settings.timeout)
        return await PostgresRows.connect(address, parts.port or 5432, self.settings.timeout)


def _local(at: float) -> datetime:
    """An instant as the local time without a zone that databases hold."""
    return datetime.fromtimestamp(at, CHINA).replace(tzinfo=None)


class DatabaseSession(Protocol):
    """A read-only session."""

    async def rows(self, query: str, values: dict[str, Any]) -> Rows:
        """The rows of a statement with named parameters. Raises NotReady, AuthFailed, Misconfigured."""
        ...

    async def close(self) -> None:
        """End the session."""
        ...


class PostgresRows:
    """PostgreSQL through asyncpg."""

    def __init__(self, connection: Any, timeout: float) -> None:
        self._connection, self._timeout = connection, timeout

    @classmethod
    async def connect(cls, address: dict[str, str], port: int, timeout: float) -> PostgresRows:
        """Open a session that can only read. Raises NotReady, AuthFailed."""
        import asyncpg

        settings = {"default_transaction_read_only": "on", "statement_timeout": str(int(timeout * 1000))}
        try:
            connection = await asyncpg.connect(
                host=address["host"],
                user=address["user"],
                password=address["password"],
                database=address["database"],
                port=port,
                timeout=timeout,
                command_timeout=timeout,
                server_settings=settings,
            )
        except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidPasswordError) as error:
            raise AuthFailed("the database refuses the credential", "数据库拒绝凭据") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise NotReady(Reason.CLOSED, str(error)[:160]) from error
        return cls(connection, timeout)

    async def rows(self, query: str, values: dict[str, Any]) -> Rows:
        import asyncpg

        names = list(dict.fromkeys(_NAMES.findall(query)))
        numbered = _NAMES.sub(lambda match: f"${names.index(match[1]) + 1}", query)
        try:
            statement = await self._connection.prepare(numbered)
            arguments = [
                _typed(values[name], kind.name) for name, kind in zip(names, statement.get_parameters(), strict=True)
            ]
            return [dict(row) for row in await statement.fetch(*arguments)]
        except (asyncpg.SyntaxOrAccessError, asyncpg.UndefinedTableError) as error:
            raise Misconfigured(f"the query cannot work: {error}", f"查询无法执行：{error}") from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
            raise NotReady(Reason.CLOSED, str(error)[:160]) from error

    async def close(self) -> None:
        self._connection.terminate()


class MySqlRows:
    """MySQL and MariaDB through asyncmy."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    async def connect(cls, address: dict[str, str], port: int, timeout: float) -> MySqlRows:
        """Open a session that can only read. Raises NotReady, AuthFailed."""
        import asyncmy

        database = address.pop("database")
        try:
            connection = await asyncmy.connect(
                **address, port=port, db=database, charset="utf8mb4", connect_timeout=timeout, read_timeout=timeout
            )
            async with connection.cursor() as cursor:
                await cursor.execute("SET SESSION TRANSACTION READ ONLY")
        except asyncmy.errors.OperationalError as error:
            if error.args and error.args[0] in (1044, 1045, 1698):
                raise AuthFailed("the database refuses the credential", "数据库拒绝凭据") from error
            raise NotReady(Reason.CLOSED, str(error)[:160]) from error
        except (asyncmy.errors.MySQLError, OSError, TimeoutError) as error:
            raise NotReady(Reason.CLOSED, str(error)[:160]) from error
        return cls(connection)

    async def rows(self, query: str, values: dict[str, Any]) -> Rows:
        import asyncmy
        from asyncmy.cursors import DictCursor

        names = _NAMES.findall(query)
        try:
            async with self._connection.cursor(cursor=DictCursor) as cursor:
                await cursor.execute(_NAMES.sub("%s", query.replace("%", "%%")), [values[name] for name in names])
                return [dict(row) for row in await cursor.fetchall()]
        except asyncmy.errors.ProgrammingError as error:
            raise Misconfigured(f"the query cannot work: {error}", f"查询无法执行：{error}") from error
        except (asyncmy.errors.MySQLError, OSError, TimeoutError) as error:
            raise NotReady(Reason.CLOSED, str(error)[:160]) from error

    async def close(self) -> None:
        self._connection.close()


def _typed(value: Any, kind: str) -> Any:
    """A parameter in the type that PostgreSQL expects: keys may be numbers, times may be texts."""
    if kind in ("int2", "int4", "int8", "numeric") and isinstance(value, str):
        return int(value or 0)
    if kind == "timestamptz" and isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=CHINA)
    if kind in ("text", "varchar", "bpchar") and not isinstance(value, str):
        return str(value)
    return value
