"""Listeners in the collect role: messages, a port in use, reloads, floods and restarts."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from pysnmp.proto.api import v2c

from alerts.external import command as reports
from collectors.alarms import reporting
from collectors.alarms.reporting import Reporter
from collectors.contract import Measurement
from collectors.listener import AlertSignal, ListenerMessage
from collectors.service import Collect
from collectors.settings import Credential, ListenerRule, SchemeSettings, SourceSettings
from collectors.sources.listening import _unknown
from feeds.bus import BusLost
from feeds.model import Alert, Asset, Heartbeat, Severity
from tests.collectors.network.snmp_agent import serving
from tests.collectors.network.test_snmp import IF, switch
from tests.collectors.network.test_traps import LINK_DOWN, trap
from tests.collectors.virtual import BEGAN, FakeBus, clock, moved
from tests.patience import until
from tests.ports import free_port

CORE = Asset(id="core", name="核心", kind="switch", region="532300", probes=("icmp://127.0.0.1",))
PUBLIC = Credential(name="public", kind="snmpv2c", values={"community": "public"})
LINE = b"<189>12: Nov 22 01:45:41: %LINK-3-UPDOWN: Interface Gi0/1, changed state to "


def syslog(port: int, *rules: ListenerRule, id: str = "log") -> SourceSettings:
    return SourceSettings(id=id, kind="network.syslog", url=f"udp://127.0.0.1:{port}", region="532300", rule=rules)


@asynccontextmanager
async def collecting(
    bus: FakeBus, *sources: SourceSettings, assets: tuple[Asset, ...] = (CORE,)
) -> AsyncIterator[Collect]:
    entry = Collect(bus, "532300", {}, sources, {asset.id: asset for asset in assets}, {"public": PUBLIC})
    task = asyncio.create_task(entry.run())
    try:
        yield entry
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def send(port: int, *lines: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for line in lines:
            sender.sendto(line, ("127.0.0.1", port))


def heartbeat_where(bus: FakeBus, source: str, matches: Callable[[Heartbeat], bool]) -> Callable[[], Heartbeat | None]:
    return lambda: next((beat for beat in reversed(bus.heartbeats(source)) if matches(beat)), None)


async def test_a_line_gives_a_reading_and_an_alert_and_the_source_has_a_heartbeat() -> None:
    bus, port = FakeBus(), free_port()
    async with collecting(bus, syslog(port)):
        await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
        send(port, LINE + b"down")
        await until(bus.reports)
        await until(lambda: bus.observations("syslog.link"))
        send(port, LINE + b"up")
        await until(lambda: len(bus.reports()) == 2)
        await until(heartbeat_where(bus, "log", lambda beat: beat.stats["received"] == 2))
    raised, cleared = bus.reports()
    assert (raised["rule"], raised["asset"], raised["active"], raised["identity_labels"]) == (
        "syslog:link",
        "core",
        True,
        {"part": "Gi0/1"},
    )
    assert (raised["severity"], raised["title"]["zh-CN"], raised["labels"]["source"]) == ("minor", "接口断开", "log")
    assert cleared["active"] is False
    assert cleared["identity_labels"] == raised["identity_labels"]
    [(_, engine, first), _] = bus.commands
    assert (engine, first.action, first.role) == ("alert", "report", "ingest")
    [report] = reports.read(first)
    assert (report.asset, report.identity_labels, report.active) == ("core", {"part": "Gi0/1"}, True)
    observation = bus.observations("syslog.link")[0]
    assert (observation.asset, observation.key, observation.value, observation.source) == (
        "core",
        "syslog.link[Gi0/1]",
        "down",
        "log",
    )


async def test_a_poll_ends_the_alert_of_a_link_whose_link_up_trap_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real agent, a real trap, and no linkUp."""
    monkeypatch.setattr(reporting, "POLL_DELAY", 0.0)
    bus, trap_port = FakeBus(), free_port()
    source = SourceSettings(
        id="traps", kind="network.traps", url=f"udp://127.0.0.1:{trap_port}", cred="public", region="532300"
    )
    async with serving(switch()) as agent:
        agent.set(f"{IF}.8.2", v2c.Integer32(2))
        probe = f"snmp://127.0.0.1:{agent.port}?cred=public&profile=switch"
        device = Asset(id="core", name="核心", kind="switch", region="532300", probes=(probe,))
        entry = Collect(
            bus, "532300", {"snmp": SchemeSettings(interval=1.0)}, [source], {"core": device}, {"public": PUBLIC}
        )
        task = asyncio.create_task(entry.run())
        try:
            await until(heartbeat_where(bus, "traps", lambda beat: beat.ok))
            send(trap_port, trap(LINK_DOWN, (f"{IF}.1.2", v2c.Integer32(2))))
            await until(bus.reports)
            await until(
                lambda: any(
                    reading.value == "down" and reading.instance.endswith("/2")
                    for reading in bus.observations("if.oper")
                )
            )
            assert len(bus.reports()) == 1
            agent.set(f"{IF}.8.2", v2c.Integer32(1))
            await until(lambda: len(bus.reports()) == 2)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
    raised, cleared = bus.reports()
    assert (raised["rule"], raised["identity_labels"], raised["active"]) == ("trap:link", {"part": "2"}, True)
    assert (cleared["identity_labels"], cleared["active"]) == ({"part": "2"}, False)
    assert cleared["evidence"] == "if.oper[GigabitEthernet0/0/2]=up (polled)"


