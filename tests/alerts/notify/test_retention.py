"""What is over and old leaves the outbox; who was told of a failure is told of its end all the same."""

from __future__ import annotations

from alerts.notify import retention
from alerts.notify.retention import OutboxRetention
from alerts.settings import OutboxSettings
from feeds.bus import Bus
from feeds.clock import DeletionGuard, SiteClock
from feeds.journal import Journal
from tests.alerts.rig import Rig

DAY = 86400.0


async def test_an_alert_that_outlives_its_messages_is_told_of_to_its_end(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal)
    pruner = OutboxRetention(journal, lambda: rig.now, OutboxSettings(keep=DAY))
    await rig.start()
    await rig.assets()
    await rig.health("down")
    await rig.step()
    assert await rig.queued() == ["a1:1:desk"]
    rig.now += 2 * DAY
    assert await pruner.prune() == 0, "what waits waits for as long as it takes"
    await rig.sent()
    pruner.settings = OutboxSettings(keep=3 * DAY)
    assert await pruner.prune() == 0
    rig.now += DAY + 1
    assert await pruner.prune() == 1
    assert await journal.outbox_for("a1") == []
    (entry,) = await journal.entries(kind="notices", subject="a1")
    assert [(message["receiver"], message["reason"]) for message in entry.body["messages"]] == [("desk", "first")]
    await rig.start()
    await rig.health("ok")
    await rig.step(1.0)
    (cleared,) = await journal.outbox_for("a1")
    assert cleared.body["reason"] == "cleared"
    assert await journal.verify() == []


async def test_many_go_a_few_at_a_time_the_oldest_first(journal: Journal) -> None:
    async with journal.begin() as tx:
        for number in range(retention.AT_ONCE + 50):
            name = f"k{number}"
            await tx.enqueue(name, receiver="desk", subject="a1", created=float(1000 - number), due=1.0, body={})
        await tx.cancel_outbox("a1", reason="acknowledged")
    pruner = OutboxRetention(journal, lambda: 200 * DAY)
    assert [await pruner.prune() for _ in range(3)] == [retention.AT_ONCE, 50, 0]
    entries = await journal.entries(kind="notices", subject="a1")
    message_keys = [message["key"] for entry in entries for message in entry.body["messages"]]
    assert message_keys == [f"k{number}" for number in reversed(range(retention.AT_ONCE + 50))]


async def test_nothing_is_deleted_by_age_for_a_day_after_the_clock_was_set_forward(journal: Journal) -> None:
    wall, up = 1_800_000_000.0, 5_000.0
    clock = SiteClock(lambda: wall, lambda: up, lambda: "boot")
    pruner = OutboxRetention(journal, clock, OutboxSettings(keep=30 * DAY))
    pruner.guard = DeletionGuard(clock, lambda: up)
    async with journal.begin() as tx:
        await tx.enqueue("k", receiver="desk", subject="a1", created=wall, due=wall, body={})
    await journal.outbox_mark("k", sent_at=wall, attempts=1)
    wall += 365 * DAY
    assert await pruner.prune() == 0
    up, wall = up + DAY - 1, wall + DAY - 1
    assert await pruner.prune() == 0
    up, wall = up + 1, wall + 1
    assert await pruner.prune() == 1
