"""Whatever comes and wherever it is killed: the journal, the memory and the screens agree, and nothing is twice."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.rule import compile_rules
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Severity
from tests import patience
from tests.alerts.builders import asset, command, reading, rule
from tests.alerts.rig import DESK, Killed, Rig

_sites = itertools.count(700000)

RULES = [
    rule(),
    rule(id="held", when='health in ["down", "degraded"]', hold=4.0, recover_for=3.0, severity=Severity.MAJOR),
    rule(id="slow", when='m["http.ms"] > 300', recover_for=2.0, severity=Severity.MINOR),
    rule(id="old", when='age(m["tcp.up"]) > 6', severity=Severity.WARNING),
]

ASSETS = st.sampled_from(["r1", "r2"])
PAUSES = st.sampled_from([0.0, 0.4, 1.0, 2.5, 7.0])
EVENTS = st.one_of(
    st.tuples(st.just("health"), ASSETS, st.sampled_from(["ok", "down", "degraded", "unknown"])),
    st.tuples(st.just("slow"), ASSETS, st.sampled_from([10.0, 400.0])),
    st.tuples(st.just("ack"), st.integers(0, 5), st.sampled_from([None, 3.0])),
    st.tuples(st.just("unack"), st.integers(0, 5), st.none()),
    st.tuples(st.just("comment"), st.integers(0, 5), st.none()),
    st.tuples(st.just("rules"), st.integers(1, 15), st.sampled_from(list(Severity))),
    st.tuples(st.just("step"), st.none(), st.none()),
    st.tuples(st.just("restart"), st.none(), st.none()),
    st.tuples(st.just("killed"), st.none(), st.none()),
)
STORIES = st.lists(st.tuples(EVENTS, PAUSES), max_size=25)


class Story:
    """Plays events against the engine; commands are numbered, so that a second outcome would show."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.commands = itertools.count(1)
        self.now_at_start = rig.now

    async def play(self, event: tuple[str, Any, Any], pause: float) -> None:
        rig, (action, a, b) = self.rig, event
        rig.now += pause
        if action == "health":
            await rig.health(b, a, tcp_up=reading(True, at=rig.now), http_ms=reading(10.0, at=rig.now, fresh_for=5.0))
        elif action == "slow":
            await rig.health("ok", a, http_ms=reading(b, at=rig.now, fresh_for=5.0))
        elif action in ("ack", "unack", "comment"):
            await self.wish(action, a, b)
        elif action == "rules":
            chosen = [rule_settings for number, rule_settings in enumerate(RULES) if a >> number & 1]
            rig.rules = [rule(**{**_fields(rule_settings), "severity": b}) for rule_settings in chosen]
            rig.engine.replace(compile_rules(rig.rules), rig.receivers)
        elif action == "step":
            await rig.step()
        elif action == "restart":
            await rig.start()
        else:
            await self.killed()

    async def wish(self, action: str, number: int, lasting: float | None) -> None:
        alert_ids = sorted(self.rig.engine.core.alerts)
        args: dict[str, Any] = {"comment": "x"}
        if lasting is not None:
            args["until"] = self.rig.now + lasting
        subject = alert_ids[number % len(alert_ids)] if alert_ids else "nobody"
        await self.rig.send(command(action, subject, self.rig.now, id=f"c{next(self.commands)}", args=args))

    async def killed(self) -> None:
        """Dies between journal and publish, if there is anything to publish, and is started again."""
        bus, commit = self.rig.bus, self.rig.bus.commit

        async def dies(*_: Any, **__: Any) -> str:
            raise Killed

        bus.commit = dies  # type: ignore[method-assign]
        try:
            await self.rig.step()
        except Killed:
            pass
        finally:
            bus.commit = commit  # type: ignore[method-assign]
        await self.rig.start()

    async def assert_nothing_twice(self) -> None:
        entries = await self.rig.entries()
        commands = Counter(entry.command for entry in entries if entry.command)
        assert all(count == 1 for count in commands.values())
        assert all(count == 1 for count in Counter((e.subject, e.body["seq"]) for e in entries).values())
        recipients: dict[str, list[str]] = {}
        for id in {entry.subject for entry in entries}:
            for item in await self.rig.journal.outbox_for(id):
                recipients.setdefault(id, []).append(item.body["reason"])
        fired = Counter(e.subject for e in entries if e.name in ("raise", "reraise"))
        cleared = Counter(e.subject for e in entries if e.name == "clear")
        assert {id: r.count("first") + r.count("again") for id, r in recipients.items()} == dict(fired)
        assert {id: r.count("cleared") for id, r in recipients.items() if "cleared" in r} == dict(cleared)


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in ("id", "when", "hold", "recover_for")}


async def tell(url: str, journal_url: str, story: list[tuple[tuple[str, Any, Any], float]]) -> None:
    bus, journal = Bus(url, str(next(_sites))), Journal(journal_url, "alert")
    await bus.open()
    await journal.open()
    try:
        rig = Rig(bus, journal, rules=RULES, receivers=[DESK])
        await rig.assets(asset("r1"), asset("r2"))
        await rig.start()
        played = Story(rig)
        for event, pause in story:
            await played.play(event, pause)
        await rig.step(0.1)
        await rig.step(0.1)
        await rig.assert_whole()
        await played.assert_nothing_twice()
        before = rig.engine.core.alerts, rig.engine.core.timers.dump(), await rig.names()
        await rig.start()
        await rig.step()
        assert (rig.engine.core.alerts, rig.engine.core.timers.dump(), await rig.names()) == before
    finally:
        await bus.close()
        await journal.close()


@settings(max_examples=patience.examples(25), derandomize=True, suppress_health_check=patience.CHECKS)
@given(STORIES)
def test_journal_memory_and_screens_agree_wherever_it_is_killed(
    valkey_url: str, new_journal_url: Callable[[], str], story: list[tuple[tuple[str, Any, Any], float]]
) -> None:
    asyncio.run(tell(valkey_url, new_journal_url(), story))