async def test_a_port_in_use_is_reported_and_opened_as_soon_as_it_is_free() -> None:
    bus = FakeBus()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = int(holder.getsockname()[1])
        async with collecting(bus, syslog(port)):
            beat = await until(heartbeat_where(bus, "log", lambda beat: not beat.ok))
            assert f"127.0.0.1:{port} 已被其他程序占用" in beat.error
            assert "taken by another program" in beat.error
            holder.close()
            await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
            send(port, LINE + b"down")
            await until(bus.reports)


async def test_a_reload_keeps_the_socket_and_applies_new_settings() -> None:
    bus, port = FakeBus(), free_port()
    door = ListenerRule(id="door", raises=("door open",))
    async with collecting(bus, syslog(port), assets=()) as entry:
        await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
        listener = entry.listeners._runners["log"][0]._listener
        await entry.reload(assets={"core": CORE}, sources=(syslog(port, door),))
        send(port, b"<14>1 - - app - - - door open")
        [report] = await until(bus.reports)
        assert entry.listeners._runners["log"][0]._listener is listener
        assert (report["rule"], report["asset"]) == ("syslog:door", "core")
        second_port = free_port()
        await entry.reload(sources=(syslog(second_port, door),))
        await until(lambda: entry.listeners._runners["log"][0]._listener not in (None, listener))
        send(second_port, b"<14>1 - - app - - - door open", LINE + b"down")
        await until(lambda: len(bus.reports()) == 2)


async def test_removing_a_rule_or_a_source_ends_its_alerts() -> None:
    bus, port = FakeBus(), free_port()
    door = ListenerRule(id="door", raises=("door open",), clears=("door closed",))
    async with collecting(bus, syslog(port, door)) as entry:
        await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
        send(port, b"<14>1 - - app - - - door open", LINE + b"down")
        await until(lambda: len(bus.reports()) == 2)
        await entry.reload(sources=(syslog(port),))
        await until(lambda: len(bus.reports()) == 3)
        await entry.reload(sources=())
        await until(lambda: len(bus.reports()) == 4)
    ended = [(report["rule"], report["active"]) for report in bus.reports()[2:]]
    assert ended == [("syslog:door", False), ("syslog:link", False)]


