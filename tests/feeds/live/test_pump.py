"""The live feed: snapshot plus changes equals a fresh snapshot, for every audience."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from feeds.bus import Bus, StreamEntry
from feeds.kinds import KINDS
from feeds.live.mirror import Mirror, patched
from feeds.live.pump import Audience, Pump
from feeds.live.subscription import QUEUE, Subscription
from feeds.live.window import REPLAY
from feeds.model import (
    Ack,
    Alert,
    Asset,
    AssetState,
    Change,
    EmergencyWarning,
    Health,
    Kind,
    Reading,
    Severity,
    SourceState,
)
from tests.patience import PATIENCE, until

COUNTIES = ("532323", "532324")
AUDIENCES = (Audience(), Audience("532323"), Audience("532324"), Audience("", personal=False))


def asset(key: str, region: str) -> Change:
    member = Asset(id=key, name=f"{key}节点", kind="router", region=region, parents=("a", "b", "C"))
    return Change(kind=Kind.ASSET, id=key, after=member, at=1.0)


def state(key: str, region: str, health: Health = Health.OK, **readings: float) -> Change:
    fields = {
        name: Reading(value=value, observed_at=1.0, received_at=1.0, source="s", fresh_until=9.0)
        for name, value in readings.items()
    }
    return Change(
        kind=Kind.STATE, id=key, after=AssetState(id=key, region=region, health=health, readings=fields), at=1.0
    )


def alert(key: str, region: str, *, active: bool = True, by: str = "") -> Change:
    alert_record = Alert(
        id=key,
        fingerprint=key,
        rule="link-down",
        asset=key,
        region=region,
        severity=Severity.CRITICAL,
        active=active,
        raised_at=1.0,
        ack=Ack(by=by, at=2.0, comment="已联系抢修") if by else None,
    )
    return Change(kind=Kind.ALERT, id=key, after=alert_record, at=1.0)


def warning(key: str, *regions: str) -> Change:
    warning_record = EmergencyWarning(
        id=key,
        source="cma",
        status="Actual",
        msg_type="Alert",
        sender="s",
        identifier=key,
        sent=1.0,
        received_at=1.0,
        regions=regions,
    )
    return Change(kind=Kind.WARNING, id=key, after=warning_record, at=1.0)


def source(key: str) -> Change:
    return Change(kind=Kind.SOURCE, id=key, after=SourceState(id=key, kind="role", region="532300"), at=1.0)


def gone(change: Change) -> Change:
    return replace(change, after=None)


ids, regions = st.sampled_from("abc"), st.sampled_from(COUNTIES)
CHANGES = st.one_of(
    st.builds(asset, ids, regions),
    st.builds(asset, ids, regions).map(gone),
    st.builds(state, ids, regions, st.sampled_from(Health), rtt=st.floats(0, 9), loss=st.floats(0, 9)),
    st.builds(state, ids, regions, st.sampled_from(Health), rtt=st.floats(0, 9)),
    st.builds(alert, ids, regions, active=st.booleans(), by=st.sampled_from(["", "网管乙"])),
    st.builds(warning, ids, regions),
    st.builds(warning, ids, st.just(COUNTIES[0]), st.just(COUNTIES[1])),
    st.builds(source, ids),
)


def client(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {kind.name: dict(snapshot[kind.name]) for kind in KINDS if kind.plain}


def take(view: dict[str, Any], frame: dict[str, Any]) -> None:
    """What every client does with a frame."""
    if frame["type"] == "snapshot":
        view.clear()
        view.update(client(frame))
    for item in frame.get("items", ()):
        if item.get("gone"):
            view[item["kind"]].pop(item["id"], None)
        else:
            view[item["kind"]][item["id"]] = patched(view[item["kind"]].get(item["id"], {}), item["set"])


@given(st.lists(CHANGES, max_size=30), st.integers(0, 29), st.data())
def test_snapshot_plus_changes_equals_a_fresh_snapshot(changes: list[Change], join: int, data: st.DataObject) -> None:
    mirror, views = Mirror(), {}
    for n, change in enumerate(changes):
        if n == min(join, len(changes) - 1):
            mirror.flush()
            views = {audience: client(mirror.snapshot(audience)) for audience in AUDIENCES}
        mirror.apply([change])
        if data.draw(st.booleans()):
            mirror.records("asset", Audience())
        if data.draw(st.booleans()):
            _deliver(mirror, views)
    _deliver(mirror, views)
    for audience, view in views.items():
        assert view == client(mirror.snapshot(audience))


def _deliver(mirror: Mirror, views: dict[Audience, dict[str, Any]]) -> None:
    deltas = mirror.flush()
    for audience, view in views.items():
        items = [item for delta in deltas if (item := delta.item(audience))]
        take(view, {"type": "changes", "items": items})


def test_a_parent_in_another_county_is_not_named() -> None:
    mirror = Mirror()
    mirror.apply([asset("a", "532323"), asset("b", "532324")])
    shown, whole = mirror.record("asset", "a", Audience("532323")), mirror.record("asset", "a", Audience())
    assert shown is not None
    assert whole is not None
    assert (shown["parents"], whole["parents"]) == (["a"], ["a", "b"])


@given(st.lists(CHANGES, max_size=20))
def test_a_county_never_sees_what_is_in_another(changes: list[Change]) -> None:
    mirror, county = Mirror(), Audience("532323")
    seen = ""
    for change in changes:
        mirror.apply([change])
        items = [item for delta in mirror.flush() if (item := delta.item(county)) and "set" in item]
        seen += json.dumps([item for item in items if item["kind"] != "warning"])
    assert "532324" not in seen


def test_the_wall_shows_that_somebody_has_it_but_not_who() -> None:
    mirror = Mirror()
    mirror.apply([alert("a", "532323", by="网管乙")])
    shown = mirror.record("alert", "a", Audience(personal=False))
    assert shown is not None
    assert shown["acked"]
    assert "网管乙" not in json.dumps(shown, ensure_ascii=False)
    assert "已联系抢修" not in json.dumps(shown, ensure_ascii=False)


def test_what_is_hidden_is_counted() -> None:
    mirror = Mirror()
    mirror.apply([asset("a", "532323"), asset("b", "532324"), alert("x", "532324")])
    hidden = mirror.hidden(Audience("532323"))
    assert {kind: count for kind, count in hidden.items() if count} == {"asset": 1, "alert": 1}
    assert set(hidden) == set(KINDS.names)


@pytest.fixture
async def pump(bus: Bus) -> AsyncIterator[Pump]:
    pump = Pump(bus)
    task = asyncio.create_task(pump.run())
    yield pump
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def shown(pump: Pump, key: str = "a") -> None:
    """Wait until the pump has taken in what was committed."""
    await until(lambda: pump.mirror.record("asset", key, Audience()))


def records_of(frame: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of a frame that are no boards."""
    return [item for item in frame["items"] if item["kind"] != "board"]


