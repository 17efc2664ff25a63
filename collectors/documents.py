"""Documents of a `[[source]]` over HTTP: bounded, decompressed, and checked for their form.

Status 200 does not show that the source works: a login page has it as well. A feed accepts an answer only when it has
the expected form, and raises `unexpected(body, …)` otherwise.
"""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
from lxml import etree

from collectors.errors import AuthFailed, NotReady, Reason, UnexpectedForm
from collectors.network.http.probe import as_not_ready, authorization
from collectors.settings import Credential

GZIP_MAGIC = b"\x1f\x8b\x08"
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
_MARKUP_CHARSETS = ("utf-8", "gb18030")
TITLE_SHOWN = 60
"""Characters of a page's title in an error message."""


@dataclass(frozen=True, slots=True)
class DocumentResponse:
    """The decompressed body of a response with status 200, and its validators.

    `no_content`: the server said that there is none (status 204). A status 200 without a byte is no such statement.
    """

    body: bytes
    etag: str = ""
    modified: str = ""
    no_content: bool = False

    @property
    def validators(self) -> dict[str, str]:
        """Request headers that ask for the document only if it has changed."""
        return {"If-None-Match": self.etag, "If-Modified-Since": self.modified}


class DocumentClient:
    """One HTTP session of a source. `timeout` (seconds) bounds each request."""

    def __init__(self, url: str, timeout: float, credential: Credential | None) -> None:
        self._netloc, self._timeout = urlsplit(url).netloc, timeout
        self._headers = authorization(credential)
        self._session: aiohttp.ClientSession | None = None

    async def get(self, url: str, limit: int, validators: Mapping[str, str] | None = None) -> DocumentResponse | None:
        """Fetch a document. None when it has not changed. Raises NotReady, UnexpectedForm, AuthFailed.

        `limit` bounds the bytes of the body, before and after decompression.
        """
        headers = {name: value for name, value in (validators or {}).items() if value}
        # The credential is sent to the source's own host only, not to hosts that its links lead to.
        if urlsplit(url).netloc == self._netloc:
            headers |= self._headers
        try:
            async with asyncio.timeout(self._timeout), self._client().get(url, headers=headers) as answer:
                if answer.status == 304 and validators:
                    return None
                if answer.status == 204:  # FDSN event services: the query matches nothing
                    return DocumentResponse(b"", no_content=True)
                _require_success(answer.status, url)
                packed = await _bounded(answer, limit, url)
                body = unpack(packed, answer.headers.get("Content-Encoding", ""), limit, url)
                return DocumentResponse(body, answer.headers.get("ETag", ""), answer.headers.get("Last-Modified", ""))
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise as_not_ready(error) from error

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None),
                headers={"User-Agent": "watchfloor", "Accept-Encoding": "identity"},
                auto_decompress=False,
            )
        return self._session

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def unpack(body: bytes, encoding: str, limit: int, url: str) -> bytes:
    """The body without its content codings. A gzip body without the header is decompressed as well.

    Raises UnexpectedForm for other codings and for a body that ends too early, NotReady above `limit` bytes.
    """
    for coding in reversed([token.strip().lower() for token in encoding.split(",") if token.strip()]):
        if coding in ("gzip", "x-gzip", "deflate"):
            if body and not (coding == "deflate" or body.startswith(GZIP_MAGIC)):
                continue  # a proxy has unpacked it and left the header
            body = _inflate(body, limit, url, coding)
        elif coding != "identity":
            raise UnexpectedForm(
                f"Content-Encoding {coding[:20]!r} was not asked for and cannot be read",
                f"应答使用了未请求且无法解读的 Content-Encoding：{coding[:20]!r}",
            )
    return _inflate(body, limit, url, "gzip") if body.startswith(GZIP_MAGIC) else body


def _inflate(body: bytes, limit: int, url: str, coding: str) -> bytes:
    """Decompress all gzip members, or one zlib or raw deflate stream."""
    window = 31 if coding != "deflate" else 15 if _has_zlib_header(body) else -15
    unpacked, remaining = bytearray(), body
    while remaining:
        stream = zlib.decompressobj(window)
        try:
            unpacked += stream.decompress(remaining, limit + 1 - len(unpacked))
        except zlib.error as error:
            raise _damaged(coding) from error
        if len(unpacked) > limit:
            raise NotReady(Reason.WRONG_ANSWER, f"{url} is larger than {limit} bytes when unpacked")
        if not stream.eof:
            raise _damaged(coding)
        remaining = stream.unused_data.lstrip(b"\0") if window == 31 else b""  # gzip files may be padded
    return bytes(unpacked)


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _damaged(coding: str) -> UnexpectedForm:
    return UnexpectedForm(f"the {coding} body is damaged or cut short", f"{coding} 压缩的正文已损坏或不完整")


def unexpected(body: bytes, expected_en: str, expected_zh: str) -> UnexpectedForm:
    """The error for a body that does not have the expected form. It describes the body."""
    en, zh = describe(body)
    return UnexpectedForm(f"expected {expected_en}, but the answer is {en}", f"应为{expected_zh}，实际应答是{zh}")


def describe(body: bytes) -> tuple[str, str]:
    """A short description of a body's form, in English and Chinese."""
    head = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        return "empty", "空的"
    lowered = head.lower()
    if lowered.startswith((b"<!doctype html", b"<html")) or b"<html" in lowered[:1024]:
        title = _title(body)
        return (f"a web page ({title})", f"网页（{title}）") if title else ("a web page", "网页")
    if head[:1] in (b"{", b"["):
        return _describe_json(body)
    if head[:1] == b"<":
        return _describe_xml(body)
    return "no XML", "非 XML 内容"


def _title(body: bytes) -> str:
    match = _TITLE.search(body[:65536])
    if match is None:
        return ""
    for charset in _MARKUP_CHARSETS:
        try:
            return " ".join(match[1].decode(charset).split())[:TITLE_SHOWN]
        except UnicodeDecodeError:
            continue
    return ""


def _describe_json(body: bytes) -> tuple[str, str]:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return "text that resembles JSON", "类似 JSON 的文本"
    return "JSON", "JSON"


def _describe_xml(body: bytes) -> tuple[str, str]:
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return "XML with a DTD, which is refused", "带 DTD 的 XML（不予接受）"
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        return f"XML that breaks off or is damaged at line {error.lineno}", f"在第 {error.lineno} 行中断或损坏的 XML"
    except (ValueError, LookupError):
        return "XML in an unknown encoding", "编码未知的 XML"
    name = str(etree.QName(root).localname)[:40]
    return f"XML of another kind (<{name}>)", f"其他类型的 XML（<{name}>）"


def _require_success(status: int, url: str) -> None:
    if status in (401, 403, 407):
        raise AuthFailed(
            f"{url} answers {status}: check the source's cred", f"{url} 应答 {status}：请检查该来源的 cred"
        )
    if status != 200:
        raise NotReady(Reason.WRONG_ANSWER, f"status {status}, expected 200")


async def _bounded(answer: aiohttp.ClientResponse, limit: int, url: str) -> bytes:
    """Read the body. Raises NotReady as soon as it is larger than `limit` bytes."""
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        body += chunk
        if len(body) > limit:
            raise NotReady(Reason.WRONG_ANSWER, f"{url} is larger than {limit} bytes")
    return bytes(body)
