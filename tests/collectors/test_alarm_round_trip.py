"""A device's alarm all the way: server → collector → bus → alert engine → a person's ack → the server again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from collectors import registry
from collectors.conditions import Conditions
from collectors.contract import Condition, Desk, Target
from collectors.jobs import Spec
from collectors.network.opcua import OpcUaPoller
from collectors.sim.opcua import OpcUaPlant
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Alert, Severity
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


async def test_a_devices_alarm_becomes_an_alert_and_its_ack_goes_back(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(asset("pump"))
    plant = OpcUaPlant("127.0.0.1", free_port(), {"Level": 1.0}, {"High": 900})
    await plant.start()
    conditions, poller = Conditions(bus, bus.site, lambda: rig.now), OpcUaPoller()
    uri = f"opc.tcp://{plant.address}?alarms=server"
    spec = Spec(
        key=("pump", uri), scheme="opc.tcp", family="opcua", source="network.opcua",
        target=registry.target_of(uri, asset="pump", timeout=ANSWERED),
    )  # fmt: skip
    assert spec.target is not None

    def report(target: Target, found: Sequence[Condition]) -> None:
        conditions.put(poller, spec, found)

    poller.attach(Desk(told=lambda target, seen: None, look=lambda target: None, report=report))
    try:
        await plant.alarm("High", True, "水位过高")
        await poller.poll(spec.target)
        alert = await alert_of(rig, conditions, lambda one: one.active)
        assert (alert.rule, alert.asset, alert.severity, alert.text) == (
            "opcua:alarm", "pump", Severity.CRITICAL, "水位过高"
        )  # fmt: skip
        assert not plant.alarms["High"].acked
        await rig.send(command("ack", alert.id, rig.now))
        await alert_of(rig, conditions, lambda one: one.acked)
        await conditions.turn()
        assert plant.alarms["High"].acked
        assert plant.alarms["High"].comments == ["zhang: 查看中"]
        await plant.alarm("High", False)
        async with asyncio.timeout(PATIENCE):
            while await rig.shown():  # acknowledged and over: it leaves the list
                await conditions.turn()
                await rig.step(0.1)
                await asyncio.sleep(0.05)
    finally:
        await poller.close()
        await plant.stop()
