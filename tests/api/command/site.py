"""A site whose web role, command engine and alert engine share real stores and one clock that a test moves.

Nothing runs by itself: a request steps the engines until its order is answered, `at` moves the clock and steps them.
A test sees the site as people and other systems do, through its HTTP interface.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2

from alerts.engine.loop import AlertEngine
from alerts.rules.rule import compile_rules
from alerts.settings import RuleSettings
from api.auth import accounts
from api.dependencies import Dependencies
from feeds import wire
from feeds.bus import Bus
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.engine import Engine
from feeds.engine.commands import CommandClient, Unanswered
from feeds.engine.inbox import REST, Inbox
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Intake, Journal
from feeds.live.pump import Pump
from feeds.mapped.source import MappedSource, PushedSource
from feeds.model import Asset, Command, Result, Severity
from incidents.engine import CommandEngine
from tests.api.conftest import PASSWORD, World
from tests.incidents.commands import SITE, UNITS, ZONE, moment

A = {"lat": 25.0450, "lon": 101.5460}
Record = dict[str, Any]
ROW = {
    "id": "/bh",
    "at": "/sj",
    "text": "/nr",
    "class": "/lx",
    "lat": "/wd",
    "lon": "/jd",
    "accuracy": "/jz",
    "region": "/qh",
}
CLASSES = {"危化品泄漏": "hazchem", "交通事故": "traffic"}
RULES = (
    RuleSettings(
        id="clock-late",
        over="obligation",
        when="state == 'late' && grade_rank <= 2",
        severity=Severity.CRITICAL,
        title={"en": "a report is late"},
    ),
    RuleSettings(
        id="clock-late-below",
        over="obligation",
        when="state == 'late' && grade_rank > 2",
        title={"en": "a report is late"},
    ),
    RuleSettings(id="plan-unanswered", over="proposal", when="unanswered", title={"en": "nobody answers"}),
    RuleSettings(id="task-unsigned", over="task", when="unsigned", title={"en": "nobody has signed"}),
)
UNSIGNED = EscalationSettings(
    id="tasks",
    kinds=("task",),
    steps=(
        StepSettings(after=0.0, who=("unit-head",), channels=("sms",)),
        StepSettings(after=600.0, who=("leader",), channels=("sms",)),
    ),
)
SMS = ReceiverSettings(id="sms", url="json://127.0.0.1:1/")


def iso(time: str) -> str:
    """The time of an ISO 8601 string of a local time of 2026-11-27 ("14:12")."""
    return wire.iso(moment(time)) or ""


class SteppedClient(CommandClient):
    """Sends commands over the bus, and steps the engines until the command has its result."""

    def __init__(self, site: CommandSite) -> None:
        super().__init__(site.bus)
        self._site = site

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        bus = self._site.bus
        tail = await bus.tail(bus.keys.results)
        await bus.send(engine, command)
        await self._site.step()
        for entry in await bus.read({bus.keys.results: tail}, block=0.001):
            for result in entry.items:
                if result.command == command.id:
                    answer: Result = result
                    return answer
        raise Unanswered("no engine has answered")


@dataclass
class CommandSite(World):
    """`at` is the clock of the site. The site's region is 532300."""

    engine_journal: Journal = field(kw_only=True)
    incidents: IncidentSettings = field(default_factory=lambda: settings())
    assets: Mapping[str, Asset] = field(default_factory=dict)
    rules: Sequence[RuleSettings] = RULES
    _people: dict[str, httpx2.AsyncClient] = field(default_factory=dict)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        """Start the engines, or start them anew on the same stores, and read the whole picture."""
        intake = self.intake
        assert intake is not None
        self.engine = CommandEngine(
            self.engine_journal, self.assets, site=SITE, settings=self.incidents, clock=self.clock, intake=intake
        )
        self.alerting = AlertEngine(
            self.engine_journal,
            compile_rules(self.rules),
            (SMS,),
            "楚雄州",
            clock=self.clock,
            inbox=Inbox(intake, self.engine_journal, "alert", clock=self.clock),
            escalations=(UNSIGNED,),
        )
        self._engines: tuple[Engine, ...] = (self.engine, self.alerting)
        self._cursors = [await engine.open(self.bus) for engine in self._engines]
        state = await self.bus.state()
        self.pump.restart(self.bus.rev(state.last), state.records)
        self._seen = {self.bus.keys.changes: state.last}
        await self.step()

    async def step(self) -> None:
        """Let the engines read what there is and let time pass, until nothing follows any more."""
        moved = True
        while moved:
            moved = False
            for engine, cursors in zip(self._engines, self._cursors, strict=True):
                entries = await self.bus.read(cursors, block=0.001)
                await engine.step(entries, self.at)
                for entry in entries:
                    cursors[entry.stream] = entry.id
                moved = moved or bool(entries)
        for entry in await self.bus.read(self._seen, block=0.001, count=10_000):
            self._seen[entry.stream] = entry.id
            self.pump.mirror.apply(entry.items)
        self.pump.moved_at = self.at

    async def until(self, time: str) -> None:
        """Move the clock to a local time, and step."""
        self.at = moment(time)
        await self.step()

    def deps(self) -> Dependencies:
        return replace(super().deps(), commands=SteppedClient(self), units=lambda: self.incidents.units)

    # -- people --------------------------------------------------------------------

    async def person(self, name: str, role: str, region: str = "", *, again: bool = False) -> httpx2.AsyncClient:
        """The browser of a person who is signed in, with the CSRF header set; `again`: the session has ended."""
        browser = self._people.get(name)
        if browser is not None and not again:
            return browser
        if browser is None:
            await accounts.add_account(self.journal, name, role, region, PASSWORD, "test")
            browser = self._people[name] = await self._stack.enter_async_context(self.client())
        browser.headers.pop("X-CSRF-Token", "")
        browser.cookies.clear()
        answer = await browser.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        browser.headers["X-CSRF-Token"] = answer.json()["csrf"]
        return browser

    def staff(self, name: str = "li", role: str = "duty", region: str = "") -> Desk:
        """A person at work; left out: the duty officer Li."""
        return Desk(self, name, role, region)

    async def close(self) -> None:
        await self._stack.aclose()

    # -- other systems ---------------------------------------------------------------

    async def push(self, source: str, *rows: Mapping[str, Any]) -> httpx2.Response:
        """Rows of another system arrive: 119, 110 or 122."""
        self.pushed.setdefault(
            source,
            PushedSource(
                source=MappedSource(items="data", map=ROW, classes=CLASSES, channel=source), region=SITE, heartbeat=60.0
            ),
        )
        token = await accounts.add_token(self.journal, f"tool-{source}", "ingest", "", "test")
        async with self.client(authorization=f"Bearer {token}") as client:
            content = json.dumps({"data": rows}).encode()
            answer = await client.post(f"/api/v1/ingest/receipts/{source}", content=content)
        self.at += 2 * REST
        await self.step()
        return answer


