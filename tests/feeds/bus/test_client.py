"""The bus over real servers of every form: envelopes, transactions, dead letters, gaps, a restarted server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.bus import Bus, BusLost, committing
from feeds.model import AssetState, Change, Health, Heartbeat, Kind, Observation
from tests.feeds import redis_servers
from watchfloor.runtime import valkey


@pytest.fixture(scope="module", params=["single", *redis_servers.FORMS])
def valkey_url(
    request: pytest.FixtureRequest, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Every test of this file runs on one server, on a Sentinel set and on a cluster."""
    if request.param == "single":
        yield valkey_url
        return
    with redis_servers.running(request.param, tmp_path_factory.mktemp(request.param)) as servers:
        yield servers.url


def seen(asset: str, value: bool, at: float = 1.0) -> Observation:
    return Observation(
        asset=asset, metric="tcp.up", value=value, observed_at=at, received_at=at, source="network.tcp", fresh_for=30
    )


def state(asset: str, health: Health) -> Change:
    return Change(kind=Kind.STATE, id=asset, after=AssetState(id=asset, region="532301", health=health), at=1.0)


async def test_an_envelope_round_trips(bus: Bus) -> None:
    items = [seen("a", True), seen("b", False)]
    await bus.publish("network", "observation", items, source="network.tcp")
    (entry,) = await bus.read({bus.keys.feed("network"): "0"}, block=0.01)
    assert (entry.kind, entry.source, entry.items) == ("observation", "network.tcp", items)


async def test_a_commit_writes_state_change_and_cursor_together(bus: Bus) -> None:
    last = await bus.commit("project", cursors={"s": "5-0"}, changes=[state("a", Health.DOWN)], private={"x": b"1"})
    saved, snapshot = await bus.saved("project"), await bus.state()
    assert (saved.cursors, saved.private, saved.epoch) == ({"s": "5-0"}, {"x": b"1"}, bus.epoch)
    assert snapshot.last == last
    assert snapshot.records[Kind.STATE]["a"].health is Health.DOWN
    (entry,) = await bus.read({bus.keys.changes: "0"}, block=0.01)
    assert entry.items[0].after == snapshot.records[Kind.STATE]["a"]
    assert entry.items[0].rev == bus.rev(last)


@pytest.mark.parametrize(
    "body",
    [b"", b"\xc1rubbish", b"\x81\xa4kind\xa3foo", "电力中断".encode("gb18030")],
    ids=["empty", "junk", "part", "gbk"],
)
async def test_an_undecodable_entry_is_a_dead_letter_with_its_bytes_and_counted_once(bus: Bus, body: bytes) -> None:
    await bus.publish_raw("network", body, source="strange")
    stream = bus.keys.feed("network")
    for _ in range(2):  # a crash between reading and committing reads the entry again
        await bus.open()
        (entry,) = await bus.read({stream: "0"}, block=0.01)
    await bus.commit("project", cursors={stream: entry.id})
    (letter,) = await bus.dead_letters()
    assert (letter.raw, letter.source, letter.stream, letter.entry) == (body, "strange", stream, entry.id)
    assert letter.reason
    assert await bus.dead_counts() == {"strange": 1}


async def test_a_feed_is_trimmed_behind_its_reader_and_never_ahead(bus: Bus) -> None:
    stream = bus.keys.feed("network")
    for n in range(300):
        await bus.publish("network", "observation", [seen("a", True, n)], source="s")
    entries = await bus.read({stream: "0"}, block=0.01, count=250)
    await bus.trim_read({stream: entries[-1].id})
    remaining = await bus.read({stream: entries[-1].id}, block=0.01, count=1000)
    assert len(remaining) == 50
    assert not await bus.gap(stream, entries[-1].id)
    assert await bus.gap(stream, "0-0")


async def test_changes_stay_while_a_slow_engine_still_needs_them(bus: Bus) -> None:
    first = await bus.commit("project", cursors={}, changes=[state("a", Health.OK)])
    for _ in range(300):
        await bus.commit("project", cursors={}, changes=[state("a", Health.DOWN)])
    await bus.commit("alert", cursors={bus.keys.changes: first})
    await bus.trim_changes(["alert"], at=4e9)
    assert not await bus.gap(bus.keys.changes, first)
    await bus.commit("alert", cursors={bus.keys.changes: await bus.tail(bus.keys.changes)})
    await bus.trim_changes(["alert"], at=4e9)
    assert await bus.gap(bus.keys.changes, first)


async def test_a_restarted_server_is_met_as_a_loss_and_as_another_epoch(tmp_path: Path) -> None:
    server = await valkey.start(tmp_path)
    bus = Bus(valkey.address(tmp_path).url, "532300")
    beat = Heartbeat(source="x", kind="role", at=1.0, ok=True, every=3.0)
    try:
        before = await bus.open()
        await bus.publish("network", "heartbeat", [beat], source="x")
        server.kill()
        await server.wait()
        with pytest.raises(BusLost):
            await bus.publish("network", "heartbeat", [beat], source="x")
        server = await valkey.start(tmp_path)
        with pytest.raises(BusLost, match="restarted"):
            await bus.publish("network", "heartbeat", [beat], source="x")
        assert bus.epoch != before
        await bus.publish("network", "heartbeat", [beat], source="x")
    finally:
        await bus.close()
        server.terminate()
        await server.wait()


async def test_messages_that_a_collector_rejects_are_all_counted_and_some_become_dead_letters(bus: Bus) -> None:
    await bus.open()
    await bus.set_aside("traps", 500, ["10.0.0.9: 7 octets: no SNMP"])
    await bus.set_aside("traps", 3, [])
    assert await bus.dead_counts() == {"traps": 503}
    [letter] = await bus.dead_letters()
    assert (letter.source, letter.reason, letter.raw) == ("traps", "10.0.0.9: 7 octets: no SNMP", b"")


async def test_a_change_stream_whose_ids_are_ahead_of_the_clock_stays_bounded(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "KEPT_AHEAD", 300)
    change = Change(kind=Kind.STATE, id="x1", after=None, at=1.0)
    for _ in range(1000):
        await bus.commit("project", cursors={}, changes=[change])
    last = await bus.tail(bus.keys.changes)
    set_back = int(last.partition("-")[0]) / 1000 - 86_400.0
    await bus.commit("alert", cursors={bus.keys.changes: "1-0"})
    await bus.trim_changes(["alert"], at=set_back)
    assert len(await bus.changes("0-0")) == 1000, "what a reader has not taken stays"
    await bus.commit("alert", cursors={bus.keys.changes: last})
    await bus.trim_changes(["alert"], at=set_back)
    assert 300 <= len(await bus.changes("0-0")) < 500
