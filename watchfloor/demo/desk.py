"""A person of the demo at a desk: a role taken over the public interface, and its requests."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import aiohttp

from watchfloor.demo.control import DemoError

TIMEOUT = aiohttp.ClientTimeout(total=10.0)
POLL_INTERVAL = 0.2
AWAY, AWAY_FOR = (503, 504), 30.0
"""Answers of a site of which a role is away, and the seconds for which it is asked again."""
Record = dict[str, Any]


class DemoPerson:
    """A person who took one of the demo's roles. Requests raise DemoError with what the site answered."""

    def __init__(
        self, session: aiohttp.ClientSession, role: str, headers: Mapping[str, str], cookies: Mapping[str, str]
    ) -> None:
        self.account = f"demo-{role}"
        self._session, self._headers, self._cookies = session, dict(headers), dict(cookies)

    async def get(self, path: str) -> Record:
        """The answer of `/api/v1{path}`."""
        return await self._ask("GET", path)

    async def give(self, path: str, **body: Any) -> Record:
        """Give an order; the answer is the record after it."""
        return await self._ask("POST", path, body)

    async def put(self, path: str, body: Record) -> Record:
        """Replace a document."""
        return await self._ask("PUT", path, body)

    async def change(self, path: str, **body: Any) -> Record:
        """Change some fields of a record; the answer is the record after it."""
        return await self._ask("PATCH", path, body)

    async def attach(self, path: str, name: str, content: bytes) -> Record:
        """Send a file."""
        return await self._ask("PUT", f"{path}?name={quote(name)}", content)

    async def wait_for(
        self, path: str, test: Callable[[Record], bool], within: float, names: tuple[str, str]
    ) -> Record:
        """The first item of a list that passes the test. Raises DemoError after `within` seconds without one.

        `names` say what is waited for, in Chinese and English.
        """
        try:
            async with asyncio.timeout(within):
                while True:
                    for item in (await self.get(path))["items"]:
                        if test(item):
                            return dict(item)
                    await asyncio.sleep(POLL_INTERVAL)
        except TimeoutError as error:
            zh, en = names
            raise DemoError(f"{within:g} 秒内没有等到{zh}", f"{en} did not come within {within:g} s") from error

    async def _ask(self, method: str, path: str, body: Record | bytes | None = None) -> Record:
        """Ask again while a role of the site that has just started has not answered.

        Mostly nothing was done then. Where it was, and only its answer was late, the second order is a conflict with
        what the first one made.
        """
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        asking, repeated = asyncio.get_running_loop().time(), False
        while True:
            async with self._session.request(
                method, f"/api/v1{path}", headers=self._headers, cookies=self._cookies, **sent
            ) as answer:
                if answer.status < 400:
                    return dict(await answer.json())
                problem = await answer.json(content_type=None)
            if repeated and answer.status == HTTPStatus.CONFLICT and problem.get("current"):
                return dict(problem["current"])
            reason = f"{method} {path}: {answer.status} {json.dumps(problem, ensure_ascii=False)[:400]}"
            if answer.status not in AWAY or asyncio.get_running_loop().time() > asking + AWAY_FOR:
                raise DemoError(f"演示站点拒绝：{reason}", f"the demo's site refused: {reason}")
            repeated = True
            await asyncio.sleep(POLL_INTERVAL)


class DemoDesks:
    """The desks of one running demo. `base` is the site's address."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def take(self, role: str) -> DemoPerson:
        """Take a role. Cookies of a bare IP address are not stored by aiohttp, so they are passed explicitly."""
        async with self._session.post("/api/v1/demo/role", json={"role": role}) as answer:
            answer.raise_for_status()
            token = (await answer.json())["csrf"]
            cookies = {name: cookie.value for name, cookie in answer.cookies.items()}
        return DemoPerson(self._session, role, {"X-CSRF-Token": token}, cookies)


@asynccontextmanager
async def desks(base: str) -> AsyncIterator[DemoDesks]:
    """The desks of the demo at an address. Raises DemoError for one that does not answer."""
    try:
        async with aiohttp.ClientSession(base, timeout=TIMEOUT) as session:
            yield DemoDesks(session)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise DemoError(f"演示站点没有应答：{error}", f"the demo's site does not answer: {error}") from error
