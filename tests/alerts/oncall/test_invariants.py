"""Whatever comes in whatever order: firing heard means the end heard, one key once, and a restart changes nothing.

The real engine over a real journal, with a sender whose receivers fail, hang between sending and marking, are taken
away and come back; escalation, acknowledgements, silences, promises, restarts of either.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.notify.sender import Sender
from alerts.receivers.base import RetryLater
from feeds.bus import Bus
from feeds.documents.receivers import ReceiverSettings
from feeds.journal import Journal, sqlite_url
from feeds.model import Severity
from tests import patience
from tests.alerts import builders
from tests.alerts.builders import asset, command
from tests.alerts.rig import Rig
from tests.alerts.rosters import POLICY, SMS, roster

DESK = ReceiverSettings(id="desk", url="json://127.0.0.1:1/")
RATED = ReceiverSettings(id="rated", url="json://127.0.0.1:1/", rate="2/min", reserve=1)
HOOK = {"id": "hook", "url": "json://127.0.0.1:1/"}
STORIES = int(os.environ.get("WATCHFLOOR_STORIES", patience.examples(10)))
"""More, and others each time, for a long run."""
IDS = ("r1", "r2", "r3")


class Killed(Exception):
    """The process is gone between handing a message over and writing that down."""


class World:
    """What receivers heard: (receiver, person, alert) -> reasons in the order heard; each key with its count."""

    def __init__(self) -> None:
        self.heard: dict[tuple[str, str, str], list[str]] = {}
        self.keys: Counter[str] = Counter()
        self.away: set[str] = set()
        self.kill_next = False

    def take(self, receiver: str, key: str, body: Mapping[str, Any]) -> None:
        if receiver in self.away:
            raise RetryLater("away")
        self.keys[key] += 1
        for item in body.get("items", [body]):
            person = (item.get("to") or {}).get("person", "")
            self.heard.setdefault((receiver, person, item["alert"]["id"]), []).append(item["reason"])
        if self.kill_next:
            self.kill_next = False
            raise Killed


class Heard:
    """A receiver that is part of the test."""

    at_once = 1

    def __init__(self, id: str, world: World) -> None:
        self.id, self._world = id, world

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        self._world.take(self.id, key, body)

    def close(self) -> None:
        pass


class Office:
    """The engine, its stores and a sender, on one loop; killed and started as the story wants."""

    def __init__(self, bus_url: str, site: str, folder: Path) -> None:
        self.loop = asyncio.new_event_loop()
        self.world, self.bus_url, self.site, self.folder = World(), bus_url, site, folder
        self.kills = 0
        self.run(self._open())

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> None:
        self.bus = Bus(self.bus_url, self.site)
        await self.bus.open()
        self.journal = Journal(sqlite_url(self.folder), "alert")
        await self.journal.open()
        rules = (builders.rule(), builders.rule(id="poor", when='health == "degraded"', severity=Severity.MINOR))
        self.rig = Rig(self.bus, self.journal, receivers=(DESK, RATED, SMS), escalations=(POLICY,), rules=rules)
        await self.rig.assets(*(asset(id) for id in IDS))
        await self.rig.start()
        await self.rig.order("roster_put", 0, doc=roster())
        self.sender = self._sender()

    def _sender(self) -> Sender:
        receivers = self.rig.engine.people.receivers
        return Sender(
            self.journal,
            {receiver.id: Heard(receiver.id, self.world) for receiver in receivers},
            receivers,
            clock=lambda: self.rig.now,
            jitter=lambda: 0.0,
        )

    async def deliver(self) -> None:
        """One round of sending; a sender that was killed is started anew."""
        self.sender.replace(
            {receiver.id: Heard(receiver.id, self.world) for receiver in self.rig.engine.people.receivers},
            self.rig.engine.people.receivers,
        )
        try:
            await self.sender.deliver_due(None)  # type: ignore[arg-type]
        except* Killed:
            self.kills += 1
            self.sender = self._sender()

    async def restart(self) -> None:
        await self.rig.start()
        self.sender = self._sender()

    async def step(self, seconds: float) -> None:
        await self.rig.step(seconds)
        await self.deliver()

    async def close(self) -> None:
        await self.bus.close()
        await self.journal.close()


class People(RuleBasedStateMachine):
    """See above. `office_of` is set by the test."""

    office_of: Any = None

    @initialize()
    def begin(self) -> None:
        self.office: Office = type(self).office_of()
        self.number = 0

    @rule(id=st.sampled_from(IDS), health=st.sampled_from(["ok", "down", "down", "degraded"]))
    def see(self, id: str, health: str) -> None:
        self.office.run(self.office.rig.health(health, id))
        self.office.run(self.office.step(0.2))

    @rule(seconds=st.sampled_from([0.5, 70.0, 650.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        self.office.run(self.office.step(seconds))

    @rule(
        verb=st.sampled_from(["ack", "ack", "unack", "shelve", "unshelve"]),
        place=st.integers(0, 5),
        promise=st.sampled_from([None, 100.0, 900.0]),
        until=st.sampled_from([None, 700.0]),
    )
    def act(self, verb: str, place: int, promise: float | None, until: float | None) -> None:
        office = self.office
        alert_ids = sorted(office.rig.engine.core.alerts)
        if not alert_ids:
            return
        self.number += 1
        args: dict[str, Any] = {"comment": "x"}
        if verb == "ack" and promise is not None:
            args["estimated_restoration"] = office.rig.now + promise
        if (verb == "ack" and until is not None) or verb == "shelve":
            args["until"] = office.rig.now + (until or 300.0)
        wish = command(verb, alert_ids[place % len(alert_ids)], office.rig.now, id=f"act{self.number}", args=args)
        office.run(office.rig.send(wish))
        office.run(office.rig.step(0.1))  # what is taken back is taken back before the next round of sending

    @rule(receiver=st.sampled_from(["desk", "rated", "sms", "hook"]), away=st.booleans())
    def fail(self, receiver: str, away: bool) -> None:
        (self.office.world.away.add if away else self.office.world.away.discard)(receiver)

    @rule(there=st.booleans())
    def make(self, there: bool) -> None:
        """A receiver that is made here comes and goes."""
        items = [HOOK] if there else []
        self.office.run(self.office.rig.order("receivers_put", None, doc={"items": items}))

    @rule()
    def kill_while_sending(self) -> None:
        self.office.world.kill_next = True
        self.office.run(self.office.step(1.0))

    @rule()
    def restart(self) -> None:
        self.office.run(self.office.restart())
        self.office.run(self.office.deliver())

    @invariant()
    def nothing_goes_out_twice_but_for_a_kill(self) -> None:
        if hasattr(self, "office"):
            twice = sum(count - 1 for count in self.office.world.keys.values())
            assert twice <= self.office.kills

    @invariant()
    def redis_journal_and_memory_say_the_same(self) -> None:
        if hasattr(self, "office"):
            engine = self.office.rig.engine
            assert self.office.run(self.office.rig.shown()) == engine.core.alerts

    def teardown(self) -> None:
        """Everything recovers, everybody is reachable: whoever heard of firing has heard of the end, and last."""
        if not hasattr(self, "office"):
            return
        office = self.office
        office.world.away.clear()
        office.world.kill_next = False
        removed = not any(receiver.id == "hook" for receiver in office.rig.engine.people.receivers)
        for id in IDS:
            office.run(office.rig.health("ok", id))
        office.run(office.step(1.0))
        for _ in range(12):
            office.run(office.step(301.0))
        assert not [alert for alert in office.rig.engine.core.alerts.values() if alert.active]
        for (receiver, person, alert), reasons in office.world.heard.items():
            if receiver == "hook" and removed:
                continue  # nobody can be told over what is not there; the outbox says so
            assert reasons[-1] == "cleared", (receiver, person, alert, reasons)
            assert "cleared" not in reasons[:1] or len(reasons) == 1, (receiver, person, alert, reasons)
        assert office.run(office.journal.verify()) == []
        office.run(office.close())
        office.loop.close()


def test_told_of_firing_is_told_of_the_end_whatever_happens(valkey_url: str, tmp_path: Path) -> None:
    numbers = iter(range(700_000, 800_000))

    def office() -> Office:
        number = next(numbers)
        folder = tmp_path / str(number)
        folder.mkdir()
        return Office(valkey_url, str(number), folder)

    class Story(People):
        office_of = staticmethod(office)

    Story.TestCase.settings = settings(
        max_examples=STORIES,
        stateful_step_count=25,
        deadline=None,
        derandomize=STORIES <= 10,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    case = Story.TestCase()
    case.runTest()
