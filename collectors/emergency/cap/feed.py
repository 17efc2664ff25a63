"""`emergency.cap`: CAP documents over HTTP (one document, an Atom or RSS index, a folder's page), or in a local folder.

The feed yields each CAP document once, as received. The registry of warnings validates it. A document may be an EDXL-DE
envelope: each message inside is a document of its own.
An answer that is neither a CAP document nor an index (a login page, JSON, a truncated feed) is a failure of the source.
A listed address that gives no CAP document is fetched again in the next round. A document that a round had no time for
is fetched in the next one, also when it is no longer listed.
The source's address is fetched with ETag and If-Modified-Since. A listed document whose entry has not changed (same
link, same `updated`) is compared with its stored bytes in turn, RECHECKED a round: a centre may replace it silently.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from collectors.contract import Feed, FetchResult
from collectors.documents import DocumentClient, unexpected
from collectors.emergency.cap.folder import FolderReader
from collectors.emergency.cap.index import ENTRIES, IndexEntry, is_alert
from collectors.emergency.cap.paging import Listing, PagedIndex, Problem
from collectors.emergency.cap.versions import StoredVersions
from collectors.errors import AuthFailed, Misconfigured, NotReady
from collectors.settings import Credential, SourceSettings
from feeds.cap.envelope import opened
from feeds.cap.message import SIZE_LIMIT, CapDocument, CapRefused
from feeds.cap.signature import trusted_keys

CONCURRENCY = 4
"""Documents fetched at the same time."""
RECHECKED = 20
"""Documents without a new time of change that are compared in one round."""


class CapFeed(Feed):
    """One CAP source. `settings.timeout` (seconds) bounds each request."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.cap",)
    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "cap"

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self._settings = settings
        self._client = DocumentClient(settings.url, settings.timeout, credential)
        self._folder = FolderReader(settings.url) if _is_folder(settings.url) else None
        self._validators: dict[str, str] = {}
        self._listed: list[IndexEntry] = []
        self._left: list[IndexEntry] = []
        self._versions = StoredVersions()
        self._index = PagedIndex(self._client, settings.url, settings.timeout, self._versions)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured without a usable address, or with an unknown mode, profile or key."""
        parts = urlsplit(settings.url)
        if not _is_folder(settings.url) and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise Misconfigured(
                f'source {settings.id!r} needs url = "http://…" (a CAP document, an Atom or an RSS index) or '
                f'"file:///folder"',
                f'来源 {settings.id!r} 需要 url = "http://…"（CAP 文档、Atom 或 RSS 索引）或 "file:///文件夹"',
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
        try:
            trusted_keys(settings.keys)
        except ValueError as error:
            raise Misconfigured(
                f"source {settings.id!r}: keys must be PEM files of certificates or public keys ({error})",
                f"来源 {settings.id!r}：keys 须为证书或公钥的 PEM 文件（{error}）",
            ) from error

    async def fetch(self, now: float) -> FetchResult:
        """Fetch the documents that are new, oldest first. Raises NotReady, AuthFailed."""
        loop = asyncio.get_running_loop()
        end = loop.time() + 2 * self._settings.timeout
        listing = await self._listing()
        if listing is not None:
            keys = {entry.key for entry in listing.entries}
            self._listed = [*(entry for entry in self._left if entry.key not in keys), *listing.entries]
            self._versions.retain(entry.key for entry in self._listed)
        unchanged = [entry for entry in self._listed if self._versions.is_current(entry)]
        rechecked = {entry.key for entry in self._versions.next_to_check(unchanged, RECHECKED)}
        skipped = {entry.key for entry in unchanged} - rechecked
        due = [entry for entry in self._listed if entry.key not in skipped] if listing is not None else []
        due = due or [entry for entry in unchanged if entry.key in rechecked]
        raws, problems = await self._documents(due, rechecked, min(end, loop.time() + self._settings.timeout))
        fetched = [
            (entry, raw) for entry, raw in zip(due, raws, strict=True) if raw and self._versions.store(entry, raw)
        ]
        items = [item for entry, raw in fetched for item in self._items(entry, raw, now)]
        problem = _problem(problems, len(self._listed), listing.problems if listing is not None else ())
        if listing is not None and not problem and not self._left:
            self._validators = listing.validators
        unfinished = bool(self._left) or self._index.unread
        return FetchResult(items=tuple(items), problem=problem, more=unfinished and bool(items))

    async def _listing(self) -> Listing | None:
        """The listed documents; None when they are those of the last round."""
        if self._folder is not None:
            return Listing(await asyncio.to_thread(self._folder.entries), {})
        return await self._index.read(self._validators)

    def _items(self, entry: IndexEntry, raw: bytes, now: float) -> list[CapDocument]:
        """The document, or the documents of an envelope. One that cannot be opened is left to the registry."""
        try:
            enveloped = opened(raw)
        except CapRefused:
            enveloped = None
        if enveloped is None:
            return [self._item(entry, raw, now, "")]
        return [self._item(entry, message.raw, now, message.status) for message in enveloped]

    def _item(self, entry: IndexEntry, raw: bytes, now: float, envelope: str) -> CapDocument:
        return CapDocument(
            source=self._settings.id,
            received_at=now,
            raw=raw,
            url=entry.url or self._settings.url,
            mode=self._settings.mode,
            profile=self._settings.profile,
            keys=self._settings.keys,
            envelope=envelope,
        )

    async def _documents(
        self, due: Sequence[IndexEntry], rechecked: set[str], end: float
    ) -> tuple[list[bytes], list[Problem]]:
        """Fetch documents. Returns their bytes (b"" for a failed or unchanged one), and a text (en, zh) per failure.

        None is begun after `end` (the loop's time). A failure to fetch a `rechecked` document again is not reported:
        its stored version stays valid.
        """
        gate = asyncio.Semaphore(CONCURRENCY)
        loop = asyncio.get_running_loop()
        problems: list[Problem] = []
        left: list[IndexEntry] = []

        async def fetch_entry(entry: IndexEntry) -> bytes:
            if entry.raw:
                return entry.raw
            async with gate:
                if loop.time() > end:
                    left.extend([entry] if entry.key not in rechecked else [])
                    return b""
                try:
                    return await self._document(entry, entry.key in rechecked)
                except (NotReady, AuthFailed) as error:
                    if entry.key not in rechecked:
                        problems.append((f"{entry.url}: {error.en}", f"{entry.url}：{error.zh}"))
                    return b""

        raws = await asyncio.gather(*(fetch_entry(entry) for entry in due))
        self._left = left[-ENTRIES:]
        if left and not any(raws):
            problems.append(("no time was left to fetch documents", "没有剩余时间获取文档"))
        if len(left) > ENTRIES:
            problems.append((f"more than {ENTRIES} documents wait", f"超过 {ENTRIES} 个文档在等待"))
        return raws, problems

    async def _document(self, entry: IndexEntry, rechecked: bool) -> bytes:
        """The document's bytes, b"" when it has not changed. Raises NotReady, AuthFailed."""
        if self._folder is not None:
            return await asyncio.to_thread(self._folder.read, entry)
        validators = self._versions.validators(entry) if rechecked else None
        answer = await self._client.get(entry.url, SIZE_LIMIT, validators)
        if answer is None:
            return b""
        if not is_alert(answer.body):
            raise unexpected(answer.body, "a CAP document", "CAP 文档")
        self._versions.store_validators(entry, answer.validators)
        return answer.body

    def forget(self) -> None:
        """Fetch every document again next time."""
        self._validators = {}
        self._left = []
        self._versions.forget()
        self._index.forget()
        if self._folder is not None:
            self._folder.forget()

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()


def _is_folder(url: str) -> bool:
    """True for the address of a folder, also of one that is not there yet."""
    parts = urlsplit(url)
    return parts.scheme == "file" and len(parts.path) > 1 and not Path(unquote(parts.path)).is_file()


def _problem(documents: Sequence[Problem], listed: int, index: Sequence[Problem]) -> str:
    """A sentence on the first failed document with their number, and one on the first failed page of the index."""
    texts = list(index[:1])
    if documents:
        (en, zh), count = documents[0], len(documents)
        texts.insert(
            0, (f"{count} of {listed} documents not fetched: {en}", f"{listed} 个文档中有 {count} 个未取到：{zh}")
        )
    chinese, english = "；".join(zh for _, zh in texts), "; ".join(en for en, _ in texts)
    return f"{chinese} | {english}" if texts else ""
