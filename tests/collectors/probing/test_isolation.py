"""Isolation, as timelines in moved time: whose fault it is must be known before anything is called down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import pytest

from collectors import registry
from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.service import Collect
from collectors.settings import SchemeSettings
from feeds.model import REFERENCE, Quality
from tests.collectors.virtual import BEGAN, FakeBus, FakePoller, assets, clock, for_seconds, moved

FAST = SchemeSettings(interval=2, timeout=1)
GATES = ("tcp://192.0.2.1:1", "tcp://192.0.2.2:1")


class Net:
    """What answers: `cut` swallows everything, `dead` hosts are swallowed, `refuses` closes the port of hosts."""

    def __init__(self) -> None:
        self.cut = False
        self.dead: set[str] = set()
        self.refuses: set[str] = set()
        self.locked: set[str] = set()
        self.broken: set[str] = set()

    async def answer(self, target: Target) -> list[Measurement]:
        if target.host in self.broken:
            raise Misconfigured("needs CAP_NET_RAW")
        await asyncio.sleep(0.005)
        if self.cut or target.host in self.dead:
            await asyncio.sleep(3600)
        if target.host in self.refuses:
            raise NotReady(Reason.REFUSED)
        if target.host in self.locked:
            raise AuthFailed("who are you?")
        return []


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    net = Net()

    class Mine(FakePoller):
        polls: ClassVar[list[tuple[float, str]]] = []

    async def answer(target: Target) -> list[Measurement]:
        Looks.seen += target.host.startswith("192.0.2.")
        return await net.answer(target)

    type.__setattr__(Mine, "answer", staticmethod(answer))
    monkeypatch.setattr(registry, "poller_class", lambda scheme: Mine)
    Looks.seen = 0
    return net


class Looks:
    seen = 0


def watching(bus: FakeBus, count: int = 1, gates: tuple[str, ...] = GATES) -> Collect:
    return Collect(bus, "532300", {"tcp": FAST}, (), assets(count), {}, clock, reference=gates)


def ups(bus: FakeBus, asset: str = "a0") -> list[tuple[float, object]]:
    """The verdicts on one asset, without repetitions."""
    verdicts: list[tuple[float, object]] = []
    for observation in bus.observations("tcp.up"):
        if observation.asset == asset and (not verdicts or verdicts[-1][1] is not observation.value):
            verdicts.append((round(observation.observed_at - BEGAN, 2), observation.value))
    return verdicts


def set_(net: Net, **attributes: object) -> Callable[[], None]:
    def change() -> None:
        for name, value in attributes.items():
            setattr(net, name, value)

    return change


def test_a_true_fault_is_told_as_soon_as_without_references(net: Net) -> None:
    plain, guarded = FakeBus(), FakeBus()
    moved(for_seconds(watching(plain, gates=()), (10, set_(net, dead={"10.0.0.1"})), until=20))
    net.dead = set()
    moved(for_seconds(watching(guarded), (10, set_(net, dead={"10.0.0.1"})), until=20))
    (_, first), (alone, down) = ups(plain)
    (_, again), (held, down_too) = ups(guarded)
    assert (first, down, again, down_too) == (True, False, True, False)
    assert held - alone <= 0.02


def test_a_fault_is_held_for_less_than_a_second_when_references_answer_slowly(net: Net) -> None:
    bus = FakeBus()
    net.dead = {"192.0.2.1"}  # one reference is dead all the time: the other is enough
    moved(for_seconds(watching(bus), (10, set_(net, dead={"192.0.2.1", "10.0.0.1"})), until=20))
    (_, up), (at, down) = ups(bus)
    assert (up, down) == (True, False)
    assert at < 10 + 2 + 1 + 0.7 + 1
    assert all(beat.ok for beat in bus.heartbeats(REFERENCE))


def test_a_collector_that_is_cut_off_calls_nothing_down_says_so_and_comes_back_without_a_flap(net: Net) -> None:
    bus = FakeBus()
    moved(for_seconds(watching(bus, 50), (10.3, set_(net, cut=True)), (40.7, set_(net, cut=False)), until=60))
    for number in range(50):
        values = [value for _, value in ups(bus, f"a{number}")]
        assert values == [True, None, True]
    cut = [observation for observation in bus.observations("tcp.up") if observation.value is None]
    assert {(observation.quality, observation.source) for observation in cut} == {(Quality.UNCERTAIN, REFERENCE)}
    assert "隔离" in cut[0].text
    beats = bus.heartbeats(REFERENCE)
    pairs = zip(beats[1:], beats, strict=False)
    turns = [(round(beat.at - BEGAN, 1), beat.ok) for beat, before in pairs if beat.ok is not before.ok]
    (began, bad), (ended, good) = turns
    assert (bad, good) == (False, True)
    assert 10.3 < began < 12.5  # within a look and its second
    assert 42.7 < ended < 45.7  # three looks in a row
    assert "icmp" not in beats[0].error
    assert "192.0.2.1" in next(beat for beat in beats if not beat.ok).error
    assert max(at for at, value in (ups(bus, f"a{n}")[-1] for n in range(50))) < ended + 1
    assert not [beat for beat in bus.heartbeats("network.tcp") if beat.failing]


def test_a_short_cut_between_two_looks_calls_nothing_down(net: Net) -> None:
    for gap in (0.2, 0.6, 1.0, 1.4, 1.5, 1.8, 2.2, 3.1):
        bus = FakeBus()
        net.cut = False
        steps = (10.05, set_(net, cut=True)), (10.05 + gap, set_(net, cut=False))
        moved(for_seconds(watching(bus, 40), *steps, until=30))
        assert not [observation for observation in bus.observations("tcp.up") if observation.value is False], gap


def test_what_answers_while_the_references_do_not_is_up(net: Net) -> None:
    bus = FakeBus()
    inventory = assets(1) | {"near": replace(assets(1)["a0"], id="near", probes=("tcp://10.9.9.9:1",))}
    entry = Collect(bus, "532300", {"tcp": FAST}, (), inventory, {}, clock, reference=GATES)
    moved(for_seconds(entry, (10, set_(net, dead={"192.0.2.1", "192.0.2.2", "10.0.0.1"})), until=30))
    assert [value for _, value in ups(bus, "a0")] == [True, None]
    assert [value for _, value in ups(bus, "near")] == [True]


def test_a_refusal_came_from_somebody_and_waits_for_nothing(net: Net) -> None:
    bus = FakeBus()
    moved(for_seconds(watching(bus), (10, set_(net, cut=False, refuses={"10.0.0.1"})), until=20))
    (_, up), (_, down) = ups(bus)
    assert (up, down) == (True, False)


def test_a_reference_that_refuses_or_wants_a_password_is_reached(net: Net) -> None:
    bus = FakeBus()
    net.refuses, net.locked = {"192.0.2.1"}, {"192.0.2.2"}
    moved(for_seconds(watching(bus), (10, set_(net, dead={"10.0.0.1"})), until=20))
    assert [value for _, value in ups(bus)] == [True, False]


def test_references_that_cannot_be_asked_are_said_and_nobody_is_isolated(net: Net) -> None:
    bus = FakeBus()
    net.broken = {"192.0.2.1", "192.0.2.2"}
    moved(for_seconds(watching(bus), (10, set_(net, dead={"10.0.0.1"})), until=20))
    assert [value for _, value in ups(bus)] == [True, False]
    beat = bus.heartbeats(REFERENCE)[-1]
    assert not beat.ok
    assert "CAP_NET_RAW" in beat.error


def test_500_that_die_at_once_cost_a_few_looks(net: Net) -> None:
    bus = FakeBus()
    dead = {f"10.0.0.{n}" for n in range(600)}
    inventory = assets(500)
    entry = Collect(bus, "532300", {"tcp": FAST}, (), inventory, {}, clock, reference=GATES)

    def die() -> None:
        Looks.seen, net.dead = 0, dead

    moved(for_seconds(entry, (10, die), until=20))
    assert [observation for observation in bus.observations("tcp.up") if observation.value is False]
    assert Looks.seen <= 2 * 10 * (1 + 5)  # two targets, each second its own look and one each 0.2 s


def test_references_come_and_go_with_the_settings(net: Net) -> None:
    bus = FakeBus()
    entry = watching(bus)
    moved(for_seconds(entry, (10, set_(net, cut=True)), (20, lambda: entry.reload(reference=())), until=30))
    assert [value for _, value in ups(bus)] == [True, None, False]
    assert bus.heartbeats(REFERENCE)[-1].at < BEGAN + 21
