"""The SQL statements of a journal transaction.

They are built once for each database: building one and computing its cache key costs more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, insert, literal, literal_column, select, true

from feeds.journal import schema, seals
from feeds.journal.records import GENESIS
from feeds.journal.sqlalchemy_core import upsert_of


@dataclass(frozen=True, slots=True)
class LogEnd:
    """The end of the log as a transaction finds it.

    `number` and `hash` are those of the last entry of the writer's chain, 0 and GENESIS for an empty one. `last_seq` is
    SQLite's counter of entries, 0 on PostgreSQL. `seal` is the value of the seal's row; None before the journal was
    sealed.
    """

    number: int
    hash: str
    last_seq: int
    seal: str | None

    @classmethod
    def of(cls, row: Any) -> LogEnd:
        """The row of `TxStatements.log_end`."""
        number, hash, last_seq, seal = row
        return cls(int(number or 0), str(hash or GENESIS), int(last_seq or 0), None if seal is None else str(seal))


@dataclass(frozen=True, slots=True)
class TxStatements:
    """`log_end` takes the parameter `chain`; the others take rows. `signed_docs` also writes the signatures."""

    log_end: Executable
    entries: Executable
    docs: Executable
    signed_docs: Executable
    cursors: Executable
    outbox: Executable


@cache
def tx_statements(is_sqlite: bool) -> TxStatements:
    """The statements for SQLite or PostgreSQL."""
    upsert = upsert_of(is_sqlite=is_sqlite)
    cursor, doc = upsert(schema.cursor), schema.doc
    return TxStatements(
        log_end=_log_end(is_sqlite),
        entries=insert(schema.entry),
        docs=_doc_upsert(upsert(doc), "open", "seq", "body"),
        signed_docs=_doc_upsert(upsert(doc), "open", "seq", "body", "mac"),
        cursors=cursor.on_conflict_do_update(index_elements=["name"], set_={"value": cursor.excluded.value}),
        outbox=upsert(schema.outbox).on_conflict_do_nothing(index_elements=["key"]),
    )


def _doc_upsert(statement: Any, *columns: str) -> Executable:
    new = {name: statement.excluded[name] for name in columns}
    upsert: Executable = statement.on_conflict_do_update(index_elements=["kind", "id"], set_=new)
    return upsert


def _log_end(is_sqlite: bool) -> Executable:
    """One row, whether the chain has entries or not."""
    log, marks = schema.entry, schema.cursor
    last = select(log.c.chain_seq, log.c.hash).where(log.c.chain == bindparam("chain"))
    end = last.order_by(log.c.chain_seq.desc()).limit(1).subquery()
    counter: Any = literal_column("(SELECT seq FROM sqlite_sequence WHERE name = 'entry')") if is_sqlite else literal(0)
    seal = select(marks.c.value).where(marks.c.name == seals.NAME).scalar_subquery()
    always = select(literal(1).label("row")).subquery()
    return select(end.c.chain_seq, end.c.hash, counter, seal).select_from(always.outerjoin(end, true()))
