"""Common to sources of cases over HTTP: the address, the client, and the loop over pages."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from collectors.approvals.client import RowClient
from collectors.approvals.feed import PAGES, CaseFeed, Rows
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
class RowPage:
    """The rows of one page. `following` is the address of the next page, "" where the answer names none."""

    rows: Rows
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
    async def page(self, request: PageRequest) -> RowPage:
        """Fetch one page. Raises CollectorError."""

    async def pages(self, table: CaseTable, since: float) -> AsyncIterator[Rows]:
        """Pages of rows. The last one is short, or followed by an empty one or by itself again."""
        previous = following = ""
        for number in range(self.source.first_page, self.source.first_page + PAGES):
            page = await self.page(PageRequest(table=table, since=since, number=number, following=following))
            digest = _digest(page.rows)
            if not page.rows or digest == previous:
                return
            previous = digest
            yield page.rows
            if page.following:
                following = page.following
            elif not self.paged or len(page.rows) < self.source.page:
                return

    def since_text(self, since: float) -> str:
        """The time of change as the system expects it, in China Standard Time."""
        return datetime.fromtimestamp(since, CHINA).strftime(self.source.since_format)

    async def close(self) -> None:
        """Close the session."""
        await self.client.close()


def _digest(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()
