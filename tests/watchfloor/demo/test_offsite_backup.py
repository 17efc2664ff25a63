"""The demo's backup job: a real token, real heartbeats, and silence while broken."""

import asyncio
from pathlib import Path

from aiohttp import web

from api.auth.accounts import digest, remove_token
from feeds.journal import Journal
from tests.patience import PATIENCE
from watchfloor.demo.offsite_backup import NAME, call_in, token


async def test_the_token_is_kept_and_made_anew_only_when_the_journal_has_lost_it(
    tmp_path: Path, journal: Journal
) -> None:
    token_file = tmp_path / "run" / "backup.token"
    first = await token(journal, token_file)
    assert await token(journal, token_file) == first
    assert token_file.stat().st_mode & 0o777 == 0o600
    await remove_token(journal, NAME, actor="test")
    second = await token(journal, token_file)
    assert second != first
    assert [doc.id for doc in await journal.docs("token")] == [digest(second)]


async def test_it_calls_in_with_its_token_except_while_it_is_broken() -> None:
    called: list[tuple[str, str]] = []
    twice = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        called.append((request.path, request.headers["Authorization"]))
        if len(called) == 2:
            twice.set()
        return web.Response(status=202)

    async def broken(asset: str) -> bool:
        return asset == "BK2"

    app = web.Application()
    app.router.add_post("/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    calling = asyncio.create_task(call_in(base, "secret", {"BK1": 0.03, "BK2": 0.03}, broken))
    await asyncio.wait_for(twice.wait(), PATIENCE)
    calling.cancel()
    await asyncio.wait([calling])
    await runner.cleanup()
    assert set(called) == {("/api/v1/ingest/heartbeat/BK1", "Bearer secret")}
