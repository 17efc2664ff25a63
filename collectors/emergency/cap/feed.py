"""`emergency.cap`: CAP documents over HTTP — one document, an Atom index, or RSS.

Brings every CAP document as it came, once; whether it is valid is for the registry to say.
An answer that is neither a CAP document nor an index (a login page, JSON, a truncated feed) is a failure
of the source, and a listed address that gives no CAP document is asked again in the next round.
The address of the source is asked with ETag and If-Modified-Since; a listed document whose
entry did not change (same link, same `updated`) is not fetched again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import ClassVar
from urllib.parse import urlsplit

from collectors.contract import Feed, FetchResult
from collectors.documents import DocumentClient, unexpected
from collectors.emergency.cap.index import Entry, entries, is_alert
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
        self._brought: dict[str, str] = {}

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without an http(s) address, or with an unknown mode or profile."""
        parts = urlsplit(settings.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…" (a CAP document, an Atom or an RSS index)',
                f'来源 {settings.id!r} 需要 url = "http://…"（CAP 文档、Atom 或 RSS 索引）',
            )
        for name, value, known in (
            ("mode", settings.mode, ("strict", "lenient")),
            ("profile", settings.profile, ("", "cn-12379")),
        ):
            if value not in known:
                choice = ", ".join(repr(one) for one in known)
                raise Misconfigured(
                    f"source {settings.id!r}: {name} {value!r} is unknown; write one of {choice}",
                    f"来源 {settings.id!r}：{name} 的值 {value!r} 未知；可用：{choice}",
                )

    async def fetch(self, now: float) -> FetchResult:
        """Documents not brought before, oldest first. Raises NotReady, AuthFailed."""
        answer = await self._client.get(self._settings.url, INDEX_LIMIT, self._validators)
        if answer is None:
            return FetchResult()
        listed = entries(answer.body, self._settings.url)
        if listed is None:  # no index: the address must be the document itself
            if not is_alert(answer.body):
                raise unexpected(answer.body, "a CAP document, an Atom or an RSS index", "CAP 文档、Atom 或 RSS 索引")
            listed = [Entry(key=self._settings.url, stamp="", raw=answer.body)]
        # What is no longer listed is forgotten, so that memory stays bounded by the index.
        self._brought = {one.key: self._brought[one.key] for one in listed if one.key in self._brought}
        wanted = [one for one in listed if not one.stamp or self._brought.get(one.key) != one.stamp]
        raws, problems = await self._documents(wanted)
        items = [self._item(one, raw, now) for one, raw in zip(wanted, raws, strict=True) if self._is_new(one, raw)]
        if not problems:
            self._validators = answer.validators
        return FetchResult(items=tuple(items), problem=_problem(problems, len(listed)))

    def _is_new(self, entry: Entry, raw: bytes) -> bool:
        """Remembers what came; an entry that says no time of change is told apart by its bytes. b"" did not come."""
        if not raw:
            return False
        mark = entry.stamp or hashlib.sha256(raw).hexdigest()
        known = self._brought.get(entry.key) == mark
        self._brought[entry.key] = mark
        return not known

    def _item(self, entry: Entry, raw: bytes, now: float) -> CapDocument:
        return CapDocument(
            source=self._settings.id,
            received_at=now,
            raw=raw,
            url=entry.url or self._settings.url,
            mode=self._settings.mode,
            profile=self._settings.profile,
        )

    async def _documents(self, wanted: Sequence[Entry]) -> tuple[list[bytes], list[tuple[str, str]]]:
        """The bytes of each, b"" for one that did not come, and a sentence (English, Chinese) for each of those."""
        gate = asyncio.Semaphore(CONCURRENCY)
        loop = asyncio.get_running_loop()
        # The rest of a long index comes in the next rounds, rather than nothing of it ever.
        end = loop.time() + self._settings.timeout
        problems: list[tuple[str, str]] = []

        async def one(entry: Entry) -> bytes:
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

        return await asyncio.gather(*(one(entry) for entry in wanted)), problems

    def forget(self) -> None:
        """Bring everything again."""
        self._validators = {}
        self._brought = {}

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def _problem(problems: Sequence[tuple[str, str]], listed: int) -> str:
    if not problems:
        return ""
    (en, zh), count = problems[0], len(problems)
    return f"{listed} 个文档中有 {count} 个未取到：{zh} | {count} of {listed} documents not fetched: {en}"
