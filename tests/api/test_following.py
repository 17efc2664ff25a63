"""Another Watchfloor follows our warnings: its CAP source reads our Atom feed over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from api.routes import warnings
from api.routes.warnings import FEED_ENTRIES
from api.server import serve
from collectors.emergency.cap.feed import CapFeed
from collectors.settings import Credential, SourceSettings
from feeds.bus import Bus
from feeds.cap.message import CapDocument, parse
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


async def test_a_follower_misses_none_of_more_warnings_than_one_page_lists(world: World) -> None:
    async def issue(names: list[str], received_at: float) -> None:
        for name in names:
            warning = shown_as(name, received_at=received_at)
            show(world, warning)
            await store(world, warning, cap(name))

    async with follower(world) as feed:
        await issue([f"F{number:04}" for number in range(FEED_ENTRIES)], T0)
        assert len((await feed.fetch(T0)).items) == FEED_ENTRIES
        burst = [f"G{number:04}" for number in range(FEED_ENTRIES + 30)]
        await issue(burst, T0 + 60)
        items = [item for item in (await feed.fetch(T0)).items if isinstance(item, CapDocument)]
        assert [parse(item.raw).identifier for item in items] == burst


async def test_the_pages_of_the_feed_lead_to_one_another_and_hold_each_warning_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warnings, "FEED_ENTRIES", 2)
    for number in range(4):
        show(world, shown_as(f"P{number}", received_at=T0 + number))
    async with world.signed_in("viewer") as client:
        path, entries, pages = "/api/v1/warnings.atom", list[str](), 0
        while path:
            feed = etree.fromstring((await client.get(path)).content)
            links = {link.get("rel"): link.get("href", "") for link in feed.findall("{*}link")}
            assert links["self"].endswith(path)
            entries += [id or "" for entry in feed.findall("{*}entry") if (id := entry.findtext("{*}id"))]
            path, pages = links.get("next", "").partition("://")[2].partition("/")[2], pages + 1
            path = path and f"/{path}"
        assert (pages, len(entries), len(set(entries))) == (3, 6, 6)
        assert (await client.get("/api/v1/warnings.atom?cursor=x")).status_code == 422


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
