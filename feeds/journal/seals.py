"""The seal: a signed row of the journal that states the heads of all chains and a digest of all documents.

Every transaction renews it. The digest is the sum of the documents' signatures modulo 2^256, so that the cost of a
change depends only on the documents that it touches. A transaction that finds the journal different from its seal
continues and records the difference in `broken`, which stays until a person accepts it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from sqlalchemy import LargeBinary, bindparam, cast, delete, func, select, tuple_, update

from feeds.journal import schema
from feeds.journal.connections import translated
from feeds.journal.keys import Keyring
from feeds.journal.records import GENESIS, canonical
from feeds.journal.sqlalchemy_core import AsyncConnection

log = logging.getLogger(__name__)

NAME = "seal"
"""Name of the row among the journal's cursors."""
MODULUS = 1 << 256
PAGE = 500
_SIGNATURES = select(schema.doc.c.id, schema.doc.c.mac).where(
    schema.doc.c.kind == bindparam("kind"), schema.doc.c.id.in_(bindparam("ids", expanding=True))
)
"""Id and signature of those documents of a kind that exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The heads of the chains (number and hash of the last entry), and the number and digest of the documents."""

    chains: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    documents: int = 0
    digest: int = 0
    broken: str = ""

    def text(self) -> str:
        """The text that is signed."""
        return canonical([self.chains, self.documents, f"{self.digest:064x}", self.broken])

    def record(self, keyring: Keyring) -> str:
        """The row's value."""
        digest, signature = f"{self.digest:064x}", keyring.sign(self.text())
        return canonical(
            {
                "chains": self.chains,
                "documents": self.documents,
                "digest": digest,
                "broken": self.broken,
                "mac": signature,
            }
        )


def parse(value: str) -> tuple[Seal, str]:
    """The seal and its signature. Raises KeyError, TypeError or ValueError."""
    record = json.loads(value)
    chains = {str(chain): (int(head[0]), str(head[1])) for chain, head in record["chains"].items()}
    seal = Seal(
        chains=chains,
        documents=int(record["documents"]),
        digest=int(record["digest"], 16),
        broken=str(record["broken"]),
    )
    return seal, str(record["mac"])


def opened(value: str, keyring: Keyring) -> tuple[Seal, str]:
    """The seal of a row, and its signature. An unreadable seal, or one with a wrong signature, has `broken` set."""
    try:
        seal, signature = parse(value)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Seal(broken="the seal is unreadable"), ""
    if keyring.has(signature) and not keyring.verifies(seal.text(), signature):
        seal = replace(seal, broken=seal.broken or "the seal is not signed by the journal's key")
    return seal, signature


def document_text(kind: str, id: str, open: bool, seq: int, body: str) -> str:
    """The text of a document that is signed."""
    return canonical([kind, id, bool(open), seq, body])


def number(signature: str) -> int:
    """A document's signature as a summand of the digest; 0 for one that was never signed."""
    return int(signature.partition(":")[2] or "0", 16)


async def stored(connection: AsyncConnection) -> str | None:
    """The value of the seal's row; None before the journal was sealed."""
    with translated(OSError):
        row = (await connection.execute(select(schema.cursor.c.value).where(schema.cursor.c.name == NAME))).first()
    return str(row[0]) if row else None


async def heads(connection: AsyncConnection) -> dict[str, tuple[int, str]]:
    """The number and hash of each chain's last entry, by a few index lookups."""
    log_, chains = schema.entry, {}
    with translated(OSError):
        name = (await connection.execute(select(func.min(log_.c.chain)))).scalar()
        while name is not None:
            last = select(log_.c.chain_seq, log_.c.hash).where(log_.c.chain == name)
            row = (await connection.execute(last.order_by(log_.c.chain_seq.desc()).limit(1))).first()
            if row is not None:
                chains[str(name)] = (int(row[0]), str(row[1]))
            name = (await connection.execute(select(func.min(log_.c.chain)).where(log_.c.chain > name))).scalar()
    return chains


async def entries_before(connection: AsyncConnection, seq: int | None) -> tuple[bool, bool]:
    """Two booleans: the log has entries below a number (None: any), and one of those is signed."""
    log_ = schema.entry
    earlier = select(log_.c.seq).where(log_.c.seq < seq) if seq is not None else select(log_.c.seq)
    signed = earlier.where(log_.c.mac != "")
    with translated(OSError):
        any_entry = (await connection.execute(earlier.limit(1))).first() is not None
        return any_entry, any_entry and (await connection.execute(signed.limit(1))).first() is not None


