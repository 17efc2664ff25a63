"""`approvals.rest`: rows of a JSON interface, by pages, offsets or a next address.

Status 200 with an error code in the body is the rule in this field: `ok` names the path and the values that are right.
A page that repeats the one before it is past the end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

from collectors.approvals.client import RowClient
from collectors.approvals.feed import CaseFeed, Rows
from collectors.errors import Misconfigured, UnexpectedForm
from collectors.settings import Credential, SourceSettings
from feeds.cases.source import CHINA, CaseSource, CaseTable
from feeds.mapping.expressions import text_of
from feeds.mapping.paths import lookup, select

PAGES = 2000
"""Pages of one table in one round at most."""


class RestCaseFeed(CaseFeed):
    """Rows over REST."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.rest",)

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        super().__init__(settings, credential)
        self._client = RowClient(settings.timeout, credential)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address."""
        need_url(settings)
        super().validate(settings)

    async def pages(self, table: CaseTable, since: float) -> AsyncIterator[Rows]:
        """Pages of rows; an answer whose code is not right is a failure."""
        source, url = self.source, urljoin(self.settings.url, table.path) if table.path else self.settings.url
        params: dict[str, str] = {}
        if source.since_param:
            params[source.since_param] = datetime.fromtimestamp(since, CHINA).strftime(source.since_format)
        if source.size_param:
            params[source.size_param] = str(source.page)
        before = ""
        for page in range(source.first_page, source.first_page + PAGES):
            if source.page_param:
                params[source.page_param] = str(page)
            body = await self._client.ask("GET", url, params=params)
            document = document_of(body)
            require_ok(document, source)
            rows = rows_of(document, source.rows)
            digest = hashlib.sha256(json.dumps(rows, sort_keys=True, default=str).encode()).hexdigest()
            if not rows or digest == before:
                return
            before = digest
            yield rows
            following = lookup(document, source.next) if source.next else None
            if isinstance(following, str) and following:
                url, params = urljoin(url, following), {}
            elif not source.page_param or len(rows) < source.page:
                return

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def need_url(settings: SourceSettings) -> None:
    """Raises Misconfigured without an http(s) address."""
    parts = urlsplit(settings.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misconfigured(
            f'source {settings.id!r} needs url = "http://…"', f'来源 {settings.id!r} 需要 url = "http://…"'
        )


def document_of(body: bytes) -> Any:
    """The JSON document of an answer, in UTF-8 or GB 18030. Raises UnexpectedForm."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return json.loads(body.decode(encoding))
        except UnicodeDecodeError:
            continue
        except (ValueError, RecursionError) as error:
            shown = body[:60].decode("utf-8", "replace")
            raise UnexpectedForm(f"not JSON: {shown!r}", f"应答不是 JSON：{shown!r}") from error
    raise UnexpectedForm("neither UTF-8 nor GB 18030", "应答既不是 UTF-8 也不是 GB 18030")


def require_ok(document: Any, source: CaseSource) -> None:
    """Raises UnexpectedForm for an answer that carries an error code."""
    if source.ok_path and (code := text_of(lookup(document, source.ok_path))) not in source.ok_values:
        raise UnexpectedForm(
            f"the answer says {source.ok_path} = {code[:40]!r}", f"应答中 {source.ok_path} = {code[:40]!r}"
        )


def rows_of(document: Any, path: str) -> Rows:
    """The rows at a path. Raises UnexpectedForm when what stands there is no list of objects."""
    rows = select(document, path) if path else [document]
    if len(rows) == 1 and isinstance(rows[0], list):
        rows = rows[0]
    if not all(isinstance(row, dict) for row in rows):
        raise UnexpectedForm(f"there are no rows at {path!r}", f"应答中 {path!r} 处没有数据行")
    return rows
