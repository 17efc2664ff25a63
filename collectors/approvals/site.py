"""`approvals.site`: columns of a government site (政府网站栏目), each a case whose limit runs from its last update.

A column is read as a page with dates, as RSS or Atom, or as a sitemap. One that was not updated in time turns red. One
that cannot be read is a fault of the source and never "no update".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import re2

from collectors.approvals.client import RowClient
from collectors.approvals.feed import CaseFeed
from collectors.approvals.progress import RowPage
from collectors.approvals.soap import parsed
from collectors.charset import decoded
from collectors.contract import FetchResult
from collectors.errors import CollectorError, Misconfigured, UnexpectedForm
from collectors.probing.verdicts import sentence
from collectors.settings import Credential, SourceSettings
from feeds.cases.facts import CaseFact
from feeds.cases.making import make_fact
from feeds.cases.source import CHINA, CaseTable, SiteColumn
from feeds.mapping.convert import Unconvertible, to_datetime

ANY_DATE = r"(20\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2})"
AHEAD = 86_400.0
"""Seconds by which a date may lie ahead: notices are dated to the day on which they take effect."""
STAMPS = frozenset({"pubDate", "updated", "published", "date", "lastmod"})
"""Local names of the elements that hold the time of an update in RSS, Atom, Dublin Core and sitemaps."""


class SiteFeed(CaseFeed):
    """The columns of one site."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.site",)

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        super().__init__(settings, credential)
        self._client = RowClient(settings.timeout, credential)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an address, without columns, and for a pattern that cannot work."""
        parts, columns = urlsplit(settings.url), settings.approvals.columns if settings.approvals is not None else ()
        if parts.scheme not in ("http", "https") or not parts.hostname or not columns:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…" and [source.column.NAME]',
                f'来源 {settings.id!r} 需要 url = "http://…" 与 [source.column.NAME]',
            )
        for column in columns:
            try:
                groups = re2.compile(column.pattern or ANY_DATE).groups
            except re2.error as error:
                raise Misconfigured(f"column {column.number!r}: {error}", f"栏目 {column.number!r}：{error}") from error
            if groups != 1:
                raise Misconfigured(
                    f"column {column.number!r}: the pattern needs one group",
                    f"栏目 {column.number!r}：pattern 需有一个分组",
                )

    async def pages(self, table: CaseTable, since: float, place: Any = None) -> AsyncIterator[RowPage]:
        """A site has no tables."""
        return
        yield

    async def fetch(self, now: float) -> FetchResult:
        """Read every column. A column that cannot be read is named; the others are reported."""
        items: list[CaseFact] = []
        problems: list[str] = []
        for column in self.source.columns:
            try:
                updated = await self._updated(column, now)
            except Misconfigured:
                raise
            except CollectorError as error:
                problems.append(f"{column.name or column.number}: {sentence(error)}")
                continue
            fact = self._fact(column, updated, now)
            if self.is_new(fact):
                items.append(fact)
        if not problems:
            items += self.heard(now)
        return FetchResult(items=tuple(items), problem=" ".join(problems))

    async def _updated(self, column: SiteColumn, now: float) -> float:
        """The moment of a column's last update. Raises CollectorError."""
        body = await self._client.ask("GET", urljoin(self.settings.url, column.path))
        texts = _dates_of_page(body, column.pattern) if column.form == "list" else _dates_of_xml(body)
        moments = [at for text in texts if (at := _moment(text)) is not None and at <= now + AHEAD]
        if not moments:
            raise UnexpectedForm("no date was found on it", "页面上没有找到日期")
        return min(max(moments), now)

    def _fact(self, column: SiteColumn, updated: float, now: float) -> CaseFact:
        """The column as a case that began with its last update."""
        values = {
            "kind": "栏目",
            "item": column.number,
            "item_name": column.name,
            "department": column.department,
            "region": column.region or self.settings.region,
            "accepted": updated,
            "promised": column.limit,
            "unit": "连续日",
        }
        system = self.source.system or self.settings.id
        return make_fact(
            self.sealer(), values, system=system, number=column.number, stamp=updated, source=self.settings.id, at=now
        )

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def _dates_of_page(body: bytes, pattern: str) -> Iterable[str]:
    text = decoded(body)
    return (match[1] for match in re2.finditer(pattern or ANY_DATE, text))


def _dates_of_xml(body: bytes) -> Iterable[str]:
    root = parsed(body)
    return (
        element.text
        for element in root.iter()
        if isinstance(element.tag, str) and element.tag.rpartition("}")[2] in STAMPS and element.text
    )


def _moment(text: str) -> float | None:
    """A time as RFC 3339, RFC 2822 (RSS) or a date; None for what is none of them."""
    try:
        return to_datetime("".join(text.split()) if len(text) < 16 else text.strip(), CHINA)
    except Unconvertible:
        pass
    try:
        moment: datetime = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.timestamp()
