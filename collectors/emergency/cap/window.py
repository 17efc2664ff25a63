"""The part of a folder that is read: its newest documents, and all that are new since the last look. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from collectors.emergency.cap.index import ENTRIES, IndexEntry

NEWEST = 500
"""Documents of a folder that are read at the first look. A folder may hold those of years."""


class FolderWindow:
    """Remembers which documents a folder held at the last look."""

    def __init__(self) -> None:
        self._seen_keys: set[str] = set()

    def recent(self, listed: Sequence[IndexEntry]) -> list[IndexEntry]:
        """The newest of the listed documents (oldest first), with all that were not there at the last look."""
        older, newest = listed[:-NEWEST], listed[-NEWEST:]
        added = [entry for entry in older if entry.key not in self._seen_keys] if self._seen_keys else []
        self._seen_keys = {entry.key for entry in listed}
        return [*added, *newest][-ENTRIES:]

    def forget(self) -> None:
        """Take the next look as the first."""
        self._seen_keys = set()
