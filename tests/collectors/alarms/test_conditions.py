"""Devices' own alarms as reports, acknowledgements delivered to devices, and values that arrive between polls."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import ClassVar

import pytest
from msgspec import structs

from alerts.external import command as reports
from collectors import registry
from collectors.alarms.conditions import REPEAT_EVERY, Conditions
from collectors.contract import Measurement, Poller, Target
from collectors.errors import NotReady, Reason
from collectors.jobs import Spec, specs
from collectors.service import Collect
from collectors.settings import SchemeSettings
from collectors.subscriber import Condition, SubscriberCallbacks
from feeds.bus import BusLost, State
from feeds.external import Report
from feeds.model import Ack, Alert, Asset, Change, Command, Kind, Severity
from tests.collectors.virtual import FakeBus, clock, moved

HIGH = Condition(name="Plant/High", active=True, acked=False, severity=Severity.CRITICAL, since=50.0, level=900)
URI = "opc.tcp://h?alarms=server"
SPEC = Spec(
    key=("pump", URI),
    scheme="opc.tcp",
    family="opcua",
    source="network.opcua",
    target=registry.target_of(URI, asset="pump"),
)


class Engine:
    """The alert engine's end of the bus: reads reports as the engine does, and holds the alerts."""

    def __init__(self) -> None:
        self.epoch = "a"
        self.lost = self.blind = False
        self.reports: list[Report] = []
        self.alerts: dict[str, Alert] = {}
        self.closed: list[Alert] = []

    async def send(self, engine: str, command: Command) -> None:
        if self.lost:
            raise BusLost("away")
        assert engine == "alert"
        self.reports += reports.read(command)

    async def state(self, kinds: Iterable[str]) -> State:
        assert list(kinds) == [Kind.ALERT]
        return State("0-0", {Kind.ALERT: dict(self.alerts)})

    async def changes(self, after: str) -> list[Change]:
        if self.blind:
            raise BusLost("away")
        return [Change(kind=Kind.ALERT, id=alert.id, after=alert, at=0.0) for alert in self.closed]

    def take(self) -> list[tuple[str, bool]]:
        taken, self.reports = self.reports, []
        return [(report.identity_labels["condition"], report.active) for report in taken]


class Plant(Poller):
    """A poller whose devices take acknowledgements, or refuse them."""

    schemes: ClassVar[tuple[str, ...]] = ("opc.tcp",)
    family: ClassVar[str] = "opcua"

    def __init__(self) -> None:
        self.acks: list[tuple[str, str, str]] = []
        self.refuses = False

    async def poll(self, target: Target) -> list[Measurement]:
        return []

    async def acknowledge(self, target: Target, condition: str, by: str, comment: str) -> None:
        self.acks.append((condition, by, comment))
        if self.refuses:
            raise NotReady(Reason.CLOSED)


class Rig:
    """Conditions over an engine and a plant; `time` is moved by hand."""

    def __init__(self) -> None:
        self.engine, self.plant, self.time = Engine(), Plant(), 1000.0
        self.conditions = Conditions(self.engine, "532300", lambda: self.time)

    async def turn(self, *conditions: Condition, later: float = 1.0) -> list[tuple[str, bool]]:
        self.time += later
        self.conditions.put(self.plant, SPEC, conditions)
        await self.conditions.cycle()
        return self.engine.take()

    def ack(self, at: float, by: str = "李雷") -> None:
        alert = Alert(
            id="x",
            fingerprint="f",
            rule="opcua:alarm",
            asset="pump",
            severity=Severity.CRITICAL,
            active=True,
            raised_at=50.0,
            labels={"condition": HIGH.name},
            ack=Ack(by=by, at=at, comment="已派人"),
        )
        self.engine.alerts["x"] = alert


async def test_a_condition_is_reported_once_when_it_changes_and_when_it_is_over() -> None:
    rig = Rig()
    assert await rig.turn(HIGH) == [(HIGH.name, True)]
    assert await rig.turn(HIGH) == []
    assert await rig.turn(replace(HIGH, severity=Severity.MAJOR)) == [(HIGH.name, True)]
    assert await rig.turn(replace(HIGH, active=False)) == [(HIGH.name, False)]
    assert await rig.turn(HIGH) == [(HIGH.name, True)]
    assert await rig.turn() == [(HIGH.name, False)]
    assert await rig.turn() == []