async def test_unknown_senders_are_a_remark_in_the_heartbeat_and_their_alerts_are_raised() -> None:
    bus, port = FakeBus(), free_port()
    async with collecting(bus, syslog(port), assets=()):
        await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
        send(port, LINE + b"down")
        beat = await until(heartbeat_where(bus, "log", lambda beat: bool(beat.error)))
        [report] = await until(bus.reports)
    assert beat.ok
    assert "127.0.0.1 (1)" in beat.error
    assert (report["asset"], report["region"]) == ("127.0.0.1", "532300")
    assert not bus.observations("syslog.link")


def test_only_the_most_frequent_unknown_senders_are_named() -> None:
    text = _unknown({f"10.0.0.{n}": n for n in range(1, 9)})
    assert "10.0.0.8 (8), 10.0.0.7 (7), 10.0.0.6 (6)" in text
    assert "and 5 more" in text


async def test_refused_messages_become_dead_letters_with_some_reasons_and_no_secret() -> None:
    bus, port = FakeBus(), free_port()
    traps = SourceSettings(id="traps", kind="network.traps", url=f"udp://127.0.0.1:{port}", cred="public")
    async with collecting(bus, traps):
        await until(heartbeat_where(bus, "traps", lambda beat: beat.ok))
        send(port, *[b"rubbish"] * 100, bytes.fromhex("302902010104067365637265742a1c") + b"x" * 28)
        await until(lambda: sum(count for _, count, _ in bus.dead) == 101)
        await until(heartbeat_where(bus, "traps", lambda beat: beat.stats["refused"] == 101))
    assert {source for source, _, _ in bus.dead} == {"traps"}
    reasons = [reason for _, _, sent in bus.dead for reason in sent]
    assert 0 < len(reasons) <= 10 * len(bus.dead)
    assert "7 octets" in reasons[0]
    assert "secret" not in "".join(reasons)


async def test_a_flood_is_reported_and_costs_few_reports_and_readings() -> None:
    bus, port = FakeBus(), free_port()
    async with collecting(bus, syslog(port)) as entry:
        await until(heartbeat_where(bus, "log", lambda beat: beat.ok))
        listener: Any = entry.listeners._runners["log"][0]._listener
        listener.messages._allowed, listener.messages._burst = 1.0, 100.0
        for _ in range(5_000):
            listener.take(LINE + b"down", "127.0.0.1")
        await until(heartbeat_where(bus, "log", lambda beat: not beat.ok and "太快" in beat.error))
    assert len(bus.reports()) == 1
    assert len(bus.observations("syslog.link")) <= 3


# -- the reporter, in virtual time ------------------------------------------------------------------

SOURCE = syslog(1514)


def signal(active: bool = True, key: str = "Gi0/1", lasts: float = 0.0) -> AlertSignal:
    return AlertSignal(
        rule="syslog:link", active=active, severity=Severity.MINOR, title={}, key=key, text="x", lasts=lasts
    )


def message(*signals: AlertSignal) -> ListenerMessage:
    return ListenerMessage(asset="core", sender="core", signals=signals)


def story(bus: FakeBus, *steps: tuple[float, Callable[[Reporter], object]], until: float) -> None:
    async def play() -> None:
        reporter, loop = Reporter(bus, clock), asyncio.get_running_loop()
        task = asyncio.create_task(reporter.run())
        for at, act in steps:
            await asyncio.sleep(at - loop.time())
            act(reporter)
        await asyncio.sleep(until - loop.time())
        task.cancel()

    moved(play())


def reported(bus: FakeBus) -> list[tuple[int, str, bool]]:
    return [
        (round(at), row["identity_labels"].get("part", ""), row["active"])
        for at, _, command in bus.commands
        for row in command.args["alerts"]
    ]


def test_an_open_alert_is_only_counted_again_and_an_event_ends_when_it_is_not_repeated() -> None:
    bus = FakeBus()
    event = message(signal(lasts=600))
    story(bus, (1, lambda r: r.put(SOURCE, event)), (300, lambda r: r.put(SOURCE, event)), until=2000)
    assert [(active, at) for at, _, active in reported(bus)] == [
        (True, 1),
        (True, pytest.approx(310, abs=1.5)),
        (False, pytest.approx(901, abs=1.5)),
    ]
    assert [row["repeats"] for row in bus.reports()] == [0, 1, 0]


