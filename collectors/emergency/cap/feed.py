"""`emergency.cap`: CAP documents over HTTP, from a single document, an Atom index, or RSS.

The feed yields each CAP document once, as received. The registry of warnings validates it.
An answer that is neither a CAP document nor an index (a login page, JSON, a truncated feed) is a failure of the source.
A listed address that gives no CAP document is fetched again in the next round.
The source's address is fetched with ETag and If-Modified-Since. A listed document whose entry has not changed (same
link, same `updated`) is not fetched again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from collectors.contract import Feed, FetchResult
from collectors.documents import DocumentClient, unexpected
from collectors.emergency.cap.index import IndexEntry, entries, is_alert
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.settings import Credential, SourceSettings
from feeds.cap.message import SIZE_LIMIT, CapDocument

INDEX_LIMIT = 4 << 20
"""Bytes of an index."""
CONCURRENCY = 4
"""Documents fetched at the same time."""


class CapFeed(Feed):
    """One CAP source. `settings.timeout` (seconds) bounds each request."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.cap",)
    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "cap"

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self._settings = settings
        self._client = DocumentClient(settings.url, settings.timeout, credential)
        self._validators: dict[str, str] = {}
        self._seen_versions: dict[str, str] = {}

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address, or with an unknown mode or profile."""
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…" (a CAP document, an Atom or an RSS index)',
                f'来源 {settings.id!r} 需要 url = "http://…"（CAP 文档、Atom 或 RSS 索引）',
            )
        for name, value, allowed in (
            ("mode", settings.mode, ("strict", "lenient")),
            ("profile", settings.profile, ("", "cn-12379")),
        ):
            if value not in allowed:
                choice = ", ".join(repr(each) for each in allowed)
                raise Misconfigured(
                    f"source {settings.id!r}: {name} {value!r} is unknown; write one of {choice}",
                    f"来源 {settings.id!r}：{name} 的值 {value!r} 未知；可用：{choice}",
                )

    async def fetch(self, now: float) -> FetchResult:
        """Fetch the documents that are new, oldest first. Raises NotReady, AuthFailed."""
        answer = await self._client.get(self._settings.url, INDEX_LIMIT, self._validators)
        if answer is None:
            return FetchResult()
        listed = entries(answer.body, self._settings.url)
        if listed is None:  # not an index: the address must hold the document itself
            if not is_alert(answer.body):
                raise unexpected(answer.body, "a CAP document, an Atom or an RSS index", "CAP 文档、Atom 或 RSS 索引")
            listed = [IndexEntry(key=self._settings.url, stamp="", raw=answer.body)]
        # Entries that are no longer listed are dropped, so that memory is bounded by the index.
        self._seen_versions = {
            entry.key: self._seen_versions[entry.key] for entry in listed if entry.key in self._seen_versions
        }
        changed = [entry for entry in listed if not entry.stamp or self._seen_versions.get(entry.key) != entry.stamp]
        raws, problems = await self._documents(changed)
        items = [
            self._item(entry, raw, now) for entry, raw in zip(changed, raws, strict=True) if self._is_new(entry, raw)
        ]
        if not problems:
            self._validators = answer.validators
        return FetchResult(items=tuple(items), problem=_problem(problems, len(listed)))

    def _is_new(self, entry: IndexEntry, raw: bytes) -> bool:
        """Store the version of a document. An entry without a time of change is compared by its bytes.

        False for a stored version, and for b"", which stands for a failed fetch.
        """
        if not raw:
            return False
        version = entry.stamp or hashlib.sha256(raw).hexdigest()
        is_stored = self._seen_versions.get(entry.key) == version
        self._seen_versions[entry.key] = version
        return not is_stored

    def _item(self, entry: IndexEntry, raw: bytes, now: float) -> CapDocument:
        return CapDocument(
            source=self._settings.id,
            received_at=now,
            raw=raw,
            url=entry.url or self._settings.url,
            mode=self._settings.mode,
            profile=self._settings.profile,
        )

    async def _documents(self, changed: Sequence[IndexEntry]) -> tuple[list[bytes], list[tuple[str, str]]]:
        """The bytes of each document, b"" for one that failed, and a sentence (English, Chinese) for each failure."""
        gate = asyncio.Semaphore(CONCURRENCY)
        loop = asyncio.get_running_loop()
        # A long index is fetched over several rounds.
        end = loop.time() + self._settings.timeout
        problems: list[tuple[str, str]] = []

        async def fetch_entry(entry: IndexEntry) -> bytes:
            if entry.raw:
                return entry.raw
            async with gate:
                try:
                    if loop.time() > end:
                        raise NotReady(Reason.TIMEOUT, "left for the next round")
                    answer = await self._client.get(entry.url, SIZE_LIMIT)
                    if answer is None or is_alert(answer.body):
                        return answer.body if answer else b""
                    raise unexpected(answer.body, "a CAP document", "CAP 文档")
                except (NotReady, AuthFailed) as error:
                    problems.append((f"{entry.url}: {error.en}", f"{entry.url}：{error.zh}"))
                    return b""

        return await asyncio.gather(*(fetch_entry(entry) for entry in changed)), problems

    def forget(self) -> None:
        """Fetch every document again next time."""
        self._validators = {}
        self._seen_versions = {}

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def _problem(problems: Sequence[tuple[str, str]], listed: int) -> str:
    if not problems:
        return ""
    (en, zh), count = problems[0], len(problems)
    return f"{listed} 个文档中有 {count} 个未取到：{zh} | {count} of {listed} documents not fetched: {en}"
