"""Operations within one transaction of the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sqlalchemy import LargeBinary, cast, delete, select, text

from feeds.asker import current_asker
from feeds.clock import now
from feeds.journal import schema, seals
from feeds.journal.errors import StoreRefused
from feeds.journal.forms import LONGEST, SECRET_KINDS, SetAside, parse
from feeds.journal.keys import Keyring
from feeds.journal.records import ANCHOR, AUDIT, Doc, canonical, clean, row_hash
from feeds.journal.seals import SealUpdate
from feeds.journal.sqlalchemy_core import AsyncConnection
from feeds.journal.tx_outbox import OutboxTx
from feeds.journal.tx_statements import LogEnd

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
        self._end_before: LogEnd | None = None
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

    async def require_key(self) -> None:
        """Raise StoreRefused when the journal is signed and this process has no key."""
        if self._keyring is None and (await self._log_end()).seal is not None:
            raise StoreRefused("台账有签名，但这里没有密钥。", "The journal is signed, and there is no key here.")

    async def _log_end(self) -> LogEnd:
        """The end of the log before this transaction; read once, which is enough under the writers' lock."""
        if self._end_before is None:
            result = await self._execute(self._statements.log_end, {"chain": self._chain})
            self._end_before = LogEnd.of(result.one())
        return self._end_before

    async def _last(self) -> tuple[int, str]:
        """The chain's last number and hash before this transaction."""
        end = await self._log_end()
        if self._seal is not None:
            self._seal.began_at(self._chain, end.number, end.hash)
        return end.number, end.hash

    async def _number(self) -> int:
        """The next global number from SQLite's own counter, which no one else changes while the lock is held."""
        for number in self._numbers:
            return number
        if self._is_sqlite:
            self._numbers = count((await self._log_end()).last_seq + 1)
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
        await self._flush_records()
        if self._cursors:
            await self._execute(self._statements.cursors, list(self._cursors.values()))
        await self._queue()
        self._cursors = {}

    async def _flush_records(self) -> None:
        """Send entries and documents."""
        if self._entries:
            await self._execute(self._statements.entries, self._entries)
        if self._docs:
            rows, statement = list(self._docs.values()), self._statements.docs
            if self._seal is not None:
                await self._seal.put(rows)
                statement = self._statements.signed_docs
            await self._execute(statement, rows)
        self._entries, self._docs = [], {}

    async def finish(self) -> None:
        """Send everything, with the renewed seal."""
        await self._flush_records()  # the seal covers them
        await self._renew_seal()
        await self.flush()

    async def other_heads(self) -> dict[str, list[Any]]:
        """The number and hash of the last entry of every other chain."""
        await self.flush()
        return {chain: list(head) for chain, head in (await seals.heads(self._sql)).items() if chain != self._chain}

    def reseal(self) -> None:
        """Make a new seal of the whole journal at the end of the transaction, without the earlier `broken`."""
        self._reseal = True

    async def _renew_seal(self) -> None:
        """Write a seal of this transaction's changes. The first seal of a journal also signs all its documents."""
        if self._keyring is None or self._seal is None or not (self._seal.touched or self._reseal):
            return
        stored = None if self._reseal else (await self._log_end()).seal
        seal = await self._new_seal(self._keyring) if stored is None else self._seal.applied_to(stored)
        self._cursors[seals.NAME] = {"name": seals.NAME, "value": seal.record(self._keyring)}

    async def _new_seal(self, keyring: Keyring) -> seals.Seal:
        if self._reseal:
            return await seals.fresh(self._sql, keyring)
        unsigned, signed = await seals.entries_before(self._sql, self._first_seq)
        if unsigned and not signed:
            others = await self.other_heads()
            await self.append(kind=ANCHOR, name="sealed", subject="journal", at=now(), body={"chains": others})
            await self.flush()
        return await seals.fresh(self._sql, keyring, "the seal was missing" if signed else "")
