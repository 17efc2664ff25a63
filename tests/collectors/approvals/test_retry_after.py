"""A system that asks for a pause gets no request before it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from collectors.approvals.client import LONGEST_WAIT, RowClient
from collectors.errors import NotReady


@dataclass
class BusySystem:
    """Answers with a status and headers, and counts the requests."""

    url: str = ""
    status: int = 429
    headers: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    now: float = 1000.0

    async def answer(self, _request: web.Request) -> web.Response:
        self.requests += 1
        return web.Response(status=self.status, headers=self.headers, text="[]")


@pytest.fixture
async def system() -> AsyncIterator[BusySystem]:
    busy, app = BusySystem(), web.Application()
    app.router.add_get("/", busy.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    busy.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield busy
    await runner.cleanup()


DATES = {"Retry-After": "Mon, 30 Nov 2026 08:02:00 GMT", "Date": "Mon, 30 Nov 2026 08:00:00 GMT"}


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "120"}, 120.0),
        (503, {"Retry-After": "120"}, 120.0),
        (429, DATES, 120.0),
        (429, {"Retry-After": "999999999999"}, LONGEST_WAIT),
        (429, {"Retry-After": "soon"}, 0.0),
        (429, {"Retry-After": "-5"}, 0.0),
        (429, {}, 0.0),
        (500, {"Retry-After": "120"}, 0.0),
    ],
)
async def test_no_request_is_sent_before_the_time_that_the_system_names(
    system: BusySystem, status: int, headers: dict[str, str], wait: float
) -> None:
    system.status, system.headers = status, headers
    client = RowClient(5.0, None, lambda: system.now)
    moments = [0.0, wait - 1.0, wait + 1.0] if wait else [0.0, 0.1]
    requests = []
    for moment in moments:
        system.now = 1000.0 + moment
        with pytest.raises(NotReady):
            await client.ask("GET", system.url)
        requests.append(system.requests)
    assert requests == ([1, 1, 2] if wait else [1, 2])
    system.status, system.now = 200, system.now + LONGEST_WAIT
    assert await client.ask("GET", system.url) == b"[]"
    assert await client.ask("GET", system.url) == b"[]"
    await client.close()
