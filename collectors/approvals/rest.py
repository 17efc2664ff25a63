"""`approvals.rest`: rows of a JSON interface, by pages, offsets or a next address.

Status 200 with an error code in the body is the rule in this field: `ok` names the path and the values that are right.
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urljoin

from collectors.approvals.answers import document_of, require_ok, rows_of, total_of
from collectors.approvals.http_feed import HttpCaseFeed, PageAnswer, PageRequest
from feeds.mapping.paths import lookup


class RestCaseFeed(HttpCaseFeed):
    """Rows over REST."""

    kinds: ClassVar[tuple[str, ...]] = ("approvals.rest",)

    @property
    def paged(self) -> bool:
        return bool(self.source.page_param)

    async def page(self, request: PageRequest) -> PageAnswer:
        """Fetch one page. Raises UnexpectedForm for an answer with an error code or without rows."""
        source = self.source
        url = request.following or urljoin(self.settings.url, request.table.path)
        params = {} if request.following else self._first_params(request.since)
        if source.page_param:
            params[source.page_param] = str(request.number)
        document = document_of(await self.client.ask("GET", url, params=params))
        require_ok(document, source)
        following = lookup(document, source.next) if source.next else None
        address = urljoin(url, following) if isinstance(following, str) and following else ""
        return PageAnswer(rows_of(document, source.rows), address, total_of(document, source))

    def _first_params(self, since: float) -> dict[str, str]:
        source = self.source
        params = {source.since_param: self.since_text(since), source.size_param: str(source.page)}
        return {name: value for name, value in params.items() if name}
