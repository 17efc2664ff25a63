"""Rules of an alert's life, each through the engine, bus and journal as they run on a site."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from feeds.bus import Bus
from feeds.history import HistoryStore
from feeds.history.uptime import Tally, UptimeCalculator
from feeds.inventory.membership import AssetAttributes, InventoryMember
from feeds.journal import Journal
from feeds.model import Asset, Severity
from tests.alerts.builders import T0, change, command, reading, rule, state
from tests.alerts.desk import probed
from tests.alerts.rig import Rig
from tests.feeds.history.rig import store_at


async def see(rig: Rig, id: str, health: str, seconds: float = 0.2) -> None:
    """One probe's result, and a step of the engine."""
    rig.now += seconds
    before = rig.engine.core.subjects.states.get(id)
    since = before.since if before is not None and before.health == health else rig.now
    up = reading(health == "ok", at=rig.now, fresh_for=60.0)
    await rig.change(change(replace(state(id, health, tcp_up=up), since=since, seen_at=rig.now), rig.now))
    await rig.step()


async def order(rig: Rig, action: str, subject: str, **args: object) -> None:
    number = len(await rig.answers())
    await rig.send(command(action, subject, rig.now, id=f"c{number}", args={"comment": "计划内", **args}))
    await rig.step(0.1)
    assert (await rig.answers())[-1].outcome == "done", (await rig.answers())[-1]


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets()
    await rig.step()
    return rig


async def test_fire_clear_fire_within_a_second_are_three_entries_and_one_alert(rig: Rig) -> None:
    for health in ("down", "ok", "down"):
        await see(rig, "r1", health)
    assert await rig.names() == [(0.2, "raise"), (0.4, "clear"), (0.6, "reraise")]
    assert len(rig.engine.core.alerts) == 1
    await rig.assert_whole()


async def test_a_clearing_is_on_the_screens_at_once_whatever_waits_to_be_sent(rig: Rig) -> None:
    await see(rig, "r1", "down")
    await see(rig, "r1", "ok")
    (shown,) = (await rig.shown()).values()
    assert (shown.active, shown.cleared_at) == (False, rig.now)
    assert await rig.journal.outbox_due(rig.now), "nobody has sent anything yet"


async def test_an_acknowledgement_keeps_the_alert_in_sight_and_ends_with_the_recovery(rig: Rig) -> None:
    await see(rig, "r1", "down")
    await order(rig, "ack", "a1")
    (shown,) = (await rig.shown()).values()
    assert (shown.active, shown.acked, shown.suppressed_by) == (True, True, ())
    await see(rig, "r1", "ok")
    await see(rig, "r1", "down")
    (shown,) = (await rig.shown()).values()
    assert (shown.id, shown.acked) == ("a2", False)


async def test_an_acknowledgement_ends_with_the_recovery_also_on_the_shelf(rig: Rig) -> None:
    await see(rig, "r1", "down")
    await order(rig, "ack", "a1")
    await order(rig, "shelve", "a1", until=T0 + 3600)
    await see(rig, "r1", "ok")
    await see(rig, "r1", "down")
    (shown,) = (await rig.shown()).values()
    assert (shown.id, shown.active, shown.acked, shown.suppressed_by) == ("a1", True, False, ("shelved",))
    await rig.assert_whole()


async def test_an_acknowledgement_expires_with_its_comment_in_one_step_also_while_nobody_runs(rig: Rig) -> None:
    await see(rig, "r1", "down")
    await order(rig, "ack", "a1", until=rig.now + 60)
    await rig.start()
    rig.now += 600
    await rig.start()
    await rig.step()
    last = (await rig.entries())[-1]
    assert (last.name, last.at, last.body["after"]["ack"]) == ("ack_expired", pytest.approx(T0 + 60.2), None)
    assert last.body["before"]["ack"]["comment"] == "计划内"
    assert [name for _, name in await rig.names()] == ["raise", "ack", "ack_expired"]
    await rig.assert_whole()


async def test_an_acknowledgement_ends_by_worsening_and_not_by_bettering(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal, rules=[rule(severity=Severity.MAJOR)])
    await rig.start()
    await rig.assets()
    await see(rig, "r1", "down")
    await order(rig, "ack", "a1")
    for severity, acked in ((Severity.MINOR, True), (Severity.CRITICAL, False)):
        rig.rules = [rule(severity=severity)]
        await rig.start()
        await rig.step(1.0)
        (shown,) = (await rig.shown()).values()
        assert (shown.severity, shown.acked) == (severity, acked)
    assert [name for _, name in await rig.names()] == ["raise", "ack", "severity_down", "ack_ended_by_worsening"]


