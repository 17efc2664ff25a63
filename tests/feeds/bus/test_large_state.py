"""Live state of a whole prefecture is read in pages: no answer outlasts a time limit, and it is one moment."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from feeds.bus import Bus, reading
from feeds.model import Asset, Change, Kind

ASSETS = 700
"""More than a hash of Valkey keeps in one piece (hash-max-listpack-entries, 512), so that pages are real."""


def named(id: int, name: str = "") -> Change:
    return Change(
        kind=Kind.ASSET, id=f"a{id}", after=Asset(id=f"a{id}", name=name, kind="site", region="532300"), at=1.0
    )


@pytest.fixture
async def filled(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> Bus:
    """Live state of so many assets that it is read in pages of fifty."""
    monkeypatch.setattr(reading, "AT_ONCE", 100)
    monkeypatch.setattr(reading, "PAGE", 50)
    await bus.open()
    await bus.commit("project", cursors={}, changes=[named(n) for n in range(ASSETS)])
    return bus


async def test_pages_give_what_one_answer_gives(filled: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    paged = await filled.state()
    assert len(paged.records[Kind.ASSET]) == ASSETS
    monkeypatch.setattr(reading, "AT_ONCE", 10_000)
    assert await filled.state() == paged


async def test_what_changes_while_the_pages_are_read_is_in_the_state_and_in_its_revision(
    filled: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = filled._pages

    async def meanwhile(kind: str) -> AsyncIterator[dict[bytes, bytes]]:
        """Change, add and remove assets after the pages were read."""
        async for page in pages(kind):
            yield page
        gone = Change(kind=Kind.ASSET, id="a2", after=None, at=2.0)
        await filled.commit("project", cursors={}, changes=[named(1, "new"), named(9999), gone])

    monkeypatch.setattr(filled, "_pages", meanwhile)
    paged = await filled.state([Kind.ASSET])
    assets = paged.records[Kind.ASSET]
    assert (assets["a1"].name, "a9999" in assets, "a2" in assets) == ("new", True, False)
    assert paged.last == await filled.tail(filled.keys.changes)