async def test_all_conditions_are_reported_again_periodically_and_to_a_new_bus() -> None:
    rig = Rig()
    await rig.turn(HIGH)
    assert await rig.turn(HIGH, later=REPEAT_EVERY) == [(HIGH.name, True)]
    rig.engine.epoch = "b"
    assert await rig.turn(HIGH) == [(HIGH.name, True)]
    rig.engine.lost = True
    with pytest.raises(BusLost):
        await rig.turn(replace(HIGH, active=False))
    rig.engine.lost = False
    assert await rig.turn(replace(HIGH, active=False)) == [(HIGH.name, False)]


async def test_a_report_carries_what_people_need() -> None:
    rig = Rig()
    rig.conditions.put(rig.plant, SPEC, [replace(HIGH, text="水位过高")])
    await rig.conditions.cycle()
    (report,) = rig.engine.reports
    assert (report.rule, report.asset, report.severity, report.since) == (
        "opcua:alarm",
        "pump",
        Severity.CRITICAL,
        50.0,
    )
    assert (report.text, report.labels["level"]) == ("水位过高", "900")
    assert HIGH.name in report.title["zh-CN"]
    assert HIGH.name in report.title["en"]


async def test_an_acknowledgement_is_delivered_once_and_retried_after_a_failure() -> None:
    rig = Rig()
    await rig.turn(HIGH)
    assert rig.plant.acks == []
    rig.ack(1001.0)
    rig.plant.refuses = True
    await rig.turn(HIGH)
    await rig.turn(HIGH)
    assert len(rig.plant.acks) == 1
    rig.plant.refuses = False
    await rig.turn(HIGH, later=5.0)
    await rig.turn(HIGH, later=60.0)
    assert rig.plant.acks == [(HIGH.name, "李雷", "已派人")] * 2
    rig.ack(2000.0)
    await rig.turn(HIGH)
    assert len(rig.plant.acks) == 3
    await rig.turn(replace(HIGH, acked=True))
    rig.ack(3000.0)
    await rig.turn(replace(HIGH, acked=True))
    assert len(rig.plant.acks) == 3


async def test_alarms_that_ended_before_a_restart_are_closed_and_active_ones_are_reported_once() -> None:
    rig = Rig()
    rig.ack(900.0)
    stands = rig.engine.alerts["x"]
    ended = structs.replace(stands, id="y", labels={"condition": "Plant/Low", "server": "h"})
    elsewhere = structs.replace(stands, id="z", labels={"condition": "Plant/Low", "server": "elsewhere"})
    rig.engine.alerts = {
        "x": structs.replace(stands, labels={**stands.labels, "server": "h"}),
        "y": ended,
        "z": elsewhere,
    }
    assert sorted(await rig.turn(HIGH)) == [(HIGH.name, True), ("Plant/Low", False)]
    assert await rig.turn(HIGH) == []


async def test_an_acknowledgement_without_a_name_is_not_delivered() -> None:
    rig = Rig()
    rig.ack(1001.0, by="")
    await rig.turn(HIGH)
    assert rig.plant.acks == []


def take_acks(taken: list[Report]) -> list[tuple[bool, bool | None, str, str]]:
    acks = [(report.active, report.acked, report.acked_by, report.acked_comment) for report in taken]
    taken.clear()
    return acks


async def test_an_acknowledgement_at_the_device_is_reported_once_and_not_sent_back() -> None:
    rig = Rig()
    taken = replace(HIGH, acked=True, by="li.lei", comment="现场处理")
    rig.conditions.put(rig.plant, SPEC, [HIGH])
    await rig.conditions.cycle()
    assert take_acks(rig.engine.reports) == [(True, False, "", "")]
    rig.conditions.put(rig.plant, SPEC, [taken])
    await rig.conditions.cycle()
    assert take_acks(rig.engine.reports) == [(True, True, "设备/h/li.lei", "现场处理")]
    rig.ack(1001.0, by="设备/h/li.lei")
    rig.time += REPEAT_EVERY
    await rig.conditions.cycle()
    assert take_acks(rig.engine.reports)[0][:2] == (True, None), "repeating it would revert a person's unack"
    await rig.turn(HIGH)
    await rig.turn(HIGH)
    assert rig.plant.acks == [], "the device's own acknowledgement is not delivered to it"
    rig.engine.epoch = "b"
    rig.conditions.put(rig.plant, SPEC, [taken])
    await rig.conditions.cycle()
    assert take_acks(rig.engine.reports) == [(True, True, "设备/h/li.lei", "现场处理")]


