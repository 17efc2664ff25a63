"""Signals that parcels wait: an engine is woken at once, and signals of one moment are one."""

from __future__ import annotations

import asyncio

from feeds.bus import Bus
from feeds.engine.intake_signal import IntakeSignal


async def test_an_engine_that_waits_is_woken_for_its_parcels_alone(bus: Bus) -> None:
    signal = IntakeSignal(bus)
    cursors = {bus.keys.signal("alert"): "0-0", bus.keys.commands("alert"): "0-0"}
    waiting = asyncio.create_task(bus.read(cursors, block=20.0))
    signal.send(frozenset({"command"}))
    signal.send(frozenset({"alert"}))
    (entry,) = await asyncio.wait_for(waiting, 10.0)
    assert (entry.stream, entry.items) == (bus.keys.signal("alert"), [])
    await signal.close()


async def test_many_signals_leave_one_entry(bus: Bus) -> None:
    for _ in range(20):
        await bus.wake("alert")
    assert len(await bus.read({bus.keys.signal("alert"): "0-0"}, block=0)) == 1


async def test_a_signal_is_no_dead_letter(bus: Bus) -> None:
    await bus.wake("alert")
    (entry,) = await bus.read({bus.keys.signal("alert"): "0-0"}, block=0)
    await bus.commit("alert", cursors={entry.stream: entry.id})
    assert (entry.kind, await bus.dead_letters(), await bus.dead_counts()) == ("signal", [], {})
