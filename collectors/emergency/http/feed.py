"""`emergency.http`: any JSON or XML system, polled and mapped by settings into receipts, warnings or observations.

A round asks for all pages, PAGES at most. The cursor moves only after a round in which no page failed. A row that was
published before with the same content is not published again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

from collectors.contract import Feed, FetchResult
from collectors.documents import DocumentClient, unexpected
from collectors.emergency.http.addresses import CURSOR, OVERLAP, PAGE, filled, written
from collectors.errors import Misconfigured
from collectors.seen_versions import SeenVersions
from collectors.settings import PUSH, Credential, SourceSettings
from feeds.mapped.items import ROUTES, MappedItem, mapped_item
from feeds.mapped.rows import BOUNDS, NoRows, document_of, rows_of
from feeds.mapped.source import MappedSource, RowProblem, RowReader
from feeds.mapped.warnings import MappedWarning
from feeds.mapping import MappingRefused
from feeds.mapping.paths import lookup
from feeds.receipts import ReceiptReport

PAGES = 50
"""Pages of one round at most."""
REMEMBERED = 50_000
"""Rows whose digest is remembered."""


class MappedFeed(Feed):
    """One mapped system. `settings.timeout` (seconds) bounds each request."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.http",)
    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "receipt"

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self._settings = settings
        self.source = settings.mapped or MappedSource()
        self._reader = RowReader(self.source)
        self._client = DocumentClient(settings.url, settings.timeout, credential)
        self._zone = ZoneInfo(self.source.zone)
        self._seen: SeenVersions[str, None] = SeenVersions(REMEMBERED)
        self._fresh_for = max(settings.heartbeat, settings.interval * 3)
        self._cursor: str | None = None
        self._newest: float | None = None

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address or with a faulty mapping."""
        parts = urlsplit(settings.url)
        if settings.url != PUSH and not (parts.scheme in ("http", "https") and parts.hostname):
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…"', f'来源 {settings.id!r} 需要 url = "http://…"'
            )
        try:
            RowReader(settings.mapped or MappedSource())
        except MappingRefused as error:
            raise Misconfigured(
                f"source {settings.id!r}: {error}", f"来源 {settings.id!r} 的映射有误：{error}"
            ) from error

    def route(self) -> tuple[str, str]:
        return ROUTES[self.source.gives]

    async def fetch(self, now: float) -> FetchResult:
        """Fetch all pages. Raises NotReady, AuthFailed, UnexpectedForm."""
        rows, document = await self.rows(now)
        items, problems = self.items(rows, now)
        new = [item for row, item in items if self._is_new(row)]
        self._advance(document, [item for _, item in items])
        flat = [observation for item in new for observation in (item if isinstance(item, list) else [item])]
        return FetchResult(items=tuple(flat), problem=_problem(problems, len(rows)))

    async def rows(self, now: float) -> tuple[list[dict[str, Any]], Any]:
        """The rows of all pages in order, and the last document."""
        rows: list[dict[str, Any]] = []
        address, document = "", None
        for page in range(self.source.page_first, self.source.page_first + PAGES):
            address = address or filled(
                self._settings.url, cursor=self._start(now), page=page, now=written(now, "iso", self._zone)
            )
            answer = await self._client.get(address, BOUNDS.size)
            if answer is None or answer.no_content:
                break
            try:
                document = document_of(answer.body, self.source.form)
                page_rows = rows_of(document, self.source.items)
            except NoRows as error:
                form = self.source.form.upper()
                raise unexpected(answer.body, f"{form} with rows ({error})", f"含数据行的 {form}（{error}）") from error
            rows += page_rows
            following = lookup(document, self.source.next) if self.source.next else None
            address = urljoin(address, following) if isinstance(following, str) and following else ""
            if not page_rows or not (address or PAGE in self._settings.url):
                break
        return rows, document

    def items(
        self, rows: Sequence[dict[str, Any]], now: float
    ) -> tuple[list[tuple[dict[str, Any], MappedItem]], list[RowProblem]]:
        """Each usable row with its item, and the problems of the other rows."""
        usable: list[tuple[dict[str, Any], MappedItem]] = []
        problems: list[RowProblem] = []
        for number, row in enumerate(rows):
            item = mapped_item(self._reader, row, self._settings.id, number, now, self._fresh_for)
            if isinstance(item, RowProblem):
                problems.append(item)
            else:
                usable.append((row, item))
        return usable, problems

    def _is_new(self, row: dict[str, Any]) -> bool:
        digest = hashlib.sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
        return self._seen.is_new(digest, None)

    def _start(self, now: float) -> str:
        """The cursor of this round."""
        if self._cursor is not None:
            return self._cursor
        since = now - self.source.back if self._newest is None else self._newest - OVERLAP
        return written(since, self.source.cursor_format, self._zone)

    def _advance(self, document: Any, items: Sequence[MappedItem]) -> None:
        """Move the cursor after a complete round."""
        if CURSOR not in self._settings.url:
            return
        if self.source.cursor:
            following = lookup(document, self.source.cursor)
            if isinstance(following, (str, int)) and following != "":
                self._cursor = str(following)
            return
        times = [at for item in items if (at := _time(item)) is not None]
        if times:
            self._newest = max(*times, self._newest or 0.0)

    def forget(self) -> None:
        """Fetch and give every row again."""
        self._seen.clear()
        self._cursor = self._newest = None

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def _time(item: MappedItem) -> float | None:
    if isinstance(item, ReceiptReport):
        return item.updated_at
    if isinstance(item, MappedWarning):
        return item.warning.sent
    return max((float(observation.observed_at) for observation in item), default=None)


def _problem(problems: Sequence[RowProblem], rows: int) -> str:
    if not problems:
        return ""
    first, count = problems[0], len(problems)
    where = f"#{first.row}: {first.detail}"
    return f"{rows} 行中有 {count} 行无法映射：{where} | {count} of {rows} rows cannot be mapped: {where}"
