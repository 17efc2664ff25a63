"""HTTP requests of the sources of cases: bounded answers, and errors named by what must happen next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp

from collectors.errors import AuthFailed, NotReady, Reason
from collectors.network.http.probe import as_not_ready, authorization
from collectors.settings import Credential

LARGEST = 16 << 20
"""Bytes of one answer."""
LONGEST_WAIT = 3600.0
"""Seconds for which a system may ask for no request. What asks for more is asked again after these."""
BUSY = (429, 503)


class RowClient:
    """One HTTP session of a source. `timeout` (seconds) bounds each request, its body included.

    A system that answers 429 or 503 with Retry-After (RFC 9110, 10.2.3) gets no request before that time. `monotonic`
    gives seconds that no clock step moves.
    """

    def __init__(
        self, timeout: float, credential: Credential | None, monotonic: Callable[[], float] | None = None
    ) -> None:
        self._timeout, self._headers = timeout, authorization(credential)
        self._monotonic = monotonic or time.monotonic
        self._not_before = 0.0
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        also: tuple[int, ...] = (),
    ) -> bytes:
        """The body of an answer with status 200 or one of `also`. Raises NotReady, AuthFailed.

        While the system has asked for a pause, nothing is sent.
        """
        if (rest := self._not_before - self._monotonic()) > 0:
            raise NotReady(
                Reason.WRONG_ANSWER, f"asked to wait {rest:.0f} s more", detail_zh=f"对方要求再等 {rest:.0f} 秒"
            )
        if self._session is None:
            self._session = aiohttp.ClientSession(
                cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": "watchfloor"}
            )
        options: dict[str, Any] = {
            "params": dict(params or {}),
            "data": body,
            "headers": self._headers | dict(headers or {}),
        }
        try:
            async with (
                asyncio.timeout(self._timeout),
                self._session.request(method, url, allow_redirects=False, **options) as answer,
            ):
                wait = retry_after(answer) if answer.status in BUSY else 0.0
                self._not_before = self._monotonic() + wait
                _require(answer, also, wait)
                return await _bounded(answer)
        except TimeoutError as error:
            raise NotReady(Reason.TIMEOUT, f"no answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise as_not_ready(error) from error

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None


def retry_after(answer: aiohttp.ClientResponse) -> float:
    """The seconds of Retry-After, a number or a date, at most LONGEST_WAIT; 0 without one that can be read."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:9]), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(text)
        sent = answer.headers.get("Date", "")
        now = parsedate_to_datetime(sent) if sent else datetime.now(UTC)
        return min(max(0.0, (until - now).total_seconds()), LONGEST_WAIT)
    except (ValueError, TypeError):
        return 0.0


def _require(answer: aiohttp.ClientResponse, also: tuple[int, ...], wait: float) -> None:
    if answer.status in (200, *also):
        return
    if answer.status in (401, 403):
        raise AuthFailed(f"the system refuses the credential ({answer.status})", f"系统拒绝凭据（{answer.status}）")
    pause = f", retry after {wait:.0f} s" if wait else ""
    raise NotReady(Reason.WRONG_ANSWER, f"status {answer.status}{pause}")


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > LARGEST:
            raise NotReady(Reason.WRONG_ANSWER, f"more than {LARGEST >> 20} MB")
    return bytes(body)