UPLINKS = (
    probed("up1", redundancy_group="up"),
    probed("up2", redundancy_group="up"),
    probed("sw", "up1", "up2"),
    Asset(id="hall", name="大厅", kind="site", region="532301", parents=("sw",)),
    probed("camera", "hall", kind="camera"),
    probed("server", "sw", kind="server"),
)
BEHIND = ("sw", "camera", "server")


async def test_dual_uplinks_one_lost_then_both_then_both_back(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal, rules=[rule(hold=1.0, recover_for=1.0)])
    await rig.start()
    await rig.assets(*UPLINKS)
    for member in UPLINKS:
        await see(rig, member.id, "ok")

    async def shown() -> dict[tuple[str, str], Severity]:
        alerts = (await rig.shown()).values()
        return {
            (alert.asset, alert.rule): alert.severity for alert in alerts if alert.active and not alert.suppressed_by
        }

    # One lost: its own alert, and a minor one on what has lost its redundancy.
    for _ in range(2):
        for id in ("up1", "up2", *BEHIND):
            await see(rig, id, "down" if id == "up1" else "ok", 0.4)
    assert await shown() == {("up1", "down"): Severity.CRITICAL, ("sw", "redundancy-lost"): Severity.MINOR}

    # Both lost: one root, and everything behind it hidden behind it.
    for id in ("up1", "up2", *BEHIND):
        await see(rig, id, "down")
    await rig.step(3.0)
    alerts = {(alert.asset, alert.rule): alert for alert in rig.engine.core.alerts.values()}
    root = alerts["up2", "down"]
    assert await shown() == {("up2", "down"): Severity.CRITICAL}
    assert root.affected == {"camera": 1, "router": 1, "server": 1, "site": 1}
    hidden = {alert.asset: alert.suppressed_by for alert in alerts.values() if alert is not root and alert.active}
    assert hidden == dict.fromkeys(("up1", *BEHIND), (f"inhibited:{root.id}",))
    await rig.start()
    assert set(await shown()) == {("up2", "down")}, "a restart shows nothing of it"

    # Both back: nothing is left over, and whoever was told of a failure was told of its end.
    for _ in range(3):
        for id in ("up1", "up2", *BEHIND):
            await see(rig, id, "ok", 0.4)
    await rig.step(120.0)
    left = rig.engine.core.alerts.values()
    assert not [alert.asset for alert in left if alert.active or alert.suppressed_by or alert.hold]
    recipients: dict[str, list[str]] = {}
    for id in {entry.subject for entry in await rig.entries()}:
        for item in await journal.outbox_for(id):
            recipients.setdefault(str(item.body["alert"]["asset"]), []).append(item.body["reason"])
    assert {asset: (reasons[0], reasons[-1]) for asset, reasons in recipients.items()} == {
        "up1": ("first", "cleared"),
        "up2": ("first", "cleared"),
        "sw": ("first", "cleared"),
    }
    assert sum(reasons.count("first") for reasons in recipients.values()) == 3
    await rig.assert_whole()


async def test_a_window_that_the_engine_opened_counts_apart_in_availability(
    rig: Rig, journal: Journal, journal_url: str
) -> None:
    store: HistoryStore = store_at(journal_url)
    await store.open()
    await store.note_watched(T0, T0 + 1000)
    async with journal.begin() as tx:
        for at, health in ((T0, "ok"), (T0 + 150, "down")):
            seq = await tx.append(kind="health", name=health, subject="r1", at=at)
            await tx.put("health", "r1", {"health": health, "since": at, "before": ""}, seq=seq)
    await rig.step(100.0)
    await order(rig, "maintain", "w1", match={"assets": ["r1"]}, until=rig.now + 100)
    began = rig.now - 0.1
    await rig.step(300.0)
    member = InventoryMember(AssetAttributes(name="x", kind="router", region="532301", owner=""), [(T0, None)])
    tally = (await UptimeCalculator(journal, store).tallies({"r1": member}, T0, T0 + 1000, T0 + 1e6))["r1"]
    assert began == T0 + 100
    assert (tally.maintenance, tally.up) == (pytest.approx(100.0), 100.0)
    assert tally == Tally(up=100.0, down=tally.down, maintenance=tally.maintenance)
    await store.close()