async def test_a_delivered_acknowledgement_that_the_device_echoes_is_not_reported_but_its_next_own_one_is() -> None:
    rig = Rig()
    await rig.turn(HIGH)
    rig.ack(1001.0)
    await rig.turn(HIGH)
    assert len(rig.plant.acks) == 1
    echo = replace(HIGH, acked=True, comment="李雷: 已派人")
    rig.conditions.put(rig.plant, SPEC, [echo])
    await rig.conditions.cycle()
    assert [acked for _, acked, _, _ in take_acks(rig.engine.reports)] == [None]
    rig.conditions.put(rig.plant, SPEC, [])
    await rig.conditions.cycle()
    rig.engine.alerts.clear()
    for condition in (replace(HIGH, since=90.0), replace(HIGH, since=90.0, acked=True)):
        rig.conditions.put(rig.plant, SPEC, [condition])
        await rig.conditions.cycle()
    assert take_acks(rig.engine.reports) == [(False, None, "", ""), (True, False, "", ""), (True, True, "设备/h", "")]
    assert len(rig.plant.acks) == 1


async def test_the_report_of_a_device_without_acknowledgements_leaves_acked_unset() -> None:
    rig = Rig()
    rig.conditions.put(rig.plant, SPEC, [replace(HIGH, acked=True, takes_ack=False)])
    await rig.conditions.cycle()
    assert take_acks(rig.engine.reports) == [(True, None, "", "")]


async def test_an_ack_that_closes_the_alert_of_a_returned_alarm_still_reaches_the_device() -> None:
    rig = Rig()
    returned = replace(HIGH, active=False)
    rig.ack(1001.0)
    acked = structs.replace(rig.engine.alerts["x"], active=False)
    rig.engine.alerts["x"] = structs.replace(acked, ack=None)
    await rig.turn(returned)
    assert rig.plant.acks == []
    rig.engine.alerts.clear()
    rig.engine.closed = [structs.replace(acked, id="y", labels={"condition": "Plant/Low"}), acked]
    await rig.turn(returned)
    await rig.turn(returned)
    assert rig.plant.acks == [(HIGH.name, "李雷", "已派人")]


async def test_an_ack_that_closed_its_alert_is_retried_when_the_bus_or_the_device_was_away() -> None:
    rig, low = Rig(), replace(HIGH, active=False)
    await rig.turn(low)
    rig.ack(1001.0)
    acked = structs.replace(rig.engine.alerts["x"], active=False)
    rig.engine.alerts["x"] = structs.replace(acked, ack=None)
    await rig.turn(low)
    del rig.engine.alerts["x"]
    rig.engine.closed, rig.engine.blind = [acked], True
    with pytest.raises(BusLost):
        await rig.turn(low)
    rig.engine.blind, rig.plant.refuses = False, True
    await rig.turn(low)
    rig.engine.closed = []
    assert len(rig.plant.acks) == 1
    rig.plant.refuses = False
    await rig.turn(low, later=60.0)
    assert rig.plant.acks == [(HIGH.name, "李雷", "已派人")] * 2
    await rig.turn(low, later=60.0)
    assert len(rig.plant.acks) == 2


async def test_an_old_ack_is_not_delivered_for_an_alarm_that_is_active_again() -> None:
    rig, low = Rig(), replace(HIGH, active=False)
    await rig.turn(low)
    rig.ack(1001.0)
    acked = structs.replace(rig.engine.alerts.pop("x"), active=False)
    rig.engine.alerts["x"] = structs.replace(acked, ack=None)
    await rig.turn(low)
    del rig.engine.alerts["x"]
    rig.engine.closed, rig.plant.refuses = [acked], True
    await rig.turn(low)
    assert len(rig.plant.acks) == 1
    rig.engine.closed, rig.plant.refuses = [], False
    await rig.turn(HIGH, later=60.0)
    await rig.turn(low, later=60.0)
    assert len(rig.plant.acks) == 1


