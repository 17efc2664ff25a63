"""`emergency.cap`: CAP documents over HTTP — one document, an Atom index, or RSS.

Brings every document as it came, once; whether it is any good is for the registry to say.
The address of the source is asked with ETag and If-Modified-Since; a listed document whose
entry did not change (same link, same `updated`) is not fetched again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

import aiohttp

from collectors.contract import AuthFailed, Fetched, Misconfigured, NotReady, Reason
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
        answer = await self._get(self._settings.url, INDEX_LIMIT, self._validators)
        if answer is None:
            return Fetched()
        listed = entries(answer.body, self._settings.url)
        if listed is None:  # no index: the address is the document itself
            listed = [Entry(key=self._settings.url, stamp="", raw=answer.body)]
        # What is no longer listed is forgotten, so that memory stays bounded by the index.
        self._brought = {one.key: self._brought[one.key] for one in listed if one.key in self._brought}
        wanted = [one for one in listed if not one.stamp or self._brought.get(one.key) != one.stamp]
        raws, problems = await self._documents(wanted)
        items = [self._item(one, raw, now) for one, raw in zip(wanted, raws, strict=True) if self._is_new(one, raw)]
        if not problems:
            self._validators = {"If-None-Match": answer.etag, "If-Modified-Since": answer.modified}
        return Fetched(items=tuple(items), problem=_problem(problems, len(listed)))

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
            source=self._settings.id, received_at=now, raw=raw, url=entry.url or self._settings.url,
            mode=self._settings.mode, profile=self._settings.profile,
        )  # fmt: skip

    async def _documents(self, wanted: Sequence[Entry]) -> tuple[list[bytes], list[str]]:
        """The bytes of each, b"" for one that did not come, and a sentence for each of those."""
        gate = asyncio.Semaphore(CONCURRENCY)
        loop = asyncio.get_running_loop()
        # The rest of a long index comes in the next rounds, rather than nothing of it ever.
        end = loop.time() + self._settings.timeout
        problems: list[str] = []

        async def one(entry: Entry) -> bytes:
            if entry.raw:
                return entry.raw
            async with gate:
                try:
                    if loop.time() > end:
                        raise NotReady(Reason.TIMEOUT, "left for the next round")
                    answer = await self._get(entry.url, SIZE_LIMIT, {})
                    return answer.body if answer else b""
                except (NotReady, AuthFailed) as error:
                    problems.append(f"{entry.url}: {error.en}")
                    return b""

        return await asyncio.gather(*(one(entry) for entry in wanted)), problems

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


def _problem(problems: Sequence[str], listed: int) -> str:
    if not problems:
        return ""
    count = len(problems)
    chinese, english = f"{listed} 个文档中有 {count} 个未取到", f"{count} of {listed} documents not fetched"
    return f"{chinese}：{problems[0]} | {english}: {problems[0]}"


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
