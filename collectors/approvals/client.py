"""HTTP requests of the sources of cases: bounded answers, and errors named by what must happen next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

from collectors.errors import AuthFailed, NotReady, Reason
from collectors.network.http.probe import as_not_ready, authorization
from collectors.settings import Credential

LARGEST = 16 << 20
"""Bytes of one answer."""


class RowClient:
    """One HTTP session of a source. `timeout` (seconds) bounds each request, its body included."""

    def __init__(self, timeout: float, credential: Credential | None) -> None:
        self._timeout, self._headers = timeout, authorization(credential)
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
        """The body of an answer with status 200 or one of `also`. Raises NotReady, AuthFailed."""
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
                _require(answer, also)
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


def _require(answer: aiohttp.ClientResponse, also: tuple[int, ...]) -> None:
    if answer.status in (200, *also):
        return
    if answer.status in (401, 403):
        raise AuthFailed(f"the system refuses the credential ({answer.status})", f"系统拒绝凭据（{answer.status}）")
    after = answer.headers.get("Retry-After", "")
    wait = f", retry after {after[:20]} s" if answer.status in (429, 503) and after else ""
    raise NotReady(Reason.WRONG_ANSWER, f"status {answer.status}{wait}")


async def _bounded(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > LARGEST:
            raise NotReady(Reason.WRONG_ANSWER, f"more than {LARGEST >> 20} MB")
    return bytes(body)
