"""The listing of a CAP source over HTTP: the page at its address, and the older pages as far as they hold new entries.

More may be issued between two rounds than one page lists. Pages that a round leaves unread, because time is up or a
request failed, are read in the next one. One round in SWEEP reads all pages, because an index may list a message that
came late among older ones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace

from collectors.documents import DocumentClient, unexpected
from collectors.emergency.cap.index import Index, IndexEntry, is_alert, read_index
from collectors.emergency.cap.versions import StoredVersions
from collectors.emergency.cap.window import FolderWindow
from collectors.errors import CollectorError

INDEX_LIMIT = 4 << 20
"""Bytes of one page of an index."""
PAGES = 20
"""Pages behind the first one at most. An index may lead back through the messages of years."""
UNREAD = 8
"""Pages at most from which reading goes on in the next round."""
SWEEP = 20
TRIES = 5
"""Rounds in which a page that fails is asked for."""


Problem = tuple[str, str]
"""The fault of a page or entry of an index: the English and the Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The documents listed, oldest first, and the validators of the first page."""

    entries: list[IndexEntry]
    validators: dict[str, str]
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UnreadPage:
    """A page that is to be read, `depth` pages behind the first one. It has failed in `failed` rounds."""

    url: str
    depth: int
    failed: int = 0


class PagedIndex:
    """Reads the listing at one address. `timeout` (seconds) bounds the time in which pages are begun."""

    def __init__(self, client: DocumentClient, url: str, timeout: float, versions: StoredVersions) -> None:
        self._client, self._url, self._timeout, self._versions = client, url, timeout, versions
        self._unread: list[UnreadPage] = []
        self._window = FolderWindow()
        self._rounds = 0
        self._paged = False

    @property
    def unread(self) -> bool:
        """True when pages wait for the next round."""
        return bool(self._unread)

    async def read(self, validators: dict[str, str]) -> Listing | None:
        """The listing; None when it has not changed since these validators. Raises CollectorError."""
        end = asyncio.get_running_loop().time() + self._timeout
        self._rounds += 1
        sweeping = self._paged and self._rounds % SWEEP == 0
        answer = await self._client.get(self._url, INDEX_LIMIT, None if sweeping else validators)
        if answer is None:
            return None
        index = read_index(answer.body, self._url)
        if index is None:  # the address must hold the document itself
            if not is_alert(answer.body):
                raise unexpected(answer.body, "a CAP document, an Atom or an RSS index", "CAP 文档、Atom 或 RSS 索引")
            index = Index([IndexEntry(key=self._url, stamp="", raw=answer.body)])
        if index.folder:
            return Listing(self._window.recent(index.entries), answer.validators)
        self._paged = bool(index.following)
        pages, problems = await self._older(index, end, sweeping=sweeping)
        entries = {entry.key: entry for page in reversed(pages) for entry in page.entries}
        return Listing(list(entries.values()), {} if self._unread else answer.validators, problems)

    async def _older(self, first: Index, end: float, *, sweeping: bool) -> tuple[list[Index], list[Problem]]:
        """The first page and the older ones, newest first, and what went wrong."""
        pages, problems, listed = [first], [], {entry.key for entry in first.entries}
        waiting, self._unread = self._unread, []
        if first.following and (sweeping or self._has_new(first)):
            waiting.insert(0, UnreadPage(first.following, 1))
        while waiting and asyncio.get_running_loop().time() < end:
            place = waiting.pop(0)
            try:
                page = await self._page(place)
            except CollectorError as error:
                self._unread += [replace(place, failed=place.failed + 1)] if place.failed + 1 < TRIES else []
                problems.append((f"{place.url}: {error.en}", f"{place.url}：{error.zh}"))
                continue
            fresh = [entry for entry in page.entries if entry.key not in listed]
            pages.append(Index(fresh))
            listed.update(entry.key for entry in fresh)
            if not page.following or not fresh or not (sweeping or self._has_new(Index(fresh))):
                continue
            if place.depth < PAGES:
                waiting.insert(0, UnreadPage(page.following, place.depth + 1))
            elif not sweeping:
                problems.append(_TOO_LONG)
        self._unread = list(dict.fromkeys([*waiting, *self._unread]))[:UNREAD]
        return pages, problems

    async def _page(self, place: UnreadPage) -> Index:
        answer = await self._client.get(place.url, INDEX_LIMIT)
        assert answer is not None  # asked without validators
        page = read_index(answer.body, place.url)
        if page is None or page.folder:
            raise unexpected(answer.body, "the next page of an index", "索引的下一页")
        return page

    def _has_new(self, page: Index) -> bool:
        return any(not self._versions.is_known(entry) for entry in page.entries)

    def forget(self) -> None:
        """Read all pages again next time."""
        self._unread, self._rounds = [], 0
        self._window.forget()


_TOO_LONG = (
    f"the index goes on behind {PAGES} further pages of new entries; older ones were not read",
    f"索引在后续 {PAGES} 页新条目之后仍未结束，更早的未读取",
)
