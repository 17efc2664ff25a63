"""The runner, as timelines in moved time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import ClassVar

import pytest

from collectors import registry
from collectors.contract import Measurement, Target
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.probing.ticks import GRID
from collectors.publisher import FLUSH_AT
from collectors.settings import SchemeSettings
from feeds.bus import BusFull, BusLost
from feeds.model import Asset, Quality
from tests.collectors.virtual import BEGAN, Answer, FakeBus, FakePoller, assets, collect, for_seconds, moved


async def good(target: Target) -> list[Measurement]:
    return [Measurement(metric="tcp.connect_ms", value=1.5, unit="ms")]


async def refused(target: Target) -> list[Measurement]:
    raise NotReady(Reason.REFUSED)


async def swallowed(target: Target) -> list[Measurement]:
    await asyncio.sleep(3600)
    return []


@pytest.fixture
def poller(monkeypatch: pytest.MonkeyPatch) -> type[FakePoller]:
    class Mine(FakePoller):
        polls: ClassVar[list[tuple[float, str]]] = []

    answering(Mine, good)()
    monkeypatch.setattr(registry, "poller_class", lambda scheme: Mine)
    return Mine


def answering(poller: type[FakePoller], answer: Answer) -> Callable[[], None]:
    def change() -> None:
        type.__setattr__(poller, "answer", staticmethod(answer))

    return change


def ups(bus: FakeBus) -> list[tuple[float, object]]:
    return [
        (round(observation.observed_at - BEGAN, 3), observation.value) for observation in bus.observations("tcp.up")
    ]


def test_a_live_target_is_asked_on_absolute_ticks_and_its_readings_stay_fresh_for_two_rounds(
    poller: type[FakePoller],
) -> None:
    bus = FakeBus()
    moved(for_seconds(collect(bus, assets(1)), until=45))
    times = [at for at, _ in poller.polls]
    assert 0 <= times[0] <= 1
    assert [round(b - a, 6) for a, b in zip(times[1:], times[2:], strict=False)] == [10.0] * (len(times) - 2)
    up, reading = bus.observations()[:2]
    assert (up.metric, up.value, up.source, up.probe, up.instance) == (
        "tcp.up",
        True,
        "network.tcp",
        "tcp://10.0.0.1:1",
        "",
    )
    assert (reading.metric, reading.value, reading.unit) == ("tcp.connect_ms", 1.5, "ms")
    assert up.fresh_for == 2 * 10 + 2 + 1
    assert up.observed_at == BEGAN + times[0]


def test_many_targets_are_spread_over_the_interval_and_share_stream_entries(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    moved(for_seconds(collect(bus, assets(2000), SchemeSettings(interval=10)), until=31))
    by_second = [sum(1 for at, _ in poller.polls if second <= at < second + 1) for second in range(15, 30)]
    assert max(by_second) < 1.5 * 200
    assert min(by_second) > 0.5 * 200
    envelopes = [items for _, _, kind, _, items in bus.envelopes if kind == "observation"]
    assert max(len(items) for items in envelopes) <= FLUSH_AT
    assert sum(len(items) for items in envelopes) / len(envelopes) > 10


def test_checks_fall_into_slots_so_that_every_role_wakes_once_for_many(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    moved(for_seconds(collect(bus, assets(300), SchemeSettings(interval=1)), until=20))
    wakes = {round(at, 6) for at, _ in poller.polls if 10 <= at < 20}
    assert len(wakes) == round(10 / GRID)
    entries = [at for at, _, kind, _, _ in bus.envelopes if kind == "observation" and BEGAN + 10 <= at < BEGAN + 20]
    assert len(entries) <= 10 / GRID + 1


def test_a_first_miss_is_asked_again_at_once_150_ms_apart(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(1), SchemeSettings(interval=10, timeout=2, attempts=3))
    moved(for_seconds(entry, (5, answering(poller, refused)), until=15))
    missed = [at for at, _ in poller.polls if at > 5][:3]
    assert [round(b - a, 3) for a, b in zip(missed, missed[1:], strict=False)] == [0.150, 0.150]
    assert ups(bus)[-1] == (round(missed[-1], 3), False)
    assert bus.observations("tcp.up")[-1].text == "refused"


def test_one_lost_packet_is_no_outage(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    missed: list[float] = []

    async def once_lost(target: Target) -> list[Measurement]:
        if asyncio.get_running_loop().time() > 5 and not missed:
            missed.append(asyncio.get_running_loop().time())
            raise NotReady(Reason.TIMEOUT)
        return await good(target)

    answering(poller, once_lost)()
    moved(for_seconds(collect(bus, assets(1)), until=25))
    assert missed
    assert {value for _, value in ups(bus)} == {True}


def test_with_a_short_timeout_the_repeats_are_short_too(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(1), SchemeSettings(interval=4, timeout=0.3, attempts=3))
    moved(for_seconds(entry, (9, answering(poller, swallowed)), until=24))
    polled_at = next(at for at, _ in poller.polls if at > 9)
    down = next(at for at, up in ups(bus) if not up)
    assert down - polled_at == pytest.approx(0.3 + 0.3, abs=0.01)


@pytest.mark.parametrize("attempts", [1, 2, 3, 6, 10])
def test_a_target_that_swallows_packets_is_known_to_be_down_in_interval_timeout_and_one_second(
    poller: type[FakePoller], attempts: int
) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(1), SchemeSettings(interval=4, timeout=2, attempts=attempts))
    moved(for_seconds(entry, (9, answering(poller, swallowed)), until=24))
    published = next(
        at
        for at, _, kind, _, items in bus.envelopes
        if kind == "observation"
        and any(observation.metric == "tcp.up" and observation.value is False for observation in items)
    )
    assert published <= 9 + 4 + 2 + 0.75
    down = [observation for observation in bus.observations("tcp.up") if observation.value is False]
    assert down[0].text.startswith("timeout")
    # The next rounds come in their interval, single.
    later = [at for at, _ in poller.polls if at > published]
    assert all(b - a >= 3.99 for a, b in zip(later, later[1:], strict=False))


def test_a_target_known_to_be_down_costs_one_try_a_round_and_comes_back_at_once(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    answering(poller, refused)()
    moved(for_seconds(collect(bus, assets(1)), (45, answering(poller, good)), until=60))
    while_down = [at for at, _ in poller.polls if 12 < at < 42]
    assert [round(b - a, 3) for a, b in zip(while_down, while_down[1:], strict=False)] == [10.0, 10.0]
    assert [value for _, value in ups(bus)][-1] is True


def test_five_hundred_dead_targets_cost_no_more_than_live_ones(poller: type[FakePoller]) -> None:
    async def half_dead(target: Target) -> list[Measurement]:
        return await (good(target) if int(target.asset[1:]) >= 500 else refused(target))

    bus = FakeBus()
    answering(poller, half_dead)()
    moved(for_seconds(collect(bus, assets(1000)), until=61))
    # Four whole intervals, between two slots.
    polled = [int(asset[1:]) for at, asset in poller.polls if 20.05 <= at < 60.05]
    assert sum(1 for number in polled if number < 500) == sum(1 for number in polled if number >= 500) == 4 * 500


def test_silent_targets_never_delay_those_that_answer_however_many_they_are(poller: type[FakePoller]) -> None:
    async def mostly_silent(target: Target) -> list[Measurement]:
        return await (swallowed(target) if int(target.asset[1:]) < 300 else good(target))

    bus = FakeBus()
    answering(poller, mostly_silent)()
    settings = SchemeSettings(interval=2, timeout=1.5, concurrency=100)
    moved(for_seconds(collect(bus, assets(400), settings), until=40))
    times: dict[str, list[float]] = {}
    for at, asset in poller.polls:
        if int(asset[1:]) >= 300 and at > 15:
            times.setdefault(asset, []).append(at)
    assert len(times) == 100
    for poll_times in times.values():
        assert [round(b - a, 3) for a, b in zip(poll_times, poll_times[1:], strict=False)] == [2.0] * (
            len(poll_times) - 1
        )
    assert not bus.heartbeats("network.tcp")[-1].ok  # the silent ones cannot all be asked in time, and that is said


def test_concurrency_is_bounded_and_says_when_it_cannot_keep_up(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    answering(poller, swallowed)()
    settings = SchemeSettings(interval=2, timeout=2, attempts=1, concurrency=5)
    moved(for_seconds(collect(bus, assets(40), settings), until=20))
    assert poller.most == 5
    last = bus.heartbeats("network.tcp")[-1]
    assert not last.ok
    assert "concurrency" in last.error
    assert (last.targets, last.failing) == (40, 40)


def test_the_canary_beats_twice_a_second_and_collectors_every_two_seconds(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(3))
    moved(for_seconds(entry, until=10))
    canary = bus.heartbeats("role.collect")
    assert (canary[-1].kind, canary[-1].every, canary[-1].ok, canary[-1].targets) == ("role", 3.0, True, 3)
    assert all(0.4 <= b.at - a.at <= 0.6 for a, b in zip(canary, canary[1:], strict=False))
    beats = bus.heartbeats("network.tcp")
    assert (beats[-1].kind, beats[-1].every, beats[-1].ok) == ("network.tcp", 10.0, True)
    assert len(beats) == 5
    assert entry.stats() | {"targets": 3, "failing": 0, "bus": "", "rounds": len(poller.polls)} == entry.stats()


def test_readings_of_bad_quality_are_counted_by_collector(poller: type[FakePoller]) -> None:
    async def first_bad_then_good(target: Target) -> list[Measurement]:
        quality = Quality.BAD if poller.polls[-1][0] < 20 else Quality.GOOD
        return [Measurement(metric="tcp.value", value=None, quality=quality), Measurement(metric="tcp.ms", value=1.0)]

    bus = FakeBus()
    answering(poller, first_bad_then_good)()
    moved(for_seconds(collect(bus, assets(2)), until=60))
    counted = [heartbeat.stats["bad_readings"] for heartbeat in bus.heartbeats("network.tcp")]
    assert (max(counted), counted[-1]) == (2.0, 0.0)


def test_a_credential_that_fails_is_no_false_down_and_is_not_hammered(poller: type[FakePoller]) -> None:
    async def locked(target: Target) -> list[Measurement]:
        raise AuthFailed("check the credential", "请检查凭据")

    bus = FakeBus()
    answering(poller, locked)()
    moved(for_seconds(collect(bus, assets(1)), until=95))
    assert {observation.value for observation in bus.observations("tcp.up")} == {None}
    assert {observation.quality for observation in bus.observations("tcp.up")} == {Quality.BAD}
    assert bus.observations("tcp.up")[0].text == "认证失败：请检查凭据 | authentication failed: check the credential"
    assert len(poller.polls) == 3  # at once, after 30 s, after 60 s more
    assert len(bus.observations("tcp.up")) >= 9  # said again every round, so that it does not go stale


def test_what_is_wrongly_set_is_said_every_round_and_never_asked(poller: type[FakePoller]) -> None:
    def refuse(target: Target) -> None:
        raise Misconfigured("write it so", "请这样写")

    bus = FakeBus()
    type.__setattr__(poller, "validate", staticmethod(refuse))
    moved(for_seconds(collect(bus, assets(1)), until=30))
    assert not poller.polls
    assert {(observation.value, observation.quality, observation.text) for observation in bus.observations()} == {
        (None, Quality.BAD, "设置有误：请这样写 | wrong settings: write it so")
    }


def test_a_faulty_collector_blinds_nobody_else(poller: type[FakePoller], caplog: pytest.LogCaptureFixture) -> None:
    async def faulty(target: Target) -> list[Measurement]:
        if target.asset == "a0":
            raise KeyError("bug")
        return await good(target)

    bus = FakeBus()
    answering(poller, faulty)()
    moved(for_seconds(collect(bus, assets(2)), until=30))
    verdicts = {
        observation.asset: (observation.value, observation.quality) for observation in bus.observations("tcp.up")
    }
    assert verdicts == {"a0": (None, Quality.BAD), "a1": (True, Quality.GOOD)}
    assert sum("collector itself failed" in record.message for record in caplog.records) == 1


def test_lost_and_back_are_logged_once_each(poller: type[FakePoller], caplog: pytest.LogCaptureFixture) -> None:
    bus = FakeBus()
    with caplog.at_level(logging.INFO, "collectors"):
        moved(
            for_seconds(
                collect(bus, assets(1)), (15, answering(poller, refused)), (45, answering(poller, good)), until=70
            )
        )
    log_lines = [
        (record.message, getattr(record, "asset", "")) for record in caplog.records if "probe" in record.message
    ]
    assert log_lines == [("probe lost", "a0"), ("probe back", "a0")]


def test_two_probes_of_one_scheme_on_one_asset_are_told_apart(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    probes = ("tcp://10.0.0.1:22", "tcp://10.0.0.1:80")
    asset = Asset(id="a", name="A", kind="server", region="532300", probes=probes)
    moved(for_seconds(collect(bus, {"a": asset}), until=3))
    assert {(o.key, o.probe) for o in bus.observations("tcp.up")} == {
        ("tcp.up[10.0.0.1:22]", "tcp://10.0.0.1:22"),
        ("tcp.up[10.0.0.1:80]", "tcp://10.0.0.1:80"),
    }


@pytest.mark.parametrize("trouble", [BusLost("gone"), BusFull("full")])
def test_when_the_bus_is_back_the_latest_of_every_target_is_published_again(
    poller: type[FakePoller], caplog: pytest.LogCaptureFixture, trouble: BusLost | BusFull
) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(50))

    def lose() -> None:
        bus.trouble = trouble

    def mend() -> None:
        bus.trouble = None

    with caplog.at_level(logging.INFO, "collectors"):
        moved(for_seconds(entry, (15, lose), (20, answering(poller, refused)), (60, mend), until=62))
    back = bus.observations("tcp.up", since=60)
    assert {observation.asset for observation in back} == {f"a{n}" for n in range(50)}
    assert {observation.value for observation in back} == {False}
    assert bus.heartbeats("role.collect")[-1].at >= BEGAN + 61
    log_messages = [record.message for record in caplog.records if record.message.startswith("bus")]
    assert len(log_messages) == 2
    assert ("full" in log_messages[0]) is isinstance(trouble, BusFull)


def test_a_bus_that_began_anew_is_filled_at_once(poller: type[FakePoller]) -> None:
    bus = FakeBus()

    def wipe() -> None:
        bus.envelopes.clear()
        bus.epoch = "b"

    moved(for_seconds(collect(bus, assets(300)), (22, wipe), until=23.2))
    assert {observation.asset for observation in bus.observations("tcp.up")} == {f"a{n}" for n in range(300)}


def test_a_reload_touches_only_what_changed(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    before = assets(3)
    after = {key: asset for key, asset in assets(4).items() if key != "a0"}
    entry = collect(bus, before)
    moved(for_seconds(entry, (14.5, lambda: entry.reload(assets=after)), until=40))
    poll_times = {key: [at for at, asset in poller.polls if asset == key] for key in ("a0", "a1", "a3")}
    assert max(poll_times["a0"]) < 14.5
    assert [round(b - a, 3) for a, b in zip(poll_times["a1"][1:], poll_times["a1"][2:], strict=False)][:2] == [
        10.0,
        10.0,
    ]
    assert 14.5 <= poll_times["a3"][0] <= 15.5
    assert {observation.asset for observation in entry.probes.everything()} == {"a1", "a2", "a3"}


def test_a_reload_of_the_interval_applies_to_running_probes(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    entry = collect(bus, assets(1))
    quick = {"tcp": SchemeSettings(interval=2)}
    moved(for_seconds(entry, (25, lambda: entry.reload(schemes=quick)), until=40))
    later = [at for at, _ in poller.polls if at > 27]
    assert {round(b - a, 3) for a, b in zip(later, later[1:], strict=False)} == {2.0}


def test_the_answer_of_a_probe_that_was_taken_out_meanwhile_is_dropped(poller: type[FakePoller]) -> None:
    bus = FakeBus()
    answering(poller, swallowed)()
    entry = collect(bus, assets(1), SchemeSettings(timeout=5, attempts=1))
    moved(for_seconds(entry, (2, lambda: entry.reload(assets={})), until=20))
    assert not bus.observations()