async def frames(subscription: Subscription, *types: str) -> list[dict[str, Any]]:
    """The next frames of the wanted types, in order of arrival, one for each."""
    received: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        async for raw in subscription:
            frame = json.loads(raw)
            if frame["type"] in types:
                received.append(frame)
            if len(received) == len(types):
                return received
    raise AssertionError("the subscription ended")


async def test_who_comes_between_a_change_and_its_end_hears_of_the_end(bus: Bus) -> None:
    """A patch says what differs from what was told last: a snapshot in between would hear nothing of the way back."""
    quiet = Pump(bus)  # not running: the test is its window
    quiet.restart("e.1-0", KINDS.empty_state())

    def happen(*changes: Change) -> None:
        at = f"{int(quiet.mirror.rev[2:-2]) + 1}-0"
        numbered_changes = [replace(record_change, rev=f"e.{at}") for record_change in changes]
        quiet._fold(StreamEntry(bus.keys.changes, at, "change", "", numbered_changes))

    happen(asset("a", "532323"), state("a", "532323"))
    happen(state("a", "532323", Health.DOWN))
    first = quiet.subscribe(Audience())
    (snapshot,) = await frames(first, "snapshot")
    assert snapshot["asset"]["a"]["health"] == "down"
    happen(state("a", "532323"))
    late = quiet.subscribe(Audience())
    (changed,) = await frames(first, "changes")
    assert records_of(changed) == [{"kind": "asset", "id": "a", "set": {"health": "ok"}}]
    happen(state("a", "532323", Health.DOWN))
    await frames(late, "snapshot")
    happen(state("a", "532323"))
    quiet.flush()
    (changed,) = await frames(late, "changes")
    assert records_of(changed) == [{"kind": "asset", "id": "a", "set": {"health": "ok"}}]