@dataclass
class Desk:
    """A person who asks and orders over HTTP, and signs in again when the session has ended."""

    site: CommandSite
    name: str
    role: str
    region: str

    async def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        """The answer to a request below /api/v1, whatever it is."""
        client = await self.site.person(self.name, self.role, self.region)
        answer = await client.request(method, f"/api/v1{path}", **options)
        if answer.status_code == 401:
            client = await self.site.person(self.name, self.role, self.region, again=True)
            answer = await client.request(method, f"/api/v1{path}", **options)
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        """The answer of a GET, which must be 200."""
        answer = await self.ask("GET", path, params=query)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    async def items(self, path: str, **query: Any) -> list[Record]:
        """The records of a list."""
        items: list[Record] = (await self.get(path, **query))["items"]
        return items

    async def give(self, path: str, **body: Any) -> Record:
        """Give an order by POST that must be carried out. Returns the record."""
        return self._done(path, await self.ask("POST", path, json=body))

    async def change(self, method: str, path: str, **body: Any) -> Record:
        """Give an order by PATCH or PUT that must be carried out. Returns the record."""
        return self._done(path, await self.ask(method, path, json=body))

    @staticmethod
    def _done(path: str, answer: httpx2.Response) -> Record:
        assert answer.status_code in (200, 201), (path, answer.status_code, answer.text)
        record: Record = answer.json()
        return record

    async def refused(self, path: str, method: str = "POST", **body: Any) -> tuple[int, str]:
        """Give an order that must be refused. Returns the status, and the code of the problem or first finding."""
        answer = await self.ask(method, path, json=body)
        assert answer.status_code >= 400, answer.text
        problem = answer.json()
        findings = problem.get("errors") or [{}]
        return answer.status_code, problem.get("code") or findings[0].get("code", "")

    async def incident(self, received: str = "14:12", **fields: Any) -> str:
        """Open an active incident that was received at that time. Returns its number."""
        await self.site.until(received)
        values: dict[str, Any] = {"event_class": "hazchem", "place": "楚雄市", "text": "液氨泄漏", **A} | fields
        number = (await self.give("/incidents", **values))["id"]
        await self.give(f"/incidents/{number}/open")
        return str(number)


def settings(reporting: str = "seen-A", **fields: Any) -> IncidentSettings:
    """The settings of incidents of the site."""
    return IncidentSettings(reporting=reporting, zone=ZONE, units=UNITS, **fields)


@asynccontextmanager
async def running(bus: Bus, journal: Journal, journal_url: str, intake: Intake) -> AsyncIterator[CommandSite]:
    """A site at 14:00 of 2026-11-27; a test starts it."""
    web = Journal(journal_url, "web")
    await web.open()
    start = moment("14:00")
    site = CommandSite(web, bus, Pump(bus, lambda: site.at), engine_journal=journal, intake=intake, at=start)
    try:
        yield site
    finally:
        await site.close()
        await web.close()
