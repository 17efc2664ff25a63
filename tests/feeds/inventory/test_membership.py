"""The membership log: written once, read back after any number of restarts."""

from __future__ import annotations

from dataclasses import replace

from feeds.bus import Bus
from feeds.inventory.membership import AT_ONCE, InventoryLog, read
from feeds.journal import Journal
from feeds.model import Asset
from feeds.projection.projector import Projector


def inventory(*ids: str, owner: str = "水务局") -> dict[str, Asset]:
    return {id: Asset(id=id, name=f"泵 {id}", kind="pump", region="532301", owner=owner) for id in ids}


async def put(journal: Journal, at: float, assets: dict[str, Asset]) -> None:
    """Record the inventory as a newly started projector does."""
    register = InventoryLog()
    await register.open(journal)
    await register.note(journal, assets, at)


async def test_assets_are_added_changed_removed_and_added_again(journal: Journal) -> None:
    await put(journal, 10.0, inventory("a", "b"))
    await put(journal, 20.0, inventory("a", "b"))
    await put(journal, 30.0, inventory("a", "c"))
    await put(journal, 40.0, inventory("a", "c", owner="交通局"))
    await put(journal, 50.0, inventory("a", "b", "c", owner="交通局"))
    members = await read(journal)
    assert {id: member.spans for id, member in members.items()} == {
        "a": [(10.0, None)],
        "b": [(10.0, 30.0), (50.0, None)],
        "c": [(30.0, None)],
    }
    assert {member.about.owner for member in members.values()} == {"交通局"}
    entries = await journal.entries(kind="inventory")
    assert [(entry.name, sorted(entry.body["assets"])) for entry in entries] == [
        ("added", ["a", "b"]),
        ("removed", ["b"]),
        ("added", ["c"]),
        ("changed", ["a", "c"]),
        ("added", ["b"]),
    ]


async def test_a_large_inventory_is_several_entries_and_reading_resumes(journal: Journal) -> None:
    assets = inventory(*(f"n{number}" for number in range(2 * AT_ONCE + 1)))
    await put(journal, 10.0, assets)
    entries = await journal.entries(kind="inventory")
    assert [len(entry.body["assets"]) for entry in entries] == [AT_ONCE, AT_ONCE, 1]
    first = await read(journal)
    await put(journal, 20.0, {**assets, **inventory("late")})
    assert await read(journal, first, entries[-1].seq) == await read(journal)


async def test_the_projector_records_the_inventory_once(bus: Bus, journal: Journal) -> None:
    assets = inventory("a")
    for _ in range(2):
        projector = Projector(journal, bus.site, assets, lambda: 100.0)
        await bus.open()
        await projector.open(bus)
        await projector.step([], 100.0)
        await projector.step([], 101.0)
    projector.set_assets({"a": replace(assets["a"], probes=("tcp://h:1",))})
    await projector.step([], 102.0)
    projector.set_assets({})
    await projector.step([], 103.0)
    assert [(entry.name, entry.at) for entry in await journal.entries(kind="inventory")] == [
        ("added", 100.0),
        ("removed", 103.0),
    ]
