"""The ends of the journal's hash chains, as they are kept outside it: what shows that rows are gone.

A chain that lost its tail, and an emptied journal, hold in themselves. Only a record elsewhere tells: a state file and
the other store have, for each chain, its last number and hash. A journal is whole when it has each of these rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import func, select

from feeds.clock import now
from feeds.journal import schema, seals
from feeds.journal.connections import translated
from feeds.journal.keys import Keyring
from feeds.journal.records import ANCHOR, canonical
from feeds.journal.store import Journal

FORMAT = 1
UNCOUNTED = ("session", "session-use")
"""Kinds of documents that come and go without an entry."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: its last number, and the hash of that row."""

    length: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Rows of one chain that were there and are not, `first` to `last`; or documents (chain "", first 1)."""

    chain: str
    first: int
    last: int

    @property
    def rows(self) -> int:
        """The number of rows that are missing."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """The ends of all chains at one moment. `epoch` rises when a person accepts a loss; the higher one counts.

    `documents` were counted when there were `counted_at` entries. `gaps` were found missing first.
    """

    chains: Mapping[str, Head] = field(default_factory=dict)
    documents: int = 0
    counted_at: int = -1
    epoch: int = 0
    at: float = 0.0
    gaps: tuple[Gap, ...] = ()

    @property
    def entries(self) -> int:
        """The number of entries of the journal: each chain counts from 1 without gaps."""
        return sum(head.length for head in self.chains.values())

    def record(self, keyring: Keyring | None = None) -> dict[str, Any]:
        """The heads as JSON, signed when there is a keyring."""
        document = {"format": FORMAT} | asdict(self)
        return document if keyring is None else document | {"mac": keyring.sign(canonical(document))}


def parse(document: Any, keyring: Keyring | None = None, *, unsigned: bool = True) -> Heads:
    """Heads from their JSON. Raises KeyError, TypeError or ValueError, also for a wrong signature.

    `unsigned` admits a record without a signature, as earlier versions wrote it.
    """
    if document["format"] != FORMAT:
        raise ValueError("unknown format")
    if keyring is not None and not _is_proven(document, keyring, unsigned):
        raise ValueError("it is not signed by the journal's key")
    chains = {str(name): Head(int(head["length"]), str(head["hash"])) for name, head in document["chains"].items()}
    numbers = {name: int(document[name]) for name in ("documents", "counted_at", "epoch")}
    gaps = tuple(
        Gap(chain=str(gap["chain"]), first=int(gap["first"]), last=int(gap["last"])) for gap in document["gaps"]
    )
    return Heads(chains=chains, at=float(document["at"]), gaps=gaps, **numbers)


def _is_proven(document: Any, keyring: Keyring, unsigned: bool) -> bool:
    body = {name: value for name, value in document.items() if name != "mac"}
    if "mac" in document:
        return keyring.verifies(canonical(body), str(document["mac"]))
    return unsigned


def latest(*records: Heads | None) -> Heads | None:
    """The record that counts: of the highest epoch the one with most entries."""
    present = [record for record in records if record is not None]
    return max(present, key=lambda record: (record.epoch, record.entries, record.at), default=None)


async def read(journal: Journal, *, epoch: int = 0, count: bool = True) -> Heads:
    """The ends of the chains now; a few index lookups, and with `count` one scan of the documents' index."""
    documents = 0
    async with journal.store.reading() as connection:
        chains = {chain: Head(*head) for chain, head in (await seals.heads(connection)).items()}
        with translated(OSError):
            if count:
                counting = select(func.count()).select_from(schema.doc).where(schema.doc.c.kind.not_in(UNCOUNTED))
                documents = int((await connection.execute(counting)).scalar() or 0)
    heads = Heads(chains=chains, documents=documents, epoch=epoch, at=now())
    return replace(heads, counted_at=heads.entries if count else -1)


async def anchor(journal: Journal, last: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """State the heads of all other chains in the chain of this process, unless they are those of `last`.

    Returns the number and hash of each of these chains.
    """
    async with journal.begin() as tx:
        chains = await tx.other_heads()
        if chains and chains != last:
            await tx.append(kind=ANCHOR, name="heads", subject="journal", at=now(), body={"chains": chains})
    return chains


async def missing(journal: Journal, recorded: Heads) -> list[Gap]:
    """The gaps of each chain: entries that the record has and the journal lacks. Earlier recorded gaps come first."""
    gaps = await _missing(journal, recorded)
    return list(recorded.gaps) if gaps and recorded.gaps else gaps


async def _missing(journal: Journal, recorded: Heads) -> list[Gap]:
    log, gaps = schema.entry, []
    async with journal.store.reading() as connection:
        with translated(OSError):
            for chain, head in sorted(recorded.chains.items()):
                numbers = select(log.c.hash).where(log.c.chain == chain, log.c.chain_seq == head.length)
                if (await connection.execute(numbers)).scalar() == head.hash:
                    continue
                end = select(func.max(log.c.chain_seq)).where(log.c.chain == chain)
                last = int((await connection.execute(end)).scalar() or 0)
                # A chain that went on after a loss has other rows under the old numbers.
                gaps.append(Gap(chain=chain, first=last + 1 if last < head.length else 1, last=head.length))
    if not gaps and (lost := await _documents_missing(journal, recorded)):
        gaps.append(Gap(chain="", first=1, last=lost))
    return gaps


async def _documents_missing(journal: Journal, recorded: Heads) -> int:
    """The number of documents that are gone although no entry was written since they were counted."""
    if recorded.counted_at < 0:
        return 0
    current = await read(journal)
    return max(0, recorded.documents - current.documents) if current.entries == recorded.counted_at else 0