async def test_while_nobody_looks_changes_are_kept_no_longer_than_for_one_who_comes_back(bus: Bus) -> None:
    quiet, epoch = Pump(bus), await bus.open()  # not running: the test is its clock
    await quiet._fill()
    quiet.mirror.apply([replace(alert("a", "532323"), rev=f"{epoch}.2000-0")])
    quiet.flush()
    quiet.mirror.apply([replace(gone(alert("a", "532323")), rev=f"{epoch}.9000-0")])
    quiet._forget()
    assert await frames(quiet.subscribe(Audience(), since=f"{epoch}.2000-0"), "changes")
    quiet._subscriptions.clear()
    quiet.mirror.apply([replace(state("b", "532323"), rev=f"{epoch}.{9000 + REPLAY * 1000 + 1:.0f}-0")])
    quiet._forget()
    assert not quiet.mirror.flush()
    resync, _ = await frames(quiet.subscribe(Audience(), since=f"{epoch}.2000-0"), "resync", "snapshot")
    assert resync["reason"] == "unknown or too old"


async def test_while_nobody_looks_no_more_changes_are_kept_than_a_snapshot_has(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.live.pump.WAITING", 2)
    quiet, epoch = Pump(bus), await bus.open()  # not running: the test is its clock
    await quiet._fill()
    quiet.mirror.apply([replace(state("a", "532323"), rev=f"{epoch}.2000-0")])
    quiet.flush()
    for number, id in enumerate("abc"):
        assert quiet.mirror.waiting == number
        quiet.mirror.apply([replace(state(id, "532323", Health.DOWN), rev=f"{epoch}.{2001 + number}-0")])
        quiet._forget()
    assert not quiet.mirror.waiting, "more than two"
    resync, _ = await frames(quiet.subscribe(Audience(), since=f"{epoch}.2000-0"), "resync", "snapshot")
    assert resync["reason"] == "unknown or too old"


async def test_who_was_told_in_between_by_another_web_process_starts_from_a_snapshot(bus: Bus) -> None:
    """A patch goes on from what was told last here: it says nothing of what went and came back in between."""
    quiet, epoch = Pump(bus), await bus.open()  # not running: the test is its window
    await quiet._fill()
    for at, record in ((1, asset("a", "532323")), (2, state("a", "532323"))):
        quiet.mirror.apply([replace(record, rev=f"{epoch}.{at}-0")])
    quiet.flush()
    for at, health in ((3, Health.DOWN), (4, Health.OK), (5, Health.DEGRADED), (6, Health.OK)):
        quiet.mirror.apply([replace(state("a", "532323", health), rev=f"{epoch}.{at}-0")])
    assert json.loads(quiet._heartbeat())["rev"] == f"{epoch}.2-0", "what was told, not what has come"
    _, snapshot = await frames(quiet.subscribe(Audience(), since=f"{epoch}.3-0"), "resync", "snapshot")
    assert snapshot["asset"]["a"]["health"] == "ok"
    for sent_until in (2, 6):  # where a window began, and where it ended
        assert not quiet.subscribe(Audience(), since=f"{epoch}.{sent_until}-0").behind


@pytest.fixture
async def two_assets(bus: Bus) -> None:
    """There before the pump fills its mirror: asked for first."""
    await bus.commit("project", cursors={}, changes=[asset("a", "532323"), state("a", "532323")])


async def test_a_client_gets_a_snapshot_then_changes_then_heartbeats(bus: Bus, two_assets: None, pump: Pump) -> None:
    subscription = pump.subscribe(Audience())
    (snapshot,) = await frames(subscription, "snapshot")
    await bus.commit("project", cursors={}, changes=[state("a", "532323", Health.DOWN)])
    (changed,) = await frames(subscription, "changes")
    assert records_of(changed) == [{"kind": "asset", "id": "a", "set": {"health": "down"}}]
    (beat,) = await frames(subscription, "heartbeat")
    assert beat["rev"] == changed["rev"]
    assert set(beat["ages"]) == {"collect", "project", "alert", "command", "approvals"}
    view = client(snapshot)
    take(view, changed)
    assert view == client(pump.mirror.snapshot(Audience()))


async def test_a_client_that_comes_back_gets_only_what_it_missed(bus: Bus, pump: Pump) -> None:
    await bus.commit("project", cursors={}, changes=[asset("a", "532323")])
    await shown(pump)
    (snapshot,) = await frames(pump.subscribe(Audience()), "snapshot")
    await bus.commit("project", cursors={}, changes=[state("a", "532323", Health.DOWN)])
    await frames(pump.subscribe(Audience()), "snapshot")
    again = pump.subscribe(Audience(), since=snapshot["rev"])
    (first,) = await frames(again, "changes")
    assert first["items"][0]["set"]["health"] == "down"


async def test_what_was_missed_is_kept_for_a_while_only(bus: Bus, pump: Pump, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.live.window.REPLAY", 0.2)
    await bus.commit("project", cursors={}, changes=[asset("a", "532323")])
    await shown(pump)
    (snapshot,) = await frames(pump.subscribe(Audience()), "snapshot")
    watching = pump.subscribe(Audience())
    await frames(watching, "snapshot")
    for health in (Health.DOWN, Health.OK, Health.DOWN, Health.OK):
        await bus.commit("project", cursors={}, changes=[state("a", "532323", health)])
        await frames(watching, "changes")
    resync, _ = await frames(pump.subscribe(Audience(), since=snapshot["rev"]), "resync", "snapshot")
    assert resync["reason"] == "unknown or too old"


@pytest.mark.parametrize("since", ["0123456789ab.5-0", "rubbish", "x.y-z"])
async def test_an_unknown_rev_is_answered_with_resync_and_a_snapshot(bus: Bus, pump: Pump, since: str) -> None:
    await bus.commit("project", cursors={}, changes=[asset("a", "532323")])
    await shown(pump)
    resync, snapshot = await frames(pump.subscribe(Audience(), since=since), "resync", "snapshot")
    assert resync["reason"]
    assert snapshot["asset"]


async def test_a_client_that_falls_behind_starts_again_from_a_snapshot(bus: Bus, pump: Pump) -> None:
    await bus.commit("project", cursors={}, changes=[asset("a", "532323")])
    await shown(pump)
    subscription = pump.subscribe(Audience())
    await frames(subscription, "snapshot")
    for _ in range(QUEUE + 1):
        subscription.offer(b'{"type":"changes","items":[]}')
    resync, snapshot = await frames(subscription, "resync", "snapshot")
    assert (resync["reason"], set(snapshot["asset"])) == ("slow", {"a"})


async def test_a_lost_bus_stops_the_heartbeat(bus: Bus, pump: Pump) -> None:
    subscription = pump.subscribe(Audience())
    await frames(subscription, "snapshot", "heartbeat")

    async def lost(*_args: object, **_kwargs: object) -> None:
        from feeds.bus import BusLost

        raise BusLost("gone")

    bus.read = bus.open = lost  # type: ignore[method-assign, assignment]
    came = 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(2.5):
            while True:
                await frames(subscription, "heartbeat")
                came += 1
    assert came <= 1  # the read that was under way when the bus was lost may end with a beat


async def test_what_was_missed_stays_bounded_while_ids_stand_still_after_the_servers_clock_was_set_back(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feeds.live.window.REPLAYED", 5)
    quiet, epoch = Pump(bus), await bus.open()  # not running: the test is its window
    await quiet._fill()
    for number in range(1, 21):
        health = Health.DOWN if number % 2 else Health.OK
        quiet.mirror.apply([replace(state("a", "532323", health), rev=f"{epoch}.5000-{number}")])
        quiet.flush()
    assert len(quiet.windows) == 5
    assert quiet.subscribe(Audience(), since=f"{epoch}.5000-2").behind == "unknown or too old"
    assert not quiet.subscribe(Audience(), since=f"{epoch}.5000-18").behind