async def sign_documents(connection: AsyncConnection, keyring: Keyring) -> tuple[int, int]:
    """Sign every document anew. Returns the number of documents and their digest."""
    table, after, count, digest = schema.doc, ("", ""), 0, 0
    is_sqlite = connection.dialect.name == "sqlite"
    body = cast(table.c.body, LargeBinary) if is_sqlite else table.c.body
    page = select(table.c.kind, table.c.id, table.c.open, table.c.seq, body.label("body"))
    page = page.order_by(table.c.kind, table.c.id).limit(PAGE)
    with translated(OSError):
        while rows := (await connection.execute(page.where(tuple_(table.c.kind, table.c.id) > after))).all():
            for row in rows:
                signature = keyring.sign(document_text(row.kind, row.id, row.open, row.seq, text_of(row.body)))
                digest = (digest + number(signature)) % MODULUS
                this = (table.c.kind == row.kind) & (table.c.id == row.id)
                await connection.execute(update(table).where(this).values(mac=signature))
            count, after = count + len(rows), (rows[-1].kind, rows[-1].id)
    return count, digest


def text_of(body: Any) -> str:
    """A stored body as text. Bytes that are not UTF-8 are replaced, so such a body fits no signature."""
    return body.decode("utf-8", "replace") if isinstance(body, bytes) else str(body)


def _kind(row: Mapping[str, Any]) -> str:
    return str(row["kind"])


class SealUpdate:
    """The changes of one transaction to the seal."""

    def __init__(self, connection: AsyncConnection, keyring: Keyring) -> None:
        self._sql, self._keyring = connection, keyring
        self._documents = self._digest = 0
        self._first: tuple[str, int, str] | None = None
        self._last: tuple[str, int, str] | None = None
        self.touched = False

    def began_at(self, chain: str, length: int, hash: str) -> None:
        """Record the head of this process's chain before the transaction."""
        self._first = (chain, length, hash)

    def ended_at(self, chain: str, length: int, hash: str) -> None:
        """Record the head of this process's chain after the transaction."""
        self._last, self.touched = (chain, length, hash), True

    async def put(self, rows: Sequence[dict[str, Any]]) -> None:
        """Sign documents that are about to be written: each row gets its `mac`."""
        before = dict[tuple[str, str], str]()
        for kind, same_kind in groupby(sorted(rows, key=_kind), key=_kind):
            ids = [row["id"] for row in same_kind]
            for start in range(0, len(ids), PAGE):
                documents = {"kind": kind, "ids": ids[start : start + PAGE]}
                with translated(OSError):
                    for id, signature in await self._sql.execute(_SIGNATURES, documents):
                        before[kind, id] = signature
        for row in rows:
            text = document_text(row["kind"], row["id"], row["open"], row["seq"], row["body"])
            row["mac"] = self._keyring.sign(text)
            self._changed(before.get((row["kind"], row["id"])), row["mac"])

    async def delete(self, kind: str, id: str) -> None:
        """Delete a document."""
        table = schema.doc
        removing = delete(table).where(table.c.kind == kind, table.c.id == id).returning(table.c.mac)
        with translated(OSError):
            row = (await self._sql.execute(removing)).first()
        if row is not None:
            self._changed(row[0], None)

    def _changed(self, before: str | None, after: str | None) -> None:
        self._documents += (after is not None) - (before is not None)
        self._digest += number(after or "") - number(before or "")
        self.touched = True

    def applied_to(self, value: str) -> Seal:
        """The new seal after the one whose row has that value."""
        seal, signature = opened(value, self._keyring)
        if not self._keyring.has(signature) and not seal.broken:
            seal = replace(seal, broken="the seal was signed with a key that is not here")
        chains = dict(seal.chains)
        if self._first is not None and self._last is not None:
            chain, *head = self._first
            if tuple(head) != chains.get(chain, (0, GENESIS)) and not seal.broken:
                seal = replace(seal, broken=f"the chain {chain} ended at {head[0]}, not as sealed")
                log.error("the journal is not as it was sealed: %s", seal.broken)
            chains[self._last[0]] = (self._last[1], self._last[2])
        return replace(
            seal,
            chains=chains,
            documents=seal.documents + self._documents,
            digest=(seal.digest + self._digest) % MODULUS,
        )


async def fresh(connection: AsyncConnection, keyring: Keyring, broken: str = "") -> Seal:
    """A seal of the journal as it is now; every document is signed anew."""
    count, digest = await sign_documents(connection, keyring)
    return Seal(chains=await heads(connection), documents=count, digest=digest, broken=broken)
