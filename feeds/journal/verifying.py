"""Verification of a whole store at one moment."""

from __future__ import annotations

from sqlalchemy import LargeBinary, cast, select

from feeds.journal import schema, seals
from feeds.journal.chains import Checker
from feeds.journal.connections import Store, translated
from feeds.journal.keys import Keyring
from feeds.journal.transfer import BATCH, one_moment


async def check(store: Store, keyring: Keyring | None) -> Checker:
    """Check the log, the documents and the seal. The answer has the faults and the heads."""
    log, table, checker = schema.entry, schema.doc, Checker(keyring)
    body = cast(table.c.body, LargeBinary) if store.is_sqlite else table.c.body
    columns = (table.c.kind, table.c.id, table.c.open, table.c.seq, body.label("body"), table.c.mac)
    async with one_moment(store) as connection:
        with translated(OSError):
            async for rows in (await connection.stream(select(log).order_by(log.c.seq))).partitions(BATCH):
                for row in rows:
                    checker.take(row._asdict())
            if keyring is not None:
                async for documents in (await connection.stream(select(*columns))).partitions(BATCH):
                    for document in documents:
                        checker.take_document(document._asdict())
        if (value := await seals.stored(connection)) is not None:
            checker.take_seal(value)
    checker.finish()
    return checker
