"""The statements that `sql+…://` probes may ask: built-in ones by name, and a site's own from its credential."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from collectors.contract import Target
from collectors.errors import Misconfigured

OWN = "query."
"""Keys of a credential that hold a statement begin with this word."""
_READS = re.compile(r"^\s*(select|with|show|values|table)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One statement; its first column of its first row is the value, in `unit`."""

    statement: str
    unit: str = ""


ALIVE = Query(statement="SELECT 1")

BUILT_IN: Mapping[str, Mapping[str, Query]] = {
    "sql+postgresql": {
        "connections": Query(
            statement="SELECT round(100.0 * count(*) / current_setting('max_connections')::int, 1) "
            "FROM pg_stat_activity",
            unit="%",
        ),
        "database_bytes": Query(statement="SELECT pg_database_size(current_database())", unit="B"),
        "longest_transaction_s": Query(
            statement="SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0)::float8 FROM pg_stat_activity "
            "WHERE state <> 'idle' AND pid <> pg_backend_pid()",
            unit="s",
        ),
        "lock_waits": Query(statement="SELECT count(*) FROM pg_locks WHERE NOT granted"),
        "replication_lag_s": Query(
            # Equal positions mean no lag, however old the last transaction is. The lag of a standby that does not
            # stream is unknown. Without pg_monitor, the receiver's row is visible and its status is NULL.
            statement="SELECT CASE WHEN NOT pg_is_in_recovery() THEN 0 "
            "WHEN NOT EXISTS (SELECT 1 FROM pg_stat_wal_receiver WHERE coalesce(status, 'streaming') = 'streaming') "
            "THEN NULL "
            "WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0 "
            "ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp())::float8 END",
            unit="s",
        ),
    },
    "sql+mysql": {
        "connections": Query(
            statement="SELECT ROUND(100 * COUNT(*) / @@max_connections, 1) FROM information_schema.processlist",
            unit="%",
        ),
        "database_bytes": Query(
            statement="SELECT COALESCE(SUM(data_length + index_length), 0) FROM information_schema.tables "
            "WHERE table_schema = DATABASE()",
            unit="B",
        ),
        "longest_transaction_s": Query(
            statement="SELECT COALESCE(MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())), 0) "
            "FROM information_schema.innodb_trx",
            unit="s",
        ),
        "lock_waits": Query(
            statement="SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        ),
    },
}


def look_up(target: Target) -> Query:
    """The query that the target's `query=` names, `SELECT 1` without one. Raises Misconfigured."""
    name = target.params.get("query")
    if name is None:
        return ALIVE
    own = target.credential.values if target.credential is not None else {}
    statement = own.get(OWN + name)
    if statement is not None:
        return Query(statement=checked(name, statement))
    built_in = BUILT_IN[target.scheme]
    if name not in built_in:
        query_names = ", ".join(sorted({*built_in, *(key.removeprefix(OWN) for key in own if key.startswith(OWN))}))
        raise Misconfigured(
            f"{target.address}: there is no query {name!r}; known: {query_names}; "
            f'one of your own goes into the credential as "{OWN}{name}"',
            f'{target.address}：没有名为 {name!r} 的查询；可用：{query_names}；自定义查询请写入凭据的 "{OWN}{name}"',
        )
    return built_in[name]


def checked(name: str, statement: str) -> str:
    """A site's own statement, without a closing semicolon. Raises Misconfigured unless it is one that only reads."""
    bare = statement.strip().rstrip(";").strip()
    if ";" in bare or not _READS.match(bare) or len(bare) > 10_000:
        raise Misconfigured(
            f"query {name!r} must be one statement that reads: SELECT, WITH, SHOW, VALUES or TABLE, without ';' inside",
            f"查询 {name!r} 须为一条只读语句：SELECT、WITH、SHOW、VALUES 或 TABLE，中间不含“;”",
        )
    return bare
