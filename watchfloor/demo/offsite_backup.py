"""The demo's off-site backup job: it sends heartbeats over the API with a token, except while it is broken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from api.auth.accounts import add_token, digest, remove_token
from collectors import uri
from collectors.network import heartbeat
from feeds import state_file
from feeds.journal import Journal
from watchfloor.demo import control
from watchfloor.demo.control import DemoError
from watchfloor.runtime.stores import open_journal
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings

log = logging.getLogger(__name__)

NAME = "demo-backup"
TIMEOUT = aiohttp.ClientTimeout(total=3.0)


async def run_jobs(settings: Settings, base: str) -> None:
    """Send heartbeats for every asset with a heartbeat probe, until cancelled. `base` is the site's address."""
    jobs = {asset.id: every for asset in load_inventory(settings).assets.values() for every in _calls(asset.probes)}
    folder = settings.path.parent
    async with open_journal(settings, "demo") as journal:
        secret = await token(journal, folder / "run" / "backup.token")

    async def broken(asset: str) -> bool:
        try:
            state = await asyncio.to_thread(control.state, folder)
        except DemoError:
            return False  # without the simulated devices nothing can be broken
        return asset in state["broken"]

    await call_in(base, secret, jobs, broken)


def _calls(probes: tuple[str, ...]) -> list[float]:
    """The intervals, in seconds, of the heartbeat probes."""
    return [heartbeat.every(uri.parse(probe)) for probe in probes if uri.scheme_of(probe) == "heartbeat"]


async def token(journal: Journal, path: Path) -> str:
    """The job's token (scope ingest), stored in the file `path` with mode 0600.

    A new token is created when the journal does not have the stored one.
    """
    if path.is_file():
        secret = path.read_text(encoding="ascii", errors="replace").strip()
        if await journal.doc("token", digest(secret)) is not None:
            return secret
    await remove_token(journal, NAME, actor="demo")
    secret = await add_token(journal, NAME, "ingest", "", actor="demo")
    state_file.write_text(path, secret + "\n", mode=0o600)
    return secret


async def call_in(base: str, secret: str, assets: dict[str, float], broken: Callable[[str], Awaitable[bool]]) -> None:
    """Send heartbeats for every asset at a third of its interval in `assets` (seconds), until cancelled.

    `base` is the site's address. `broken` tells if the job of an asset is broken now.
    """
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession(base, headers=headers, timeout=TIMEOUT) as session, asyncio.TaskGroup() as group:
        for asset, every in assets.items():
            group.create_task(_job(session, asset, every / 3, broken))


async def _job(
    session: aiohttp.ClientSession, asset: str, pause: float, broken: Callable[[str], Awaitable[bool]]
) -> None:
    lost = False
    while True:
        failed = "" if await broken(asset) else await _call(session, asset)
        if bool(failed) != lost:
            lost = bool(failed)
            log.info("demo: %s %s", asset, f"cannot call in: {failed}" if lost else "calls in")
        await asyncio.sleep(pause)


async def _call(session: aiohttp.ClientSession, asset: str) -> str:
    """ "" when the heartbeat was accepted, else the reason."""
    try:
        async with session.post(f"/api/v1/ingest/heartbeat/{asset}") as answer:
            return "" if answer.status < 300 else f"HTTP {answer.status}"
    except (aiohttp.ClientError, TimeoutError) as error:
        return type(error).__name__
