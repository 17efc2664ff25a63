"""A machine that does whatever may happen to the engine, in any order, and kills it anywhere in between.

After every step: the journal's entries, its documents, the engine's memory and the screens say the same; nothing is
hidden without a reason, and no reason is without an end.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, run_state_machine_as_test
from hypothesis.stateful import rule as step
from msgspec import structs

from alerts.lifecycle import transitions
from alerts.rulebook import notes as rulebook
from alerts.rulebook.forms import document_of
from alerts.rules.rule import compile_rules
from alerts.suppression import silences
from feeds.bus import Bus
from feeds.documents import rule as rule_document
from feeds.journal import Journal
from feeds.model import Command, Severity
from tests import patience
from tests.alerts.builders import change, command, reading, rule, state
from tests.alerts.core.test_invariants import roots_in_sight, why
from tests.alerts.desk import foreign, probed
from tests.alerts.rig import Killed, Rig

_sites = itertools.count(800000)
FILE = [rule(hold=1.0, recover_for=2.0), rule(id="poor", when='health == "degraded"', severity=Severity.MINOR)]
ASSETS = (
    probed("root"),
    probed("up1", "root", redundancy_group="up"),
    probed("up2", redundancy_group="up"),
    probed("leaf", "up1", "up2"),
)
IDS = st.sampled_from([member.id for member in ASSETS])
HEALTHS = st.sampled_from(["ok", "down", "down", "degraded", "unknown"])
MATCHES = st.sampled_from([{"assets": ["up1"]}, {"kinds": ["router"]}])
API_RULES = [
    {"id": "hot", "when": 'm["t.x"] > (active ? 5.0 : 8.0)', "severity": "major"},
    {"id": "hot", "when": 'm["t.x"] > 2.0', "severity": "info", "for": 1.0},
    {"id": "many", "over": "region", "when": 'count(region, "", "down") >= 2'},
    {"id": "poor", "when": "true"},
    {"id": "hot", "gone": True},
    {"id": "many", "gone": True},
]


class Machine(RuleBasedStateMachine):
    """One site; `stores` gives the addresses of a bus and a journal of its own."""

    stores: tuple[str, str] = ("", "")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.commands = itertools.count(1)

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @initialize()
    def begin(self) -> None:
        async def go() -> None:
            bus, journal = Bus(self.stores[0], str(next(_sites))), Journal(self.stores[1], f"alert{next(_sites)}")
            await bus.open()
            await journal.open()
            async with journal.begin() as tx:  # one journal for all examples: what the last one left is not ours
                for kind in ("alert", rulebook.KIND, "silence", "maintenance"):
                    for doc in await journal.docs(kind):
                        await tx.delete(kind, doc.id)
                await tx.set_cursor("alert", {})
            self.first = await journal.head()
            self.rig = Rig(bus, journal, rules=FILE)
            await self.rig.start()
            await self.rig.assets(*ASSETS)
            await self.rig.step()

        self.run(go())

    def teardown(self) -> None:
        async def end() -> None:
            await self.rig.bus.close()
            await self.rig.journal.close()

        if hasattr(self, "rig"):
            self.run(end())
        self.loop.close()

    async def wish(self, action: str, subject: str, **more: Any) -> None:
        who = {name: more.pop(name) for name in ("role",) if name in more}
        wish: Command = command(
            action, subject, self.rig.now, id=f"m{next(self.commands)}", args={"comment": "x", **more}, **who
        )
        await self.rig.send(wish)
        await self.rig.step()

    def some_alert(self, number: int) -> str:
        alert_ids = sorted(self.rig.engine.core.alerts)
        return alert_ids[number % len(alert_ids)] if alert_ids else "nobody"

    # -- what may happen -----------------------------------------------------------

    @step(id=IDS, health=HEALTHS, x=st.sampled_from([1.0, 6.0, 9.0]))
    def see(self, id: str, health: str, x: float) -> None:
        rig = self.rig
        before = rig.engine.core.subjects.states.get(id)
        since = before.since if before is not None and before.health == health else rig.now
        new = state(id, health, tcp_up=reading(health == "ok", at=rig.now, fresh_for=6.0), t_x=reading(x, at=rig.now))
        self.run(rig.change(change(structs.replace(new, since=since, seen_at=rig.now), rig.now)))
        self.run(rig.step())

    @step(seconds=st.sampled_from([0.3, 1.0, 3.0, 12.0, 700.0]))
    def wait(self, seconds: float) -> None:
        self.run(self.rig.step(seconds))

    @step(
        action=st.sampled_from(["ack", "unack", "comment", "shelve", "unshelve"]),
        number=st.integers(0, 9),
        lasting=st.sampled_from([2.0, 20.0]),
    )
    def act(self, action: str, number: int, lasting: float) -> None:
        until = {"until": self.rig.now + lasting} if action in ("ack", "shelve") else {}
        self.run(self.wish(action, self.some_alert(number), **until))

    @step(action=st.sampled_from(["silence", "maintain"]), match=MATCHES, lasting=st.sampled_from([2.0, 20.0]))
    def hide(self, action: str, match: dict[str, Any], lasting: float) -> None:
        self.run(self.wish(action, f"{action}{next(self.commands)}", match=match, until=self.rig.now + lasting))

    @step(number=st.integers(0, 3))
    def reveal(self, number: int) -> None:
        suppressions = sorted(self.rig.engine.core.suppressions.all().values(), key=lambda suppression: suppression.id)
        if suppressions:
            suppression = suppressions[number % len(suppressions)]
            self.run(self.wish("unsilence" if suppression.kind == "silence" else "unmaintain", suppression.id))

    @step(id=IDS, active=st.booleans())
    def report(self, id: str, active: bool) -> None:
        self.run(self.wish("report", "", role="ingest", alerts=[foreign(id, active=active)]))

    @step(which=st.sampled_from(API_RULES))
    def edit_rules(self, which: dict[str, Any]) -> None:
        self.run(self.wish("rules", "", role="admin", items=[which]))

    @step(chosen=st.integers(1, 3), severity=st.sampled_from(list(Severity)))
    def reload(self, chosen: int, severity: Severity) -> None:
        self.rig.rules = [
            replace(rule_settings, severity=severity)
            for number, rule_settings in enumerate(FILE)
            if chosen >> number & 1
        ]
        self.rig.engine.replace(compile_rules(self.rig.rules), self.rig.receivers)
        self.run(self.rig.step())

    @step()
    def restart(self) -> None:
        self.run(self.rig.start())
        self.run(self.rig.step())

    @step(id=IDS)
    def killed(self, id: str) -> None:
        """Between the journal and the bus, with news on the way."""
        rig, commit = self.rig, self.rig.bus.commit

        async def dies(*_: Any, **__: Any) -> str:
            raise Killed

        async def go() -> None:
            await rig.change(change(state(id, "down", tcp_up=reading(False, at=rig.now)), rig.now))
            rig.bus.commit = dies  # type: ignore[method-assign]
            try:
                await rig.step(1.0)
            except Killed:
                pass
            finally:
                rig.bus.commit = commit  # type: ignore[method-assign]
            await rig.start()
            await rig.step()

        self.run(go())

    # -- what must hold --------------------------------------------------------------

    @invariant()
    def whole(self) -> None:
        if hasattr(self, "rig"):
            self.run(self._whole())

    async def _whole(self) -> None:
        rig, core = self.rig, self.rig.engine.core
        entries = await rig.journal.entries(kind="alert", after=self.first, limit=100_000)
        bodies: dict[str, list[Any]] = {}
        for entry in entries:
            bodies.setdefault(entry.subject, []).append(entry.body)
        rebuilt = {id: transitions.replay(entry_bodies) for id, entry_bodies in bodies.items()}
        assert {id: record for id, record in rebuilt.items() if record.open} == core.alerts
        assert await rig.shown() == core.alerts
        documents = {
            doc.id: silences.load(doc.body)
            for kind in ("silence", "maintenance")
            for doc in await rig.journal.docs(kind, open=True)
        }
        assert {id: replace(record, seen=0.0) for id, record in documents.items()} == {
            id: replace(suppression, seen=0.0) for id, suppression in core.suppressions.all().items()
        }
        docs = {doc.id: doc.body for doc in await rig.journal.docs(rulebook.KIND, open=True)}
        book = rig.engine.book
        mine = {
            record.key: rule_document.dump(document_of(book.shown(record)))
            for record in (*book._file.values(), *book._api.values())
        }
        assert docs == json.loads(json.dumps(mine))
        assert {key.partition(":")[2] for key in docs} == set(core.rules)
        for alert in core.alerts.values():
            for reason in alert.suppressed_by:
                assert why(core, alert, reason), (alert, reason)
        assert len(roots_in_sight(core, "up1", "up2")) <= 1

    @invariant()
    def rebuilt_is_the_same(self) -> None:
        """Another engine, opened on the journal beside this one, knows what this one knows and does nothing more."""
        if not hasattr(self, "rig"):
            return
        rig, before = self.rig, self.rig.engine
        steps = self.run(rig.journal.count())
        self.run(rig.start())
        again, rig.engine = rig.engine, before
        assert again.core.alerts == before.core.alerts
        assert again.core.dump() == before.core.dump()
        assert {id: rule_settings.settings for id, rule_settings in again.core.rules.items()} == {
            id: rule_settings.settings for id, rule_settings in before.core.rules.items()
        }
        assert self.run(rig.journal.count()) == steps
        rig.engine = again


def test_whatever_happens_the_journal_the_memory_and_the_screens_agree(valkey_url: str, new_journal_url: Any) -> None:
    machine = type("Site", (Machine,), {"stores": (valkey_url, new_journal_url())})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=patience.examples(12),
            stateful_step_count=20,
            derandomize=True,
            deadline=None,
            suppress_health_check=checks,
        ),
    )
