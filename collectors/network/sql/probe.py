"""`sql+postgresql://host/database?cred=NAME&query=connections`, `sql+mysql://…`: does the database answer?

Every poll connects anew, signs in, and asks one statement in a read-only transaction with a time
limit on the server's side: a kept connection would hide "too many connections" and a listener that
is gone. Without `query` the statement is `SELECT 1`.

Statements never stand in the inventory, which many hands write: `query=` names one. It is looked
up in the credential (`"query.NAME"`, so only who may set the password may set what is asked), then
among the built-in ones (collectors/network/sql/queries.py). The account should have read rights only;
our checks are a second line. Over a network that is not trusted use `tls=verify`; a credential with a `ca` (see trust)
means that already.
"""

from __future__ import annotations

import asyncio
import math
import re
import ssl
import time
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any, ClassVar, Protocol, cast
from urllib.parse import unquote

from collectors import uri
from collectors.charset import printable
from collectors.contract import Measurement, Poller, Target
from collectors.errors import Misconfigured, NotReady, Reason, not_ready
from collectors.network.addresses import choice, need_host, resolve
from collectors.network.sql.queries import Query, look_up
from collectors.network.tls import trust
from feeds import wire
from feeds.model import Quality, Value

DRIVERS = {"sql+postgresql": "postgresql", "sql+mysql": "mysql"}
TLS = ("prefer", "verify", "no")
SHARE = 0.9
"""Of the poll's time, for the statement: the server gives up before we do."""
_METRIC = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$")
_SHOWN = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlServer:
    """The server to connect to.

    `address` is the IP address of `host`. `tls` is one of TLS, and `context` its TLS context, None with "no".
    `port` None stands for the default port.
    """

    host: str
    address: str
    port: int | None
    database: str
    user: str
    password: str = field(repr=False)
    tls: str
    context: ssl.SSLContext | None


class Driver(Protocol):
    """One database's protocol (a module); keeps nothing between calls."""

    async def ask(self, place: SqlServer, statement: str, limit: float) -> object:
        """First column of the first row, None for NULL. Raises CollectorError, OSError; `limit` in seconds."""


class SqlPoller(Poller):
    """Gives `sql.ms` (connect, sign in, answer) and, with `query`, `sql.value` (or `metric=`, in `unit=`)."""

    schemes: ClassVar[tuple[str, ...]] = tuple(DRIVERS)
    family: ClassVar[str] = "sql"

    def __init__(self) -> None:
        self._drivers: dict[str, Driver] = {}
        self._trust = trust.Trust()

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without host, database and cred, for a query that there is not, or a wrong parameter."""
        need_host(target, f"{target.scheme}://10.0.0.1/database?cred=NAME")
        if "sql" in target.params:
            raise Misconfigured(
                f"{target.scheme} probe of {target.address}: SQL does not belong in the inventory; write query=NAME "
                'and put the statement into its credential as "query.NAME"',
                f"{target.address} 的 {target.scheme} 探测：清单中不能写 SQL；请写 query=名称，"
                '并在其凭据中以 "query.名称" 写入语句',
            )
        uri.only(target, ("cred", "query", "metric", "unit", "expect", "tls"))
        _need(target)
        choice(target, "tls", TLS)
        trust.check(target)
        if target.credential is not None:
            look_up(target)
        metric = target.params.get("metric", "sql.value")
        if not _METRIC.match(metric) or metric.endswith(".up"):
            raise Misconfigured(
                f"{target.uri!r}: metric={metric!r} must look like queue.length (and not end in .up)",
                f"{target.uri!r}：metric={metric!r} 须形如 queue.length（且不以 .up 结尾）",
            )

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady, AuthFailed (the sign-in or a right is refused), Misconfigured (the query cannot work)."""
        query = look_up(target)
        place = await _place(target, self._trust)
        driver = await self._driver(target.scheme)
        began = time.perf_counter()
        try:
            result = await driver.ask(place, query.statement, target.timeout * SHARE)
        except OSError as error:
            raise not_ready(error) from error
        measurements = [Measurement(metric="sql.ms", value=round((time.perf_counter() - began) * 1000, 3), unit="ms")]
        if "query" in target.params:
            measurements.append(_reading(target, query, result))
        expected = target.params.get("expect")
        if expected is not None and _text(measurements[-1].value) != expected:
            raise NotReady(Reason.WRONG_ANSWER, f"{_text(measurements[-1].value)} instead of {expected}", measurements)
        return measurements

    async def _driver(self, scheme: str) -> Driver:
        if scheme not in self._drivers:
            # Loading takes a tenth of a second, which the loop does not have.
            driver = await asyncio.to_thread(import_module, f"collectors.network.sql.{DRIVERS[scheme]}")
            self._drivers[scheme] = cast(Driver, driver)
        return self._drivers[scheme]

    async def close(self) -> None:
        """Holds no connection between polls."""


def _need(target: Target) -> None:
    if not target.path.strip("/") or not target.params.get("cred"):
        raise Misconfigured(
            f"{target.uri!r} needs a database and a credential: {target.scheme}://{target.address}/database?cred=NAME",
            f"{target.uri!r} 缺少数据库名或凭据，请写成 {target.scheme}://{target.address}/数据库?cred=名称",
        )
    if "expect" in target.params and "query" not in target.params:
        raise Misconfigured(f"{target.uri!r}: expect wants a query", f"{target.uri!r}：expect 需要与 query 同用")


async def _place(target: Target, believed: trust.Trust) -> SqlServer:
    credential = target.credential
    if credential is None or not credential.values.get("user"):
        raise Misconfigured(
            f"{target.address}: the credential that cred= names is not set, or has no user; "
            "add [credentials.NAME] with user and password",
            f"{target.address}：cred= 所指的凭据未设置或没有 user；请添加 [credentials.名称]，写 user 与 password",
        )
    tls = target.params.get("tls") or ("verify" if trust.named(target) else TLS[0])
    return SqlServer(
        host=target.host,
        address=await resolve(target.host),
        port=target.port,
        tls=tls,
        context=believed.context(target, verify=tls == "verify") if tls != "no" else None,
        user=credential.values["user"],
        password=credential.values.get("password", ""),
        database=unquote(target.path.strip("/")),
    )


def _reading(target: Target, query: Query, result: object) -> Measurement:
    metric, unit = target.params.get("metric", "sql.value"), target.params.get("unit", query.unit)
    value = plain(result)
    if value is None:
        return Measurement(metric=metric, value=None, unit=unit, quality=Quality.UNCERTAIN, text="NULL")
    return Measurement(metric=metric, value=value, unit=unit)


def plain(value: Any) -> Value:
    """A column's value as a reading: numbers stay numbers, times become RFC 3339, spans seconds, text is bounded."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    if isinstance(value, int | float | Decimal):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return wire.iso(value.timestamp())
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        raise NotReady(Reason.WRONG_ANSWER, "the query gives binary data")
    return printable(str(value)[:_SHOWN])


def _text(value: Value) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def first_row(row: Any) -> Any:
    """The first column of `row`. Raises NotReady when there is no row."""
    if row is None or not len(row):
        raise NotReady(Reason.WRONG_ANSWER, "the query gives no row")
    return row[0]
