"""Another Watchfloor follows our warnings: its CAP source reads our Atom feed over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from api.server import serve
from collectors.emergency.cap.feed import CapFeed
from collectors.settings import Credential, SourceSettings
from feeds.bus import Bus
from feeds.cap.message import CapDocument
from feeds.journal import Journal
from feeds.model import EmergencyWarning
from tests.api.conftest import A, World, a_warning
from tests.api.test_live_socket import stop
from tests.api.test_warnings import show, store
from tests.collectors.network.loopback import ANSWERED
from tests.incidents.builders import T0, id_of
from tests.incidents.rig import Rig, cap
from tests.patience import PATIENCE


@asynccontextmanager
async def follower(world: World) -> AsyncIterator[CapFeed]:
    """A CAP source at another site that follows the served one with a token."""
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    job = asyncio.ensure_future(serve(world.app, replace(world.settings, port=0), port.set_result))
    address = f"http://127.0.0.1:{await asyncio.wait_for(port, PATIENCE)}/api/v1/warnings.atom"
    token = Credential(name="upper", kind="token", values={"token": await world.token("read")})
    feed = CapFeed(SourceSettings(id="prefecture", kind="emergency.cap", url=address, timeout=ANSWERED), token)
    try:
        yield feed
    finally:
        await feed.close()
        await stop(job)


def shown_as(identifier: str, **fields: Any) -> EmergencyWarning:
    return replace(a_warning("cx", A, identifier), id=id_of(identifier, 0), sent=T0, **fields)


async def test_another_site_shows_what_we_show_and_ends_what_was_ended(
    world: World, bus: Bus, new_journal_url: Callable[[], str]
) -> None:
    journal = Journal(new_journal_url(), "there")
    await journal.open()
    there = Rig(bus, journal)
    await there.start()
    alert, cancel, ender = cap("A"), cap("C", 600, msg_type="Cancel", references=(id_of("A", 0),)), id_of("C", 600)
    show(world, shown_as("A"))
    await store(world, shown_as("A"), alert)
    async with follower(world) as feed:
        documents = [item for item in (await feed.fetch(T0)).items if isinstance(item, CapDocument)]
        assert alert in [document.raw for document in documents]
        await there.bus.publish("emergency", "cap", documents, source="prefecture")
        await there.step(1)
        assert (await there.states())["A"] == "active"
        show(world, shown_as("A", state="cancelled", ended_at=T0 + 600, ended_by=ender))
        await store(world, replace(shown_as("A"), id=ender), cancel)
        documents = [item for item in (await feed.fetch(T0)).items if isinstance(item, CapDocument)]
        assert cancel in [document.raw for document in documents]
        await there.bus.publish("emergency", "cap", documents, source="prefecture")
        await there.step(1)
        assert (await there.states())["A"] == "cancelled"
    await journal.close()