def test_500_messages_of_one_alert_are_counted_in_few_reports() -> None:
    bus = FakeBus()

    def storm(reporter: Reporter) -> None:
        for _ in range(100):
            reporter.put(SOURCE, message(signal()))

    story(bus, *((1 + second, storm) for second in range(5)), until=30)
    assert [row["active"] for row in bus.reports()] == [True, True]
    assert 1 + sum(row["repeats"] for row in bus.reports()) == 500


def test_messages_before_the_end_are_counted_with_the_end() -> None:
    bus = FakeBus()
    over = message(signal(active=False))
    again = lambda r: r.put(SOURCE, message(signal()))  # noqa: E731
    story(bus, (1, again), (3, again), (4, again), (5, lambda r: r.put(SOURCE, over)), until=30)
    assert [(row["active"], row["repeats"]) for row in bus.reports()] == [(True, 0), (False, 2)]


def test_an_event_that_ends_by_itself_waits_no_longer_than_its_term_when_the_clock_is_set_back() -> None:
    bus = FakeBus()
    set_back = lambda r: setattr(r, "_clock", lambda: clock() - 86_400.0)  # noqa: E731
    story(bus, (1, lambda r: r.put(SOURCE, message(signal(lasts=600)))), (100, set_back), until=2000)
    (raised, ended) = reported(bus)
    assert (raised[2], ended[2]) == (True, False)
    assert 600 <= ended[0] <= 720


def test_a_flapping_link_costs_one_report_each_flush_with_its_last_state() -> None:
    bus = FakeBus()

    def flap(reporter: Reporter) -> None:
        for n in range(5001):
            reporter.put(SOURCE, message(signal(active=n % 2 == 0)))

    story(bus, (1, flap), until=5)
    assert reported(bus) == [(1, "Gi0/1", True)]


def test_an_alert_of_an_unknown_sender_ends_also_after_the_sender_has_become_known() -> None:
    bus = FakeBus()
    unknown = ListenerMessage(asset="", sender="10.0.0.9", signals=(signal(),))
    from_asset = ListenerMessage(asset="core", sender="10.0.0.9", signals=(signal(active=False),))
    story(bus, (1, lambda r: r.put(SOURCE, unknown)), (5, lambda r: r.put(SOURCE, from_asset)), until=8)
    assert [(row["asset"], row["active"]) for row in bus.reports()] == [
        ("10.0.0.9", True),
        ("core", False),
        ("10.0.0.9", False),
    ]


def test_reports_wait_for_the_bus_and_the_newest_state_counts() -> None:
    bus = FakeBus()

    def away(_: Reporter) -> None:
        bus.trouble = BusLost("away")

    def back(_: Reporter) -> None:
        bus.trouble = None

    story(
        bus,
        (1, away),
        (2, lambda r: r.put(SOURCE, message(signal(), signal(key="Gi0/2")))),
        (3, lambda r: r.put(SOURCE, message(signal(active=False)))),
        (9, back),
        until=12,
    )
    assert [(key, active) for _, key, active in reported(bus)] == [("Gi0/1", False), ("Gi0/2", True)]


def test_a_new_bus_gets_recent_reports_again_but_not_old_ones() -> None:
    bus = FakeBus()
    story(
        bus,
        (1, lambda r: r.put(SOURCE, message(signal(key="old")))),
        (100, lambda r: r.put(SOURCE, message(signal()))),
        (110, lambda r: r.begin_anew()),
        until=120,
    )
    assert [(key, active) for _, key, active in reported(bus)] == [("old", True), ("Gi0/1", True), ("Gi0/1", True)]


DOWN = replace(signal(key="Gi0/0/7"), rule="trap:link", index="7", over="if.oper=up")


