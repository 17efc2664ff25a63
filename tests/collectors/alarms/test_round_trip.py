"""A device's alarm from server to collector, bus and alert engine, and a person's acknowledgement back to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from collectors import registry
from collectors.alarms.conditions import REPEAT_EVERY, Conditions
from collectors.contract import Target
from collectors.jobs import Spec
from collectors.network.opcua.probe import OpcUaPoller
from collectors.sim.opcua import OpcUaPlant
from collectors.subscriber import Condition, SubscriberCallbacks
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Alert, Severity
from feeds.model.isa_state import isa_state
from tests.alerts.builders import asset, command
from tests.alerts.rig import Rig
from tests.collectors.network.loopback import ANSWERED, closing
from tests.collectors.network.opcua_servers import running_plant
from tests.patience import PATIENCE


async def alert_of(rig: Rig, conditions: Conditions, matches: Callable[[Alert], bool]) -> Alert:
    """The first alert that matches. Runs collector, bus and engine in turn until there is one."""
    async with asyncio.timeout(PATIENCE):
        while True:
            await conditions.cycle()
            await rig.step(0.1)
            for alert in (await rig.shown()).values():
                if matches(alert):
                    return alert
            await asyncio.sleep(0.05)


@asynccontextmanager
async def scene(bus: Bus, journal: Journal) -> AsyncIterator[tuple[Rig, OpcUaPlant, Conditions, OpcUaPoller, Target]]:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("pump"))
    async with running_plant({"Level": 1.0}, {"High": 900}) as plant, closing(OpcUaPoller()) as poller:
        conditions = Conditions(bus, bus.site, lambda: rig.now)
        uri = f"opc.tcp://{plant.address}?alarms=server"
        target = registry.target_of(uri, asset="pump", timeout=ANSWERED)
        spec = Spec(key=("pump", uri), scheme="opc.tcp", family="opcua", source="network.opcua", target=target)

        def report(_: Target, present: Sequence[Condition]) -> None:
            conditions.put(poller, spec, present)

        poller.attach(
            SubscriberCallbacks(
                push=lambda target, measurements: None, request_poll=lambda target: None, report_alarms=report
            )
        )
        yield rig, plant, conditions, poller, target


async def all_closed(rig: Rig, conditions: Conditions) -> None:
    """Run until no alert is open."""
    async with asyncio.timeout(PATIENCE):
        while await rig.shown():
            await conditions.cycle()
            await rig.step(0.1)
            await asyncio.sleep(0.05)


async def test_a_devices_alarm_becomes_an_alert_and_its_ack_goes_back(bus: Bus, journal: Journal) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda alert: alert.active)
        assert (alert.rule, alert.asset, alert.severity, alert.text) == (
            "opcua:alarm",
            "pump",
            Severity.CRITICAL,
            "水位过高",
        )
        assert not plant.alarms["High"].acked
        await rig.send(command("ack", alert.id, rig.now))
        await alert_of(rig, conditions, lambda alert: alert.acked)
        await conditions.cycle()
        assert plant.alarms["High"].acked
        assert plant.alarms["High"].comments == ["zhang: 查看中"]
        await plant.alarm("High", False)
        await all_closed(rig, conditions)  # acknowledged and over: it leaves the list
        assert [name for _, name in await rig.names()] == ["raise", "ack", "clear"]


async def test_an_ack_at_the_device_acknowledges_the_alert_with_its_name_and_comment(
    bus: Bus, journal: Journal
) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda alert: alert.active)
        await plant.acknowledge("High", "li.lei", "现场处理")
        acknowledged = await alert_of(rig, conditions, lambda alert: alert.acked)
        assert acknowledged.ack is not None
        assert (acknowledged.ack.by, acknowledged.ack.comment) == (f"设备/{plant.address}/li.lei", "现场处理")
        entries = await journal.entries(kind="alert", subject=alert.id)
        assert [(entry.name, entry.actor) for entry in entries] == [("raise", ""), ("ack", acknowledged.ack.by)]
        rig.now += REPEAT_EVERY
        await rig.send(command("unack", alert.id, rig.now))
        await alert_of(rig, conditions, lambda alert: not alert.acked)
        rig.now += REPEAT_EVERY
        assert not (await alert_of(rig, conditions, lambda alert: alert.active)).acked, (
            "a person's unack is not reverted"
        )
        assert plant.alarms["High"].comments == ["现场处理"], "it does not go back to the device"


async def test_a_returned_unacknowledged_alarm_stays_open_until_either_side_acknowledges_it(
    bus: Bus, journal: Journal
) -> None:
    async with scene(bus, journal) as (rig, plant, conditions, poller, target):
        await plant.alarm("High", True, "水位过高")
        await plant.alarm("High", False)
        await poller.poll(target)
        alert = await alert_of(rig, conditions, lambda alert: True)
        assert (isa_state(alert), alert.text) == ("RTNUN", "水位过高")
        for _ in range(3):
            rig.now += REPEAT_EVERY
            await conditions.cycle()
            await rig.step(0.1)
        assert list(await rig.shown()) == [alert.id]
        await rig.send(command("ack", alert.id, rig.now))
        await all_closed(rig, conditions)
        async with asyncio.timeout(PATIENCE):
            while not plant.alarms["High"].acked:
                await conditions.cycle()
                await asyncio.sleep(0.05)
        assert plant.alarms["High"].comments == ["zhang: 查看中"]
        rig.now += REPEAT_EVERY
        for _ in range(3):
            await conditions.cycle()
            await rig.step(0.1)
        assert await rig.shown() == {}, "it does not come back"
        await plant.alarm("High", True)
        await plant.alarm("High", False)
        again = await alert_of(rig, conditions, lambda alert: not alert.active)
        assert again.id != alert.id
        await plant.acknowledge("High", "li.lei", "已复位")
        await all_closed(rig, conditions)
        entries = await journal.entries(kind="alert", subject=again.id)
        assert (entries[-1].name, entries[-1].actor) == ("ack", f"设备/{plant.address}/li.lei")
        assert plant.alarms["High"].comments == ["zhang: 查看中", "已复位"]
