"""A receiver to which nothing is delivered while messages wait is an alert, until something arrives: a moved clock."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from alerts.engine.domain import NAME
from alerts.settings import OutboxSettings
from alerts.watches.receivers import RULE, ReceiverWatch
from feeds.bus import Bus
from feeds.journal import Intake, Journal, intake_url
from tests.alerts.builders import T0
from tests.alerts.rig import Rig


class Watched:
    """An engine, its intake and the watch over two receivers, "sms" and "mail"."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake) -> None:
        self.rig = Rig(bus, journal, intake=intake)
        self.watch = ReceiverWatch(
            journal,
            intake,
            NAME,
            lambda: self.rig.engine.core.alerts.values(),
            lambda: ("sms", "mail"),
            "532300",
            lambda: self.rig.now,
        )

    async def queue(self, key: str, receiver: str = "sms") -> None:
        at = self.rig.now
        async with self.rig.journal.begin() as tx:
            await tx.enqueue(key, receiver=receiver, subject=key, created=at, due=at, body={"reason": "first"})

    async def at(self, minutes: float) -> list[str]:
        """The receivers whose alert stands at that minute."""
        self.rig.now = T0 + minutes * 60
        await self.watch.look()
        await self.rig.step(1.0)
        assert await self.watch.look() == 0, "it is said once"
        alerts = self.rig.engine.core.alerts.values()
        return sorted(alert.labels["receiver"] for alert in alerts if alert.rule == RULE and alert.active)


@pytest.fixture
async def watched(bus: Bus, journal: Journal, journal_url: str) -> AsyncIterator[Watched]:
    intake = Intake(intake_url(journal_url), "test")
    watched = Watched(bus, journal, intake)
    await watched.rig.start()
    yield watched
    await intake.close()


async def test_a_receiver_that_takes_nothing_for_ten_minutes_is_an_alert_until_something_arrives(
    watched: Watched,
) -> None:
    await watched.queue("a")
    await watched.queue("b")
    assert await watched.at(9.9) == []
    assert await watched.at(10.1) == ["sms"]
    await watched.rig.journal.outbox_mark("a", sent_at=watched.rig.now, attempts=4)
    assert await watched.at(11) == []
    assert await watched.at(21) == ["sms"], "the other message still waits"
    await watched.rig.journal.outbox_mark("b", sent_at=watched.rig.now, attempts=9)
    assert await watched.at(22) == []


async def test_a_receiver_with_a_long_queue_that_moves_has_not_stalled(watched: Watched) -> None:
    for number in range(4):
        await watched.queue(f"k{number}")
    for number in range(3):
        assert await watched.at(8 * (number + 1)) == []
        await watched.rig.journal.outbox_mark(f"k{number}", sent_at=watched.rig.now, attempts=1)


async def test_an_alert_of_a_receiver_ends_when_it_is_removed_or_the_watch_is_turned_off(watched: Watched) -> None:
    await watched.queue("a")
    assert await watched.at(11) == ["sms"]
    watched.watch.settings = OutboxSettings(stalled_after=0.0)
    assert await watched.at(12) == []
    watched.watch.settings = OutboxSettings(stalled_after=60.0)
    assert await watched.at(13) == ["sms"]
    watched.watch._receivers = lambda: ("mail",)
    assert await watched.at(14) == []
