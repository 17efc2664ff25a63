"""Looks at applicants' personal data within a day, counted by account from the audit log."""

from __future__ import annotations

from collections import Counter

from feeds.journal import Journal, JournalEntry

AUDIT = "audit"
LOOKS = ("case-unmasked", "case-person-searched")
"""Entries of the audit log that are looks: values of one case, and a search by an applicant's values."""
LASTS = 86_400.0
"""Seconds for which a look counts."""
PAGE = 500


class PersonalLooks:
    """Reads the audit log forward from where it stopped; at first back to the looks that still count."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._after = 0
        self._started = False
        self._looks: list[tuple[float, str]] = []

    async def counts(self, now: float) -> Counter[str]:
        """Looks by account in the last LASTS seconds. Raises JournalLost."""
        if not self._started:
            await self._read_back(now)
        while entries := await self._journal.entries(kind=AUDIT, after=self._after, limit=PAGE):
            self._take(entries)
        self._looks = [look for look in self._looks if look[0] > now - LASTS]
        return Counter(account for _, account in self._looks)

    async def _read_back(self, now: float) -> None:
        """Take the newest entries first, until they are older than a look that counts."""
        before: int | None = None
        pages: list[list[JournalEntry]] = []
        while page := await self._journal.entries(kind=AUDIT, before=before, limit=PAGE, newest_first=True):
            pages.append(page)
            before = page[-1].seq
            if page[-1].at <= now - LASTS:
                break
        for page in reversed(pages):
            self._take(list(reversed(page)))
        self._started = True

    def _take(self, entries: list[JournalEntry]) -> None:
        self._looks += [(entry.at, entry.actor) for entry in entries if entry.name in LOOKS]
        self._after = max(self._after, entries[-1].seq)