def port(index: str, value: str, name: str = "Gi0/0/7") -> Measurement:
    return Measurement(metric="if.oper", value=value, instance=name, index=index)


def polled(asked_at: float, *measurements: Measurement, asset: str = "core") -> Callable[[Reporter], object]:
    return lambda r: r.polled(asset, measurements, BEGAN + asked_at)


def test_a_link_alert_ends_when_a_poll_reads_up_for_the_same_interface_index() -> None:
    bus = FakeBus()
    story(
        bus,
        (1, lambda r: r.put(SOURCE, message(DOWN))),
        (4, polled(3, port("7", "up"))),  # asked before the agent can have noticed
        (20, polled(20, port("7", "down"))),
        (30, polled(30, port("8", "up"))),
        (40, polled(40)),
        (50, polled(50, port("7", "up"), asset="other")),
        (60, polled(60, port("8", "down"), port("7", "up"))),
        (70, polled(70, port("7", "up"))),
        until=80,
    )
    assert reported(bus) == [(1, "Gi0/0/7", True), (60, "Gi0/0/7", False)]
    assert [row["evidence"] for row in bus.reports()] == ["", "if.oper[Gi0/0/7]=up (polled)"]


def test_a_poll_that_began_before_the_last_message_does_not_end_the_alert() -> None:
    bus = FakeBus()
    story(
        bus,
        (1, lambda r: r.put(SOURCE, message(DOWN))),
        (100, lambda r: r.put(SOURCE, message(DOWN))),
        (101, polled(99, port("7", "up"))),
        (103, polled(103, port("7", "up"))),
        (110, polled(110, port("7", "up"))),
        (120, lambda r: r.put(SOURCE, message(DOWN))),
        (130, lambda r: r.put(SOURCE, message(replace(DOWN, active=False)))),
        (140, polled(140, port("7", "up"))),
        until=150,
    )
    assert [(at, active) for at, _, active in reported(bus)] == [(1, True), (110, False), (120, True), (130, False)]


def test_after_a_restart_a_poll_ends_an_alert_raised_before() -> None:
    bus = FakeBus()
    labels = {"source": "log", "part": "Gi0/0/7", "index": "7", "over": "if.oper=up"}
    bus.alerts = {"a": structs.replace(alert("Gi0/0/7"), rule="trap:link", labels=labels)}
    story(bus, (5, polled(5, port("7", "up"))), until=10)
    assert reported(bus) == [(5, "Gi0/0/7", False)]


def alert(key: str, source: str = "log", lasts: str = "600") -> Alert:
    return Alert(
        id=f"a-{key}",
        fingerprint=key,
        rule="syslog:link",
        asset="core",
        region="532300",
        severity=Severity.MINOR,
        active=True,
        raised_at=BEGAN - 50,
        labels={"source": source, "part": key, "lasts": lasts},
    )


def test_after_a_restart_an_event_still_expires_and_a_state_waits_for_its_end() -> None:
    bus = FakeBus()
    bus.alerts = {each.id: each for each in (alert("event"), alert("state", lasts=""), alert("gone", source="other"))}
    bus.alerts["foreign"] = structs.replace(alert("x"), rule="zabbix:link")
    story(bus, (0, lambda r: r.set_sources(["log"])), until=1000)
    assert [(key, active) for _, key, active in reported(bus)] == [("gone", False), ("event", False)]
    assert reported(bus)[1][0] == pytest.approx(600, abs=2)


def test_the_number_of_open_alerts_is_bounded_and_drops_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "MAX_ALERTS", 3)
    bus, reporters = FakeBus(), []

    def storm(reporter: Reporter) -> None:
        reporters.append(reporter)
        reporter.put(SOURCE, message(*(signal(key=f"p{n}") for n in range(10))))

    story(bus, (1, storm), until=3)
    assert len(reported(bus)) == 3
    assert reporters[0].dropped == 7