async def test_removing_a_probe_from_the_inventory_ends_its_alarms() -> None:
    rig = Rig()
    await rig.turn(HIGH)
    rig.conditions.forget(SPEC)
    await rig.conditions.cycle()
    assert rig.engine.take() == [(HIGH.name, False)]


# -- between two polls -------------------------------------------------------------------


class Pushing(Plant):
    """Answers 1 to each poll. Tests push other values through its callbacks."""

    instances: ClassVar[list[Pushing]] = []

    def __init__(self) -> None:
        super().__init__()
        self.polls: list[tuple[float, str]] = []
        self.forgotten: list[str] = []
        self.instances.append(self)

    def attach(self, callbacks: SubscriberCallbacks) -> None:
        self.callbacks = callbacks

    def forget(self, target: Target) -> None:
        self.forgotten.append(target.uri)

    @staticmethod
    def poll_group(target: Target) -> str:
        return target.host

    async def poll(self, target: Target) -> list[Measurement]:
        self.polls.append((asyncio.get_running_loop().time(), target.uri))
        return [Measurement(metric=target.params.get("metric", "opcua.value"), value=1, observed_at=clock())]


def inventory(*uris: str) -> Mapping[str, Asset]:
    return {"a": Asset(id="a", name="a", kind="pump", region="532301", probes=uris)}


def test_values_pushed_between_polls_are_published_and_a_requested_poll_runs_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "poller_class", lambda scheme: Pushing)
    Pushing.instances.clear()
    level_uri, flow_uri = "opc.tcp://h?node=i%3D1&metric=river.level", "opc.tcp://h?node=i%3D2&metric=river.flow"

    async def story() -> tuple[FakeBus, Pushing]:
        bus = FakeBus()
        assets = inventory(level_uri, flow_uri)
        collect = Collect(bus, "532300", {"opc.tcp": SchemeSettings(interval=10.0)}, (), assets, {}, clock)
        task = asyncio.create_task(collect.run())
        await asyncio.sleep(25.0)
        poller = Pushing.instances[0]
        target = registry.target_of(level_uri, asset="a", timeout=2.0)
        poller.callbacks.push(target, [Measurement(metric="river.level", value=7, observed_at=clock() - 3)])
        await asyncio.sleep(0.2)
        poller.polls.append((-1.0, "look"))
        poller.callbacks.request_poll(target)
        await asyncio.sleep(0.2)
        poller.polls.append((-1.0, "looked"))
        await collect.reload(assets=inventory(flow_uri))
        poller.callbacks.push(target, [Measurement(metric="river.level", value=8)])
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return bus, poller

    bus, poller = moved(story())
    levels = bus.observations("river.level")
    assert [each.value for each in levels if each.value != 1] == [7]
    assert all(each.instance == "" for each in levels), "a name that the inventory chose needs no instance"
    pushed = next(each for each in levels if each.value == 7)
    assert pushed.received_at - pushed.observed_at == pytest.approx(3.0)
    names = [uri for _, uri in poller.polls]
    assert names[names.index("look") + 1 : names.index("looked")] == [level_uri]
    assert poller.forgotten == [level_uri]
    times: dict[str, list[float]] = {}
    for at, uri in poller.polls:
        times.setdefault(uri, []).append(at)
    assert times[level_uri][0] == pytest.approx(times[flow_uri][0], abs=0.01)
    assert times[level_uri][1] == pytest.approx(times[flow_uri][1], abs=0.01)


def test_readings_get_an_instance_only_where_two_probes_give_the_same_metric() -> None:
    def named(*uris: str) -> list[set[str]]:
        return [set(spec.named) for spec in specs(inventory(*uris), {}, {}).values()]

    level, alarms = "opc.tcp://h?node=i%3D1&metric=river.level", "opc.tcp://h?alarms=server"
    assert [names >= {"opcua.alarms"} for names in named(level, alarms)] == [False, True]
    assert named(level, "opc.tcp://g?node=i%3D1&metric=river.level") == [set(), set()]
    assert named(alarms, "opc.tcp://g?alarms=server") == [set(), set()]
    assert named("modbus://h/1?hr=0&metric=volts", "modbus://h/1?hr=1&metric=amps") == [{"volts"}, {"amps"}]
