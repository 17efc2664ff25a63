"""The alert engine over a real bus and a real journal, driven by hand with a moved clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from alerts.engine.loop import NAME, AlertEngine
from alerts.lifecycle import transitions
from alerts.rules.rule import compile_rules
from alerts.settings import RuleSettings
from feeds.bus import Bus
from feeds.clock import SiteClock
from feeds.documents.alert import alert_of
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.engine.inbox import Inbox
from feeds.external import Report, pack
from feeds.journal import Intake, Journal, JournalEntry, Parcel
from feeds.model import Alert, Asset, Change, Command, Kind, Outcome, Result
from tests.alerts.builders import T0, asset, change, command, counting_ids, rule, state

DESK = ReceiverSettings(id="desk", url="json://127.0.0.1:1/")


class Killed(Exception):
    """What a kill -9 looks like from inside."""


class Rig:
    """`now` is the clock. Everything that the engine itself would not do is done through the same bus."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        *,
        receivers: Sequence[ReceiverSettings] = (DESK,),
        rules: Sequence[RuleSettings] = (rule(),),
        intake: Intake | None = None,
        escalations: Sequence[EscalationSettings] = (),
    ) -> None:
        self.bus, self.journal, self.intake = bus, journal, intake
        self.rules, self.receivers, self.escalations = rules, receivers, escalations
        self.now = T0
        self._set_by = 0.0
        self._clock = SiteClock(lambda: self.now, lambda: self.now - self._set_by, lambda: "this run of the machine")
        self.make_id: Callable[[float], str] = counting_ids()
        self.cursors: dict[str, str] = {}
        self.results: list[Result] = []
        self._orders = 0
        self.engine = self._engine()

    def _engine(self) -> AlertEngine:
        inbox = Inbox(self.intake, self.journal, NAME, clock=self._clock) if self.intake is not None else None
        return AlertEngine(
            self.journal,
            compile_rules(self.rules),
            self.receivers,
            "楚雄州",
            clock=self._clock,
            make_id=lambda now: self.make_id(now),
            inbox=inbox,
            escalations=self.escalations,
        )

    async def start(self) -> None:
        """Start the process anew: another engine on the same stores."""
        self.engine = self._engine()
        self.cursors = await self.engine.open(self.bus)

    async def set_clock(self, by: float, *, restart: bool = False) -> None:
        """Set the wall clock, which the engine notices at its next turn, or at its next start."""
        self.now += by
        self._set_by += by
        if restart:
            await self.start()
        else:
            self.engine.clock_stepped(by, self.now)

    async def assets(self, *assets: Asset) -> None:
        await self.change(*(change(member, self.now) for member in assets or (asset(),)))

    async def change(self, *changes: Change) -> None:
        """As the projector would say it."""
        await self.bus.commit("project", cursors={}, changes=changes)

    async def health(self, health: str, id: str = "r1", **readings: object) -> None:
        await self.change(change(state(id, health, **readings), self.now))

    async def send(self, command: Command) -> None:
        await self.bus.send(NAME, command)

    async def hand_in(self, *reports: Report, region: str = "") -> None:
        """As the web role takes it from another tool."""
        assert self.intake is not None
        body = pack(list(reports))
        await self.intake.put(
            Parcel(target=NAME, kind="test", at=self.now, body=body, size=len(reports), region=region)
        )

    async def step(self, seconds: float = 0.0) -> None:
        """Let time pass, then read and step as the engine's loop does."""
        self.now += seconds
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        for entry in entries:
            self.cursors[entry.stream] = entry.id

    async def order(self, action: str, rev: int | None = None, **args: object) -> Result:
        """An administrator's wish, carried out at once; its answer."""
        self._orders += 1
        wish = command(action, action, self.now, id=f"o{self._orders}", role="admin", expected_rev=rev, args=args)
        await self.send(wish)
        await self.step()
        return next(answer for answer in await self.answers() if answer.command == wish.id)

    async def replace_roster(self, rev: int, doc: dict[str, Any]) -> None:
        """Replace the roster, and accept what that removes."""
        held = await self.order("roster_put", rev, doc=doc)
        assert held.after is not None
        accepted = await self.order("roster_put", rev, doc=doc, accept=held.after["accept"])
        assert accepted.outcome is Outcome.DONE, accepted

    async def queued(self, id: str = "a1") -> list[str]:
        """Keys of what waits to be sent about an alert."""
        return [item.key for item in await self.journal.outbox_for(id) if item.due is not None]

    async def sent(self, id: str = "a1") -> None:
        """As the sender would: everything that waits is sent."""
        for key in await self.queued(id):
            await self.journal.outbox_mark(key, sent_at=self.now, attempts=1)

    async def answers(self) -> list[Result]:
        """Every answer that was ever published."""
        entries = await self.bus.read({self.bus.keys.results: "0-0"}, block=0.001)
        return [item for entry in entries for item in entry.items]

    async def shown(self) -> dict[str, Alert]:
        """What Redis holds, and so every screen."""
        return (await self.bus.state((Kind.ALERT,))).records[Kind.ALERT]

    async def entries(self) -> list[JournalEntry]:
        return await self.journal.entries(kind="alert", limit=10_000)

    async def names(self) -> list[tuple[float, str]]:
        """The journal's alert steps as (seconds after T0, name)."""
        return [(round(entry.at - T0, 3), entry.name) for entry in await self.entries()]

    async def assert_whole(self) -> None:
        """Journal's steps, journal's documents, the engine's memory and Redis say the same."""
        bodies: dict[str, list[dict[str, object]]] = {}
        for entry in await self.entries():
            bodies.setdefault(entry.subject, []).append(entry.body)
        rebuilt = {id: transitions.replay(steps) for id, steps in bodies.items()}
        docs = {doc.id: alert_of(doc.body) for doc in await self.journal.docs("alert")}
        assert rebuilt == docs
        open_now = {id: alert for id, alert in rebuilt.items() if alert.open}
        assert self.engine.core.alerts == open_now
        assert await self.shown() == open_now
        assert {doc.id for doc in await self.journal.docs("alert", open=True)} == set(open_now)
        assert await self.journal.verify() == []
