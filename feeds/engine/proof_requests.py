"""Requests of a domain for entries of the log with their hashes, for records that cite them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
