"""Requests of a domain for entries of the log with their hashes, for records that cite them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.journal import Journal
    from feeds.journal.proofs import ProvenEntry


@dataclass(frozen=True, slots=True)
class ListProven:
    """The entries of a kind about one subject, oldest first."""

    kind: str
    subject: str

    async def ask(self, journal: Journal) -> list[ProvenEntry]:
        from feeds.journal import proofs

        return await proofs.about(journal, self.kind, self.subject)


@dataclass(frozen=True, slots=True)
class ListProvenBelow:
    """The entries of a kind about subjects that begin with a prefix, oldest first."""

    kind: str
    prefix: str

    async def ask(self, journal: Journal) -> list[ProvenEntry]:
        from feeds.journal import proofs

        return await proofs.below(journal, self.kind, self.prefix)


@dataclass(frozen=True, slots=True)
class FindHead:
    """The last entry of this process's chain, None for an empty one."""

    async def ask(self, journal: Journal) -> ProvenEntry | None:
        from feeds.journal import proofs

        return await proofs.last_of(journal, journal.chain)


@dataclass(frozen=True, slots=True)
class ListProvenWithin:
    """The entries of a kind with start <= at < end, oldest first; of more than `limit` the newest."""

    kind: str
    start: float
    end: float
    limit: int = 2000

    async def ask(self, journal: Journal) -> list[ProvenEntry]:
        from feeds.journal import proofs

        return list(reversed(await proofs.newest(journal, self.kind, self.start, self.end, self.limit)))


@dataclass(frozen=True, slots=True)
class FindDocuments:
    """The documents of a kind that have those ids, as their bodies by id."""

    kind: str
    ids: tuple[str, ...]

    async def ask(self, journal: Journal) -> dict[str, dict[str, Any]]:
        return {id: doc.body for id, doc in (await journal.docs_of(self.kind, self.ids)).items()}
