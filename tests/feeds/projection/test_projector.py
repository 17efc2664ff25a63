"""The projector over a real Valkey and journal: a kill at any point loses and repeats nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from feeds.bus import Bus, BusLost
from feeds.clock import now
from feeds.journal import Journal
from feeds.model import Asset, AssetState, Health, Heartbeat, Kind, Observation
from feeds.projection.projector import Projector
from feeds.snapshots.records import EVIDENCE_METRIC
from tests import patience

TCP = "tcp://127.0.0.1:1"
BASE = now() - 100.0
ASSETS = {key: Asset(id=key, name=key, kind="router", region="532301", probes=(TCP,)) for key in "ab"}


class Killed(Exception):
    """The process ended here."""


def seen(asset: str, value: bool, at: float) -> Observation:
    return Observation(
        asset=asset,
        metric="tcp.up",
        value=value,
        observed_at=at,
        received_at=at,
        source="network.tcp",
        probe=TCP,
        fresh_for=1e6,
    )


async def feed(bus: Bus, values: Sequence[tuple[str, bool]]) -> None:
    for at, (asset, value) in enumerate(values, start=1):
        await bus.publish("network", "observation", [seen(asset, value, BASE + at)], source="network.tcp")


async def project(bus: Bus, journal: Journal, *, steps: int = 1000, chunk: int = 3) -> None:
    """Run a projector until nothing is left to read."""
    projector = Projector(journal, bus.site, ASSETS)
    await bus.open()
    cursors = await projector.open(bus)
    for _ in range(steps):
        entries = await bus.read(cursors, block=0.001, count=chunk)
        await projector.step(entries, now())
        cursors |= {entry.stream: entry.id for entry in entries}
        if not entries:
            return


async def published_healths(bus: Bus) -> list[tuple[str, Health]]:
    """Every published change of health, in order."""
    entries = await bus.read({bus.keys.changes: "0"}, block=0.001, count=10_000)
    states = [change.after for entry in entries for change in entry.items if isinstance(change.after, AssetState)]
    return [(state.id, state.health) for state in states if state.seen_at is not None]


def dying(method: Callable[..., Any], at: int, *, before: bool) -> Callable[..., Any]:
    """The method in a process that is killed at its n-th call, just before or just after the call."""
    calls = 0

    async def call(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and before:
            raise Killed
        result = await method(*args, **kwargs)
        if calls == at:
            raise Killed
        return result

    return call


@settings(max_examples=patience.examples(25), suppress_health_check=patience.CHECKS)
@given(
    values=st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=12),
    kills=st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=3),
    chunk=st.integers(1, 5),
)
async def test_killed_at_any_point_it_loses_and_repeats_nothing(
    valkey_url: str,
    tmp_path_factory: pytest.TempPathFactory,
    new_journal_url: Callable[[], str],
    values: list[tuple[str, bool]],
    kills: list[tuple[int, bool]],
    chunk: int,
) -> None:
    outcomes = []
    for run, deaths in ((0, []), (1, kills)):
        folder = tmp_path_factory.mktemp("p")
        bus = Bus(valkey_url, f"53{folder.name.removeprefix('p')}-{run}")
        journal = Journal(new_journal_url(), "project")
        await journal.open()
        await bus.open()
        await feed(bus, values)
        for at, before in deaths:
            commit = bus.commit
            bus.commit = dying(commit, at, before=before)  # type: ignore[method-assign]
            with contextlib.suppress(Killed):
                await project(bus, journal, chunk=chunk)
            bus.commit = commit  # type: ignore[method-assign]
        await project(bus, journal, chunk=chunk)
        state = await bus.state((Kind.STATE,))
        log = [(e.subject, e.name, e.at) for e in await journal.entries(kind="health", limit=1000)]
        healths = {
            key: (record.health, record.readings, record.since if record.readings else 0.0)
            for key, record in state.records[Kind.STATE].items()
        }
        outcomes.append((healths, await published_healths(bus), log))
        await journal.close()
        await bus.close()
    assert outcomes[0] == outcomes[1]


async def test_with_an_empty_redis_the_first_verdict_keeps_the_journals_since(
    valkey_url: str, journal: Journal, journal_store: str
) -> None:
    first, second = Bus(valkey_url, f"{journal_store}1"), Bus(valkey_url, f"{journal_store}2")
    await feed(first, [("a", False)])
    await project(first, journal)
    await second.publish("network", "observation", [seen("a", False, BASE + 50.0)], source="network.tcp")
    await project(second, journal)
    state = (await second.state((Kind.STATE,))).records[Kind.STATE]["a"]
    assert (state.health, state.since) == (Health.DOWN, BASE + 1.0)
    assert [e.subject for e in await journal.entries(kind="health")] == ["a"]
    await first.close()
    await second.close()


async def test_a_projector_without_a_bus_raises(tmp_path: Any, journal: Journal) -> None:
    bus = Bus(f"unix://{tmp_path}/nobody.sock", "532300")
    with pytest.raises(BusLost):
        await project(bus, journal)
    await bus.close()


@pytest.mark.parametrize(("ago", "health"), [(30.0, Health.OK), (90.0, Health.DOWN)])
async def test_calls_lost_by_redis_are_restored_from_the_journal(
    bus: Bus, journal: Journal, ago: float, health: Health
) -> None:
    caller = Asset(id="job", name="backup", kind="backup", region="532301", probes=("heartbeat:?every=60s",))
    async with journal.begin() as tx:
        for at in (now() - ago - 100, now() - ago):
            await tx.append(kind="ingest", name="heartbeat", subject="job", at=at, body={"every": 60.0})
    projector = Projector(journal, bus.site, {"job": caller, "never": replace(caller, id="never")})
    await projector.open(bus)
    await projector.step([], now())
    assert projector.projection.states["job"].health is health
    assert projector.projection.states["never"].health is Health.UNKNOWN


async def silent_source(bus: Bus, projector: Projector) -> None:
    """A source that reported once and has dead letters, then fell silent."""
    await bus.set_aside("cma", 3, ["unreadable"])
    beat = Heartbeat(source="cma", kind="emergency.cap", at=100.0, ok=True, every=10.0)
    await bus.publish("network", "heartbeat", [beat], source="cma")
    cursors = await projector.open(bus)
    await projector.step(await bus.read(cursors, block=0.01), 101.0)
    await projector.step([], 120.0)
    source = (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE]["cma"]
    assert (source.silent_since, source.dead_letters) == (110.0, 3)


async def test_a_source_taken_out_of_the_settings_leaves_at_the_reload(bus: Bus, journal: Journal) -> None:
    projector = Projector(journal, bus.site, {}, sources={"cma"})
    await silent_source(bus, projector)
    projector.set_assets({}, sources=())
    for at in (121.0, 123.0, 125.0):
        await projector.step([], at)
    assert (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE] == {}
    assert await bus.dead_counts() == {}


async def test_a_source_taken_out_of_the_settings_while_nobody_ran_leaves_at_the_start(
    bus: Bus, journal: Journal
) -> None:
    await silent_source(bus, Projector(journal, bus.site, {}, sources={"cma"}))
    again = Projector(journal, bus.site, {}, sources=())
    await again.open(bus)
    await again.step([], 125.0)
    assert (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE] == {}


async def test_a_projector_that_does_not_know_the_settings_forgets_no_source(bus: Bus, journal: Journal) -> None:
    projector = Projector(journal, bus.site, {})
    await silent_source(bus, projector)
    await projector.step([], 130.0)
    assert set((await bus.state((Kind.SOURCE,))).records[Kind.SOURCE]) == {"cma"}


async def test_a_journal_mark_ahead_of_the_clock_hides_no_change_of_health(bus: Bus, journal: Journal) -> None:
    async with journal.begin() as tx:  # written while the clock ran an hour ahead
        await tx.set_cursor("project", {"mark": f"{int((now() + 3600) * 1000)}-0"})
    await feed(bus, [("a", True), ("a", False)])
    await project(bus, journal)
    log = [(entry.subject, entry.name) for entry in await journal.entries(kind="health", limit=10)]
    assert log == [("a", "ok"), ("a", "down")]


async def test_evidence_of_a_fault_is_journaled_once_also_when_another_projector_goes_on(
    bus: Bus, journal: Journal
) -> None:
    def proof(at: float, digest: str) -> Observation:
        return structs.replace(seen("a", True, BASE + at), metric=EVIDENCE_METRIC, value=digest)

    await bus.open()
    for at, observations in enumerate(([proof(1, "aa/bb")], [seen("a", True, BASE + 2)], [proof(3, "cc/-")]), start=1):
        await bus.publish("network", "observation", [seen("a", True, BASE + at), *observations], source="x")
        await project(bus, journal)
    entries = await journal.entries(kind="evidence")
    assert [(entry.subject, entry.body) for entry in entries] == [
        ("a", {"before": "aa", "after": "bb"}),
        ("a", {"before": "cc", "after": "-"}),
    ]
