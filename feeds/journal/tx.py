"""Operations within one transaction of the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sqlalchemy import LargeBinary, cast, delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.asker import current_asker
from feeds.clock import now
from feeds.journal import schema, seals
from feeds.journal.forms import LONGEST, SECRET_KINDS, SetAside, parse
from feeds.journal.keys import Keyring
from feeds.journal.records import ANCHOR, AUDIT, GENESIS, Doc, canonical, clean, row_hash
from feeds.journal.seals import SealUpdate
from feeds.journal.tx_outbox import OutboxTx

RESERVED = (1, 8, 64, 512)
"""Numbers taken from PostgreSQL's sequence at a time, increasing; unused ones leave a gap."""
_Row = dict[str, Any]
Change = Callable[[dict[str, Any] | None], dict[str, Any] | None]
"""Maps a document's current body to its new one."""


class Tx(OutboxTx):
    """One transaction: everything in it becomes durable together, or not at all.

    Writes are collected in memory and sent in few statements, at the end of the transaction or before a read. One
    statement for each row costs twenty times as much.
    """

    def __init__(
        self, connection: AsyncConnection, chain: str, keyring: Keyring | None = None, set_aside: SetAside | None = None
    ) -> None:
        """With a `keyring` entries and documents are signed, and the seal is renewed at the end.

        `set_aside` has the documents that could not be read: the log keeps the text of one that is written anew.
        """
        super().__init__(connection)
        self._chain, self._keyring = chain, keyring
        self._set_aside = SetAside() if set_aside is None else set_aside
        self.recorded: set[tuple[str, str]] = set()
        """Documents whose unreadable text an entry of this transaction has."""
        self._seal = SealUpdate(connection, keyring) if keyring is not None else None
        self._reseal = False
        self._head: tuple[int, str] | None = None
        self._first_seq: int | None = None
        self._numbers: Iterator[int] = iter(())
        self._reservations = 0
        self._entries: list[_Row] = []
        self._docs: dict[tuple[str, str], _Row] = {}
        self._cursors: dict[str, _Row] = {}

    async def append(
        self,
        *,
        kind: str,
        name: str,
        subject: str,
        at: float,
        actor: str = "",
        reason: str = "",
        command: str = "",
        body: dict[str, Any] | None = None,
    ) -> int:
        """Add one entry to this process's chain; returns its global sequence number.

        An audit entry has the asker as `body["by"]`: role, region, address, session (feeds.asker).
        """
        number, prev = self._head or await self._last()
        if kind == AUDIT and (asker := current_asker()):
            body = (body or {}) | {"by": dict(asker)}
        row: _Row = {
            "chain": self._chain,
            "chain_seq": number + 1,
            "at": at,
            "kind": kind,
            "name": name,
            "subject": clean(subject),
            "actor": clean(actor),
            "reason": clean(reason),
            "command": clean(command),
            "body": clean(canonical(body or {})),
            "prev": prev,
        }
        row["hash"] = row_hash(row)
        if self._keyring is not None:
            row["mac"] = self._keyring.sign(row["hash"])
        row["seq"] = await self._number()
        if self._first_seq is None:
            self._first_seq = int(row["seq"])
        self._entries.append(row)
        self._head = (number + 1, row["hash"])
        if self._seal is not None:
            self._seal.ended_at(self._chain, *self._head)
        return int(row["seq"])

    async def _last(self) -> tuple[int, str]:
        """The chain's last number and hash; read once per transaction, which holds the lock."""
        log = schema.entry
        statement = select(log.c.chain_seq, log.c.hash).where(log.c.chain == self._chain)
        row = (await self._execute(statement.order_by(log.c.chain_seq.desc()).limit(1))).first()
        head = (row[0], row[1]) if row else (0, GENESIS)
        if self._seal is not None:
            self._seal.began_at(self._chain, *head)
        return head

    async def _number(self) -> int:
        """The next global number from SQLite's own counter, which no one else changes while the lock is held."""
        for number in self._numbers:
            return number
        if self._is_sqlite:
            result = await self._execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'entry'"))
            self._numbers = count(int(result.scalar() or 0) + 1)
        else:
            batch_size = RESERVED[min(self._reservations, len(RESERVED) - 1)]
            self._reservations += 1
            taken = "SELECT nextval(pg_get_serial_sequence('entry', 'seq')) FROM generate_series(1, :many)"
            result = await self._execute(text(taken).bindparams(many=batch_size))
            self._numbers = iter(sorted(int(row[0]) for row in result))
        return next(self._numbers)

    async def put(self, kind: str, id: str, body: dict[str, Any], *, open: bool = True, seq: int = 0) -> None:
        """Set the current version of a document."""
        key = (kind, clean(id))
        if key in self._set_aside and key not in self.recorded:
            await self._keep_text(*key)
        self._docs[key] = {"kind": kind, "id": key[1], "open": open, "seq": seq, "body": clean(canonical(body))}

    async def _keep_text(self, kind: str, id: str) -> None:
        """Append the text of a document that cannot be read before it is written anew; secrets stay out of the log."""
        self.recorded.add((kind, id))
        table = schema.doc
        text_of = cast(table.c.body, LargeBinary) if self._is_sqlite else table.c.body
        raw = (await self._execute(select(text_of).where(table.c.kind == kind, table.c.id == id))).scalar()
        if raw is None:
            return
        body = {"kind": kind}
        if kind not in SECRET_KINDS:
            body["text"] = (raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw))[:LONGEST]
        await self.append(kind=AUDIT, name="document-replaced", subject=id, at=now(), body=body)

    async def doc(self, kind: str, id: str) -> dict[str, Any] | None:
        """A document's body as it will be when the transaction ends; None without one that can be read.

        The writers' lock is held from the start of the transaction, so no one else changes it meanwhile.
        """
        if (pending := self._docs.get((kind, clean(id)))) is not None:
            body: dict[str, Any] = json.loads(pending["body"])
            return body
        table = schema.doc
        body_text = cast(table.c.body, LargeBinary) if self._is_sqlite else table.c.body
        statement = select(table.c.open, table.c.seq, body_text).where(table.c.kind == kind, table.c.id == clean(id))
        row = (await self._execute(statement)).first()
        doc = parse(kind, clean(id), row[0], row[1], row[2]) if row else None
        return doc.body if isinstance(doc, Doc) else None

    async def update(
        self, kind: str, id: str, change: Change, *, open: bool = True, seq: int | None = None
    ) -> dict[str, Any] | None:
        """Read a document, change it and write it, with no other writer in between. Returns the new body.

        `change` gets the current body (None without one) and returns the new one; None leaves the document unchanged,
        and an exception rolls the transaction back. It must not wait. Without `seq` the document keeps its own, or 0.
        """
        after = change(await self.doc(kind, id))
        if after is not None:
            await self.put(kind, id, after, open=open, seq=await self._seq(kind, id) if seq is None else seq)
        return after

    async def _seq(self, kind: str, id: str) -> int:
        if (pending := self._docs.get((kind, clean(id)))) is not None:
            return int(pending["seq"])
        table = schema.doc
        statement = select(table.c.seq).where(table.c.kind == kind, table.c.id == clean(id))
        return int((await self._execute(statement)).scalar() or 0)

    async def delete(self, kind: str, id: str) -> None:
        self._docs.pop((kind, clean(id)), None)
        if self._seal is not None:
            await self._seal.delete(kind, clean(id))
            return
        await self._execute(delete(schema.doc).where(schema.doc.c.kind == kind, schema.doc.c.id == clean(id)))

    async def set_cursor(self, name: str, value: dict[str, Any]) -> None:
        """Store an engine's position, in the same transaction as its results."""
        self._cursors[name] = {"name": name, "value": clean(canonical(value))}

    async def flush(self) -> None:
        """Send collected writes. The end of the transaction does this itself."""
        if self._entries:
            await self._execute(insert(schema.entry), self._entries)
        if self._docs:
            rows, columns = list(self._docs.values()), ["open", "seq", "body"]
            if self._seal is not None:
                await self._seal.put(rows)
                columns.append("mac")
            statement = self._upsert(schema.doc)
            new = {name: statement.excluded[name] for name in columns}
            statement = statement.on_conflict_do_update(index_elements=["kind", "id"], set_=new)
            await self._execute(statement, rows)
        if self._cursors:
            cursor = self._upsert(schema.cursor)
            cursor = cursor.on_conflict_do_update(index_elements=["name"], set_={"value": cursor.excluded.value})
            await self._execute(cursor, list(self._cursors.values()))
        await self._queue()
        self._entries, self._docs, self._cursors = [], {}, {}

    async def other_heads(self) -> dict[str, list[Any]]:
        """The number and hash of the last entry of every other chain."""
        await self.flush()
        return {chain: list(head) for chain, head in (await seals.heads(self._sql)).items() if chain != self._chain}

    def reseal(self) -> None:
        """Make a new seal of the whole journal at the end of the transaction, without the earlier `broken`."""
        self._reseal = True

    async def seal(self) -> None:
        """Renew the seal after the last `flush`. The first seal of a journal also signs all existing documents."""
        if self._keyring is None or self._seal is None or not (self._seal.touched or self._reseal):
            return
        seal = None if self._reseal else await self._seal.finish()
        if seal is None:
            seal = await self._new_seal(self._keyring)
        await self.set_cursor(seals.NAME, {})
        self._cursors[seals.NAME]["value"] = seal.record(self._keyring)
        await self.flush()

    async def _new_seal(self, keyring: Keyring) -> seals.Seal:
        if self._reseal:
            return await seals.fresh(self._sql, keyring)
        unsigned, signed = await seals.entries_before(self._sql, self._first_seq)
        if unsigned and not signed:
            others = await self.other_heads()
            await self.append(kind=ANCHOR, name="sealed", subject="journal", at=now(), body={"chains": others})
            await self.flush()
        return await seals.fresh(self._sql, keyring, "the seal was missing" if signed else "")
