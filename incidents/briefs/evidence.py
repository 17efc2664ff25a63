"""Which journal entries prove what a brief says of an incident. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feeds.journal.proofs import ProvenEntry
from feeds.model.briefs import EntryReference


def reference(proven: ProvenEntry) -> EntryReference:
    """What a brief keeps of an entry that it cites."""
    entry = proven.entry
    return EntryReference(seq=entry.seq, chain=entry.chain, number=entry.chain_seq, hash=proven.hash, at=entry.at)


class IncidentEvidence:
    """The entries of one incident, oldest first."""

    def __init__(self, entries: Sequence[ProvenEntry]) -> None:
        self.entries = entries
        self._figures = [proven for proven in entries if proven.entry.name == "casualties"]

    def named(self, *names: str) -> tuple[EntryReference, ...]:
        """The newest entry of one of these names, none if there is none."""
        return self._last(proven for proven in self.entries if proven.entry.name in names)

    def setting(self, *fields: str) -> tuple[EntryReference, ...]:
        """The newest entry whose order set one of these fields, else the one that created the incident."""
        setting = [proven for proven in self.entries if any(name in proven.entry.body for name in fields)]
        return self._last(setting) or self.named("created")

    def figure(self, number: int) -> tuple[EntryReference, ...]:
        """The entry of a casualty report by its number, which counts them from 1."""
        return self._last(self._figures[number - 1 : number])

    @staticmethod
    def _last(entries: Iterable[ProvenEntry]) -> tuple[EntryReference, ...]:
        chosen = list(entries)
        return (reference(chosen[-1]),) if chosen else ()
