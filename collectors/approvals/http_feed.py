"""Common to sources of cases over HTTP: the address, the client, and the loop over pages."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from collectors.approvals.client import RowClient
from collectors.approvals.feed import PAGES, CaseFeed
from collectors.approvals.progress import RowPage, Rows
from collectors.errors import Misconfigured
from collectors.settings import Credential, SourceSettings
from feeds.cases.source import CHINA, CaseTable


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """One page of a table. `since` is the time of change from which on rows are asked for, epoch seconds.

    `following` is the address that the page before named, "" where it named none.
    """

    table: CaseTable
    since: float
    number: int
    following: str = ""


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """The rows of one answer. `following` is the address of the next page, "" where the answer names none.

    `total` is the number of all rows that it states, None where it states none.
    """

    rows: Rows
    following: str = ""
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PlaceOfPage:
    """Where a round goes on: the number of a page, or the address that the page before it named."""

    number: int
    following: str = ""


class HttpCaseFeed(CaseFeed):
    """Rows over HTTP. Subclasses fetch single pages."""

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        super().__init__(settings, credential)
        self.client = RowClient(settings.timeout, credential)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address."""
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…"', f'来源 {settings.id!r} 需要 url = "http://…"'
            )
        super().validate(settings)

    @property
    @abstractmethod
    def paged(self) -> bool:
        """True when requests carry the number of the page."""

    @abstractmethod
    async def page(self, request: PageRequest) -> PageAnswer:
        """Fetch one page. Raises CollectorError."""

    async def pages(self, table: CaseTable, since: float, place: Any = None) -> AsyncIterator[RowPage]:
        """Pages of rows. The last one is short, or followed by an empty one or by itself again.

        A round that goes on begins one page earlier, and one whose total shrinks goes back: rows have moved forward.
        """
        first, previous, total, size = self.source.first_page, "", None, self.source.page
        place = place or PlaceOfPage(first)
        number, following = max(first, place.number - 1) if not place.following else place.number, place.following
        began = number
        for _ in range(PAGES):
            answer = await self.page(PageRequest(table=table, since=since, number=number, following=following))
            digest = _digest(answer.rows)
            if answer.rows and digest == previous:
                turned = number > first + 1 or began > first or len(answer.rows) > size
                short = (number - first) * size < total if total is not None else not turned
                yield RowPage([], None, _repeats(number) if short and not following else "")
                return
            previous = digest
            following, number = answer.following, number + 1
            if total is not None and answer.total is not None and answer.total < total:
                number, previous = max(first, number - 1 - -(-(total - answer.total) // size)), ""
            total = answer.total if answer.total is not None else total
            ends = not answer.rows or not (following or self.paged) or (not following and self._is_last(answer))
            yield RowPage(answer.rows, None if ends else PlaceOfPage(number, following))
            if ends:
                return
        yield RowPage([], PlaceOfPage(number, following))

    def _is_last(self, answer: PageAnswer) -> bool:
        """True for a short page of a system whose pages are numbered."""
        return len(answer.rows) < self.source.page

    def since_text(self, since: float) -> str:
        """The time of change as the system expects it, in China Standard Time."""
        return datetime.fromtimestamp(since, CHINA).strftime(self.source.since_format)

    async def close(self) -> None:
        """Close the session."""
        await self.client.close()


def _repeats(number: int) -> str:
    return (
        f"第 {number} 页与前一页相同：系统可能没有翻页；若确为最后一页，请设置 paging.total"
        f" | page {number} repeats the one before it: the system may not turn pages; set paging.total if it is the last"
    )


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()
