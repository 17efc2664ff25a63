"""A device's alarm all the way: server → collector → bus → alert engine → a person's ack → the server again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from collectors import registry
from collectors.alarms.conditions import AGAIN, Conditions
from collectors.contract import Condition, Desk, Target
from collectors.jobs import Spec
from collectors.network.opcua.probe import OpcUaPoller
from collectors.sim.opcua import OpcUaPlant
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Alert, Severity
from feeds.model.isa_state import isa_state
from tests.alerts.builders import asset, command
from tests.alerts.rig import Rig
from tests.collectors.network.loopback import ANSWERED
from tests.patience import PATIENCE
from tests.ports import free_port


async def alert_of(rig: Rig, conditions: Conditions, wanted: Callable[[Alert], bool]) -> Alert:
    """The alert, as soon as it is as it should be; the collector, the bus and the engine take their turns."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await conditions.turn()
            await rig.step(0.1)
            for alert in (await rig.shown()).values():
                if wanted(alert):
                    return alert
            await asyncio.sleep(0.05)


@asynccontextmanager
async def scene(bus: Bus, journal: Journal) -> AsyncIterator[tuple[Rig, OpcUaPlant, Conditions, OpcUaPoller, Target]]:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("pump"))
    plant = OpcUaPlant("127.0.0.1", free_port(), {"Level": 1.0}, {"High": 900})
    await plant.start()
    conditions, poller = Conditions(bus, bus.site, lambda: rig.now), OpcUaPoller()
    uri = f"opc.tcp://{plant.address}?alarms=server"
    target = registry.target_of(uri, asset="pump", timeout=ANSWERED)
    spec = Spec(key=("pump", uri), scheme="opc.tcp", family="opcua", source="network.opcua", target=target)

    def report(_: Target, found: Sequence[Condition]) -> None:
        conditions.put(poller, spec, found)

    poller.attach(Desk(told=lambda target, seen: None, look=lambda target: None, report=report))
    try:
        yield rig, plant, conditions, poller, target
    finally:
        await poller.close()
        await plant.stop()


async def gone(rig: Rig, conditions: Conditions) -> None:
    """Nothing is left on the list."""
    async with asyncio.timeout(PATIENCE):
        while await rig.shown():
            await conditions.turn()
            await rig.step(0.1)
            await asyncio.sleep(0.05)


async def test_a_devices_alarm_becomes_an_alert_and_its_ack_goes_back(bus: Bus, journal: Journal) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda one: one.active)
        assert (alert.rule, alert.asset, alert.severity, alert.text) == (
            "opcua:alarm",
            "pump",
            Severity.CRITICAL,
            "水位过高",
        )
        assert not plant.alarms["High"].acked
        await rig.send(command("ack", alert.id, rig.now))
        await alert_of(rig, conditions, lambda one: one.acked)
        await conditions.turn()
        assert plant.alarms["High"].acked
        assert plant.alarms["High"].comments == ["zhang: 查看中"]
        await plant.alarm("High", False)
        await gone(rig, conditions)  # acknowledged and over: it leaves the list
        assert [name for _, name in await rig.names()] == ["raise", "ack", "clear"]


async def test_an_ack_at_the_device_acknowledges_the_alert_with_who_and_why(bus: Bus, journal: Journal) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda one: one.active)
        await plant.acknowledge("High", "li.lei", "现场处理")
        taken = await alert_of(rig, conditions, lambda one: one.acked)
        assert taken.ack is not None
        assert (taken.ack.by, taken.ack.comment) == (f"设备/{plant.address}/li.lei", "现场处理")
        entries = await journal.entries(kind="alert", subject=alert.id)
        assert [(one.name, one.actor) for one in entries] == [("raise", ""), ("ack", taken.ack.by)]
        rig.now += AGAIN
        await rig.send(command("unack", alert.id, rig.now))
        await alert_of(rig, conditions, lambda one: not one.acked)
        rig.now += AGAIN
        assert not (await alert_of(rig, conditions, lambda one: one.active)).acked, "what a person undid stays undone"
        assert plant.alarms["High"].comments == ["现场处理"], "it does not go back to the device"


async def test_what_has_returned_unacknowledged_is_shown_and_ends_with_either_ack(bus: Bus, journal: Journal) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await plant.alarm("High", False)
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda one: True)
        assert (isa_state(alert), alert.text) == ("RTNUN", "水位过高")
        for _ in range(3):
            rig.now += AGAIN
            await conditions.turn()
            await rig.step(0.1)
        assert list(await rig.shown()) == [alert.id]
        await rig.send(command("ack", alert.id, rig.now))
        await gone(rig, conditions)
        async with asyncio.timeout(PATIENCE):
            while not plant.alarms["High"].acked:
                await conditions.turn()
                await asyncio.sleep(0.05)
        assert plant.alarms["High"].comments == ["zhang: 查看中"]
        rig.now += AGAIN
        for _ in range(3):
            await conditions.turn()
            await rig.step(0.1)
        assert await rig.shown() == {}, "it does not come back"
        await plant.alarm("High", True)
        await plant.alarm("High", False)
        again = await alert_of(rig, conditions, lambda one: not one.active)
        assert again.id != alert.id
        await plant.acknowledge("High", "li.lei", "已复位")
        await gone(rig, conditions)
        entries = await journal.entries(kind="alert", subject=again.id)
        assert (entries[-1].name, entries[-1].actor) == ("ack", f"设备/{plant.address}/li.lei")
        assert plant.alarms["High"].comments == ["zhang: 查看中", "已复位"]
