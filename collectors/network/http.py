"""`http(s)://…?expect=200&contains=…`: does the page answer as it should, and how fast?

`expect`, `contains`, `verify` and `cred` are OUR parameters: they are taken out of the query
before it is sent; everything else goes to the server exactly as written.
"""

from __future__ import annotations

import ssl
import time
from typing import ClassVar
from urllib.parse import unquote

import aiohttp
from yarl import URL

from collectors.contract import AuthFailed, Measurement, Misconfigured, NotReady, Reason, Target, not_ready
from collectors.settings import Credential

OURS = ("expect", "contains", "verify", "cred")
BODY_LIMIT = 1 << 20
"""Bytes of an answer that are looked at; the rest is never read."""


class HttpPoller:
    """GET without following redirects. Gives `http.ms` (to the headers), `http.status`, `http.contains`."""

    schemes: ClassVar[tuple[str, ...]] = ("http", "https")
    family: ClassVar[str] = "http"
    passive: ClassVar[bool] = False

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._unverified = ssl.create_default_context()
        self._unverified.check_hostname = False
        self._unverified.verify_mode = ssl.CERT_NONE

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or when `expect` or `verify` cannot be read."""
        if not target.host:
            raise Misconfigured(
                f"{target.uri!r} names no host; write {target.scheme}://host/path",
                f"{target.uri!r} 缺少主机；请写成 {target.scheme}://主机/路径",
            )
        expected(target)
        if target.params.get("verify", "yes") not in ("yes", "no"):
            raise Misconfigured(f"{target.uri!r}: verify is yes or no", f"{target.uri!r}：verify 只能是 yes 或 no")

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady (no or a wrong answer) and AuthFailed (401, 407; 403 with a credential)."""
        began = time.perf_counter()  # a loop's own clock may tick in whole milliseconds
        try:
            async with self._open(target) as answer:
                seen = [
                    Measurement(metric="http.ms", value=round((time.perf_counter() - began) * 1000, 3), unit="ms"),
                    Measurement(metric="http.status", value=answer.status),
                ]
                _judge_status(target, answer.status, seen)
                if wanted := target.params.get("contains"):
                    await _judge_body(answer, wanted, seen)
        except (aiohttp.ClientError, OSError) as error:
            raise as_not_ready(error) from error
        return seen

    def _open(self, target: Target) -> aiohttp.client._RequestContextManager:
        if self._session is None:
            # A kept connection would hide a listener that no longer accepts: every probe connects anew.
            connector = aiohttp.TCPConnector(limit=0, force_close=True)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None), headers={"User-Agent": "watchfloor"},
            )  # fmt: skip
        headers = {"Accept-Encoding": "identity", **authorization(target.credential)}
        verify: ssl.SSLContext | bool = self._unverified if target.params.get("verify") == "no" else True
        return self._session.get(sent_url(target), headers=headers, allow_redirects=False, ssl=verify)

    async def close(self) -> None:
        """Closes the one session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def sent_url(target: Target) -> URL:
    """What is asked of the server: the URI without our parameters and without its fragment."""
    base = target.uri.partition("#")[0].partition("?")[0]
    kept = [pair for pair in target.query.split("&") if pair and unquote(pair.partition("=")[0]) not in OURS]
    return URL(f"{base}?{'&'.join(kept)}" if kept else base, encoded=True)


def expected(target: Target) -> list[tuple[int, int]]:
    """Accepted status codes as ranges; `expect` holds "200", "2xx", "200-299" or several, by commas.

    Without `expect`, 200 to 399. Raises Misconfigured.
    """
    ranges: list[tuple[int, int]] = []
    for word in target.params.get("expect", "2xx,3xx").split(","):
        low, _, high = word.strip().lower().partition("-")
        if not high:
            low, high = low.replace("xx", "00"), low.replace("xx", "99")
        if not (low.isdecimal() and high.isdecimal() and 100 <= int(low) <= int(high) <= 599):
            raise Misconfigured(
                f"{target.uri!r}: expect={word!r} is no status code; write expect=200, 2xx or 200-299",
                f"{target.uri!r}：expect={word!r} 不是状态码；请写 expect=200、2xx 或 200-299",
            )
        ranges.append((int(low), int(high)))
    return ranges


def authorization(credential: Credential | None) -> dict[str, str]:
    """The header that a credential (kind token or password) makes. Raises Misconfigured."""
    if credential is None:
        return {}
    values = credential.values
    if credential.kind == "token":
        return {"Authorization": f"Bearer {values.get('token', '')}"}
    if credential.kind == "password":
        return {"Authorization": aiohttp.encode_basic_auth(values.get("user", ""), values.get("password", ""))}
    raise Misconfigured(
        f"credential {credential.name!r} is of kind {credential.kind!r}; http wants password or token",
        f"凭据 {credential.name!r} 的类型是 {credential.kind!r}；http 需要 password 或 token",
    )


def _judge_status(target: Target, status: int, seen: list[Measurement]) -> None:
    if any(low <= status <= high for low, high in expected(target)):
        return
    if status in (401, 407) or (status == 403 and target.credential is not None):
        raise AuthFailed(
            f"{target.place} answers {status}: check the credential that cred= names",
            f"{target.place} 应答 {status}：请检查 cred= 所指的凭据",
        )
    wanted = target.params.get("expect", "2xx,3xx")
    raise NotReady(Reason.WRONG_ANSWER, f"status {status}, expected {wanted}", seen)


async def _judge_body(answer: aiohttp.ClientResponse, wanted: str, seen: list[Measurement]) -> None:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        body += chunk[: BODY_LIMIT - len(body)]
        if len(body) >= BODY_LIMIT:
            break
    # Old government pages are GB18030 whatever their header says: the word is looked for in both.
    found = wanted.encode() in body or wanted.encode("gb18030", "ignore") in body
    seen.append(Measurement(metric="http.contains", value=found))
    if not found:
        raise NotReady(Reason.WRONG_ANSWER, f"the first {len(body)} bytes do not contain {wanted!r}", seen)


def as_not_ready(error: Exception) -> NotReady:
    """The NotReady that an error of aiohttp means."""
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return NotReady(Reason.UNRESOLVED)
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return NotReady(Reason.TLS, getattr(error.certificate_error, "verify_message", str(error.certificate_error)))
    if isinstance(error, aiohttp.ClientSSLError):
        return NotReady(Reason.TLS, str(error.os_error))
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return NotReady(Reason.CLOSED)
    if isinstance(error, OSError):
        return not_ready(error)
    return NotReady(Reason.WRONG_ANSWER, str(error) or type(error).__name__)
