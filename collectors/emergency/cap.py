"""`emergency.cap`: CAP documents over HTTP — one document, an Atom index, or RSS.

Brings every document as it came, once; whether it is any good is for the registry to say.
An index is asked for with ETag and If-Modified-Since, and so is nothing else: a document
under an address that did not change (same link, same `updated`) is not fetched again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

import aiohttp

from collectors.contract import AuthFailed, CollectorError, Fetched, Misconfigured, NotReady, Reason
from collectors.emergency.cap_index import Entry, entries
from collectors.network.http import as_not_ready, authorization
from collectors.settings import Credential, SourceSettings
from feeds.cap import SIZE_LIMIT, CapDocument

INDEX_LIMIT = 4 << 20
"""Bytes of an index."""
CONCURRENCY = 4
"""Documents fetched at the same time."""


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    etag: str = ""
    modified: str = ""


class CapFeed:
    """One CAP source. `settings.timeout` (seconds) bounds each request."""

    kinds: ClassVar[tuple[str, ...]] = ("emergency.cap",)
    stream: ClassVar[str] = "emergency"
    item: ClassVar[str] = "cap"

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self._settings = settings
        self._headers = authorization(credential)
        self._session: aiohttp.ClientSession | None = None
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
            ("mode", settings.mode, ("strict", "lenient")), ("profile", settings.profile, ("", "cn-12379")),
        ):  # fmt: skip
            if value not in known:
                choice = ", ".join(repr(one) for one in known)
                raise Misconfigured(
                    f"source {settings.id!r}: {name} {value!r} is unknown; write one of {choice}",
                    f"来源 {settings.id!r}：{name} 的值 {value!r} 未知；可用：{choice}",
                )

    async def fetch(self, now: float) -> Fetched:
        """Documents not brought before, oldest first. Raises NotReady, AuthFailed."""
        index = await self._get(self._settings.url, INDEX_LIMIT, self._validators)
        if index is None:
            return Fetched()
        listed = entries(index.body, self._settings.url)
        if listed is None:  # no index: the address is the document itself
            return Fetched(items=self._new([(self._settings.url, "", index.body)], now))
        fresh = [one for one in listed if self._brought.get(one.key) != one.stamp]
        found, problems = await self._documents(fresh)
        self._brought = {one.key: self._brought[one.key] for one in listed if one.key in self._brought}
        items = self._new(found, now)
        self._brought |= {one.key: one.stamp for one in fresh if one.key in {key for key, _, _ in found}}
        if not problems:
            self._validators = {"If-None-Match": index.etag, "If-Modified-Since": index.modified}
            return Fetched(items=items)
        problem = f"{len(problems)} of {len(listed)} documents not fetched: {problems[0]}"
        return Fetched(items=items, problem=problem)

    def _new(self, found: Sequence[tuple[str, str, bytes]], now: float) -> tuple[CapDocument, ...]:
        """Documents of (key, stamp, bytes) whose bytes are not the ones brought before under that key."""
        items = []
        for key, _, raw in found:
            digest = hashlib.sha256(raw).hexdigest()
            if self._brought.get(f"{key} bytes") == digest:
                continue
            if key == self._settings.url:
                self._brought[f"{key} bytes"] = digest
            items.append(
                CapDocument(
                    source=self._settings.id, received_at=now, raw=raw, url=key.partition(" ")[0],
                    mode=self._settings.mode, profile=self._settings.profile,
                )
            )  # fmt: skip
        return tuple(items)

    async def _documents(self, wanted: Sequence[Entry]) -> tuple[list[tuple[str, str, bytes]], list[str]]:
        """(key, stamp, bytes) of what came, and a sentence for each that did not."""
        gate = asyncio.Semaphore(CONCURRENCY)
        problems: list[str] = []

        async def one(entry: Entry) -> tuple[str, str, bytes] | None:
            if entry.raw:
                return entry.key, entry.stamp, entry.raw
            async with gate:
                try:
                    answer = await self._get(entry.url, SIZE_LIMIT, {})
                except CollectorError as error:
                    problems.append(f"{entry.url}: {error.en}")
                    return None
            return None if answer is None else (entry.key, entry.stamp, answer.body)

        found = await asyncio.gather(*(one(entry) for entry in wanted))
        return [answer for answer in found if answer is not None], problems

    async def _get(self, url: str, limit: int, validators: dict[str, str]) -> _Answer | None:
        """The answer's body, None when it did not change. Raises NotReady, AuthFailed."""
        headers = {name: value for name, value in validators.items() if value}
        # A credential is for the source's own host: a link that leads elsewhere does not get it.
        if urlsplit(url).netloc == urlsplit(self._settings.url).netloc:
            headers |= self._headers
        try:
            async with asyncio.timeout(self._settings.timeout), self._client().get(url, headers=headers) as answer:
                if answer.status == 304:
                    return None
                _judge(answer.status, url)
                return _Answer(
                    await _bounded(answer, limit, url), answer.headers.get("ETag", ""),
                    answer.headers.get("Last-Modified", ""),
                )  # fmt: skip
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"no answer within {self._settings.timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise as_not_ready(error) from error

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": "watchfloor", "Accept-Encoding": "identity"}, auto_decompress=False,
            )  # fmt: skip
        return self._session

    def forget(self) -> None:
        """Bring everything again."""
        self._validators = {}
        self._brought = {}

    async def close(self) -> None:
        """Closes the one session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def _judge(status: int, url: str) -> None:
    if status in (401, 403, 407):
        raise AuthFailed(
            f"{url} answers {status}: check the source's cred", f"{url} 应答 {status}：请检查该来源的 cred"
        )
    if status != 200:
        raise NotReady(Reason.WRONG_ANSWER, f"status {status}, expected 200")


async def _bounded(answer: aiohttp.ClientResponse, limit: int, url: str) -> bytes:
    """The body. Raises NotReady when it is larger than `limit` bytes, before the rest of it is read."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        body += chunk
        if len(body) > limit:
            raise NotReady(Reason.WRONG_ANSWER, f"{url} is larger than {limit} bytes")
    return bytes(body)
