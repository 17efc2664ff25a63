"""A desk that gives orders about incidents to the engine of the command role, over a real bus and journal."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feeds.bus import Bus
from feeds.incidents.promotions import PromotionRule
from feeds.incidents.settings import IncidentSettings
from feeds.incidents.units import ResponsibleUnit, UnitRegister
from feeds.journal import Journal
from feeds.model import Command, Outcome, Result
from feeds.model.incidents import Incident, Obligation
from feeds.model.tasks import Task
from feeds.receipts import ReceiptReport
from incidents.engine import CommandEngine
from tests.incidents.rig import ASSETS

ZONE = ZoneInfo("Asia/Shanghai")
SITE = "532300"
A = {"lat": 25.0450, "lon": 101.5460}


def moment(text: str) -> float:
    """Epoch seconds of a local time: "14:12", "14:12:30", "11-28 08:00" on or near 2026-11-27."""
    day, _, clock = text.rpartition(" ")
    date = f"2026-{day or '11-27'}"
    clock = clock if clock.count(":") == 2 else f"{clock}:00"
    return datetime.fromisoformat(f"{date}T{clock}").replace(tzinfo=ZONE).timestamp()


UNITS = UnitRegister(
    (
        ResponsibleUnit(
            id="gaj", name={"zh-CN": "州公安局"}, region=SITE, head="gaj-head", people=("gaj-head", "gaj-1")
        ),
        ResponsibleUnit(id="sthj", name={"zh-CN": "州生态环境局"}, region=SITE, head="sthj-1", people=("sthj-1",)),
        ResponsibleUnit(id="empty", name={"zh-CN": "无人单位"}),
    )
)


class CommandDesk:
    """`now` is the clock of the engine; each order and each `at` moves it."""

    def __init__(self, bus: Bus, journal: Journal) -> None:
        self.bus, self.journal, self.now = bus, journal, moment("14:00")
        self.cursors: dict[str, str] = {}
        self.results: dict[str, Result] = {}

    async def start(self, reporting: str = "seen-A", promotions: tuple[PromotionRule, ...] = ()) -> None:
        """Start the engine, or start it anew on the same stores."""
        settings = IncidentSettings(reporting=reporting, zone=ZONE, units=UNITS, promotions=promotions)
        self.engine = CommandEngine(self.journal, ASSETS, site=SITE, settings=settings, clock=lambda: self.now)
        self.cursors = await self.engine.open(self.bus)

    async def at(self, time: str) -> None:
        """Move the clock, and step."""
        self.now = moment(time)
        await self.step()

    async def step(self) -> None:
        """Let the engine read what there is, and let time pass."""
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        for entry in entries:
            self.cursors[entry.stream] = entry.id

    async def receipt(self, id: str, time: str, *, text: str = "泄漏", **fields: Any) -> str:
        """A report of another system that arrived at that time. Returns the receipt's id."""
        at = moment(time)
        values: dict[str, Any] = {"source": "119", "external_id": id, "channel": "119", "text": text, **A}
        values |= {"received_at": at, "at": at, "updated_at": at, "raw": f"{id}{text}{time}"} | fields
        self.now = max(self.now, at)
        report = ReceiptReport(**values)
        await self.bus.publish("emergency", "receipt", [report], source=report.source)
        await self.step()
        return report.id

    async def order(
        self,
        action: str,
        subject: str = "",
        *,
        role: str = "duty",
        actor: str = "li",
        actor_region: str = "",
        **args: Any,
    ) -> Result:
        """Give an order as a person, and step. `rev` and `reason` are no arguments of the order."""
        command = Command(
            id=uuid.uuid4().hex,
            action=action,
            subject=subject,
            actor=actor,
            role=role,
            actor_region=actor_region,
            at=self.now,
            valid_until=self.now + 5,
            reason=args.pop("reason", ""),
            expected_rev=args.pop("rev", None),
            args=args,
        )
        await self.bus.send("command", command)
        tail = await self.bus.tail(self.bus.keys.results)
        await self.step()
        entries = await self.bus.read({self.bus.keys.results: tail}, block=0.001)
        results: list[Result] = [item for entry in entries for item in entry.items]
        return next(result for result in results if result.command == command.id)

    async def done(self, action: str, subject: str = "", **args: Any) -> str:
        """Give an order that must be carried out. Returns the id of its record."""
        result = await self.order(action, subject, **args)
        assert result.outcome is Outcome.DONE, (result.outcome, result.detail)
        assert result.after is not None
        return str(result.after["id"])

    async def refused(self, action: str, subject: str = "", **args: Any) -> tuple[str, str]:
        """Give an order that must be refused. Returns the outcome and the code."""
        result = await self.order(action, subject, **args)
        assert result.outcome is not Outcome.DONE
        return str(result.outcome), result.detail

    async def opened(self, received: str = "14:12", **fields: Any) -> str:
        """An active incident that was received at that time."""
        await self.at(received)
        values: dict[str, Any] = {"event_class": "hazchem", "place": "楚雄市", "text": "液氨泄漏", **A} | fields
        id = await self.done("incident.create", **values)
        await self.done("incident.open", id)
        return id

    def incident(self, id: str) -> Incident:
        return self.engine.incidents.incidents[id]

    def task(self, id: str) -> Task:
        return self.engine.tasks.tasks[id]

    async def tasked(self, incident: str = "", *, unit: str = "gaj", **fields: Any) -> str:
        """A task that was issued at once. Returns its id."""
        values: dict[str, Any] = {"title": "设置警戒区", "incident": incident, "unit": unit, "issue": True} | fields
        return await self.done("task.create", **values)

    async def by_unit(self, action: str, id: str, *, actor: str = "gaj-1", **args: Any) -> str:
        """An action of a unit's person that must be carried out."""
        return await self.done(action, id, role="unit", actor=actor, **args)

    def due(self, incident: str, step: str, channel: str) -> list[Obligation]:
        """The obligations of an incident of one step and channel, oldest first."""
        owed = self.engine.obligations.of(incident)
        return [due for due in owed if (due.step, due.channel) == (step, channel)]

    async def shown(self, kind: str) -> dict[str, Any]:
        """The records of a kind that Redis has."""
        records: dict[str, Any] = (await self.bus.state((kind,))).records[kind]
        return records

    async def names(self, kind: str) -> list[str]:
        """The names of the journal entries of a kind, oldest first."""
        return [entry.name for entry in await self.journal.entries(kind=kind, limit=1000)]
