"""A web server over a real journal and a live picture of two counties, with the alert engine played by a double."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI

from api.app import create_app
from api.auth import accounts, passwords
from api.dependencies import Dependencies, Reloaded
from api.settings import IngestSettings, SiteInfo, WebSettings
from api.snapshots import SnapshotAccess
from api.stores import Stores
from feeds.bus import Bus
from feeds.cases.sealing import Sealer
from feeds.engine.commands import CommandClient, Unanswered
from feeds.evidence import EvidenceStore
from feeds.history import HistoryReader
from feeds.incidents.units import UnitRegister
from feeds.journal import Intake, Journal
from feeds.live.mirror import alert_record
from feeds.live.pump import Pump
from feeds.mapped.source import PushedSource
from feeds.model import (
    Ack,
    Alert,
    Asset,
    AssetState,
    Command,
    EmergencyWarning,
    Health,
    Kind,
    Outcome,
    Result,
    Severity,
    SourceState,
)
from maps.places import PlaceLayer
from tests.api.conformance import check_response

SITE = "532300"
A, B = "532323", "532331"
PASSWORD = "correct horse battery"
BASE = "http://127.0.0.1:8050"
NOW = 1_795_000_000.0

# Every text of county B: none of it may ever reach somebody of county A.
B_TEXTS = ("b-sw", "b-alert", "b-source", "b-sender", "禄丰", "Lufeng", B, "b-owner", "b-officer", "b-secret")


def an_alert(key: str, asset: str, region: str, **more: Any) -> Alert:
    base: dict[str, Any] = {
        "id": key,
        "fingerprint": f"f-{key}",
        "rule": "down",
        "asset": asset,
        "region": region,
        "severity": Severity.CRITICAL,
        "active": True,
        "raised_at": NOW - 60,
        "title": {"en": f"{asset} is down"},
        "rev": 1,
    }
    return Alert(**base | more)


def a_warning(sender: str, region: str, text: str) -> EmergencyWarning:
    return EmergencyWarning(
        id=f"{sender},1,2026-11-22T06:00:00+00:00",
        source=f"{sender}-feed",
        status="Actual",
        msg_type="Alert",
        sender=sender,
        identifier="1",
        sent=NOW - 600,
        received_at=NOW - 590,
        headline=text,
        regions=(region,),
    )


def picture() -> dict[str, dict[str, Any]]:
    """Two counties, each with two assets, an alert, a source and a warning."""
    assets = [
        Asset(id="a-sw", name="牟定交换机", kind="switch", region=A, probes=("heartbeat:?every=5m",)),
        Asset(id="a-srv", name="牟定 server", kind="server", region=A, parents=("a-sw",)),
        Asset(id="b-sw", name="禄丰交换机", kind="switch", region=B, owner="b-owner", probes=("heartbeat:?every=1h",)),
        Asset(id="b-sw2", name="Lufeng server", kind="server", region=B, parents=("b-sw",)),
    ]
    states = [
        AssetState(id=asset.id, region=asset.region, health=Health.DOWN if asset.id.endswith("sw") else Health.OK)
        for asset in assets
    ]
    b_ack = Ack(by="b-officer", at=NOW, comment="b-secret")
    alerts = [an_alert("a-alert", "a-sw", A), an_alert("b-alert", "b-sw", B, ack=b_ack)]
    sources = [
        SourceState(id="a-source", kind="emergency.cap", region=A, dead_letters=2),
        SourceState(id="b-source", kind="emergency.cap", region=B, error="禄丰 fails"),
    ]
    warnings = [a_warning("a-sender", A, "牟定大雨"), a_warning("b-sender", B, "禄丰大雨")]
    groups: dict[str, list[Any]] = {
        Kind.ASSET: assets,
        Kind.STATE: states,
        Kind.ALERT: alerts,
        Kind.SOURCE: sources,
        Kind.WARNING: warnings,
    }
    return {kind: {record.id: record for record in group} for kind, group in groups.items()}


class AlertDesk(CommandClient):
    """Plays the engines, where nothing else is said the alert engine: answers as they would, or not at all."""

    def __init__(self) -> None:
        self.seen: list[Command] = []
        self.silent = False
        self.answer: Callable[[Command], Result] | None = None

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        self.seen.append(command)
        if self.silent:
            raise Unanswered("no answer in time")
        if self.answer is not None:
            return self.answer(command)
        if command.action == "describe":  # of a device that registers with none of the collector's listeners
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        ack = Ack(by=command.actor, at=command.at, comment=command.reason)
        after = alert_record(an_alert(command.subject, "a-sw", A, ack=ack, rev=2))
        return Result(command=command.id, outcome=Outcome.DONE, after=after)


SEALER = Sealer(bytes(32))


@dataclass
class World:
    """Everything around one app. `at` is the clock."""

    journal: Journal
    bus: Bus
    pump: Pump
    desk: AlertDesk = field(default_factory=AlertDesk)
    settings: WebSettings = field(default_factory=WebSettings)
    at: float = NOW
    reloaded: Reloaded = field(default_factory=Reloaded)
    accepted: str = ""
    pages: list[tuple[str, str]] = field(default_factory=list)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    layers: dict[str, bytes] = field(default_factory=dict)
    hashes: list[str] = field(default_factory=list)
    history: HistoryReader | None = None
    intake: Intake | None = None
    documents: Callable[[], object] | None = None
    pushed: dict[str, PushedSource] = field(default_factory=dict)
    places: tuple[PlaceLayer, ...] = ()
    snapshots: SnapshotAccess | None = None
    units: UnitRegister = field(default_factory=UnitRegister)
    evidence: EvidenceStore | None = None
    files: Any = None
    apps: list[FastAPI] = field(default_factory=list)

    def clock(self) -> float:
        return self.at

    async def reload(self, actor: str, language: str, accept: str = "") -> Reloaded:
        self.accepted = accept
        return self.reloaded

    def deps(self) -> Dependencies:
        return Dependencies(
            settings=self.settings,
            site=SiteInfo(name="楚雄州", region=SITE, version="0.1.0"),
            pump=self.pump,
            journal=self.journal,
            commands=self.desk,
            pages=self.pages,
            bus=self.bus,
            stores=Stores(self.journal, self.intake, self.clock),
            map_layer=self.layers.get,
            reload=self.reload,
            change_inventory=self.files.change if self.files is not None else None,
            clock=self.clock,
            history=self.history,
            intake=self.intake,
            ingest=self.ingest,
            documents=self.documents,
            mapped_sources=lambda: self.pushed,
            layers=lambda: self.places,
            sealer=SEALER,
            snapshots=self.snapshots,
            units=lambda: self.units,
            evidence=self.evidence,
            script_hashes=lambda: self.hashes,
        )

    @property
    def app(self) -> FastAPI:
        if not self.apps:
            self.apps.append(create_app(self.deps()))
        return self.apps[0]

    @asynccontextmanager
    async def client(self, peer: str = "127.0.0.1", **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        transport = httpx2.ASGITransport(app=self.app, client=(peer, 1), raise_app_exceptions=False)
        hooks: dict[str, list[Callable[..., Any]]] = {"response": [partial(check_response, self.app)]}
        async with httpx2.AsyncClient(transport=transport, base_url=BASE, headers=headers, event_hooks=hooks) as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, role: str, region: str = "") -> AsyncIterator[httpx2.AsyncClient]:
        """A browser of a person with that role, CSRF header set."""
        name = f"{role}-{region or 'all'}"
        await accounts.add_account(self.journal, name, role, region, PASSWORD, "test", replace=True)
        async with self.client() as client:
            answer = await client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            client.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield client

    async def token(self, scope: str, region: str = "") -> str:
        return await accounts.add_token(self.journal, f"{scope}-tool", scope, region, "test")

    async def names(self, kind: str = "audit") -> list[str]:
        return [entry.name for entry in await self.journal.entries(kind=kind, limit=1000)]


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least work: what is tested is ours, not the hash."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
async def world(journal_url: str, intake: Intake) -> AsyncIterator[World]:
    """A site whose bus is lost and whose live picture stands still, unless a test says otherwise."""
    journal = Journal(journal_url, "web")
    await journal.open()
    bus = Bus("redis://127.0.0.1:1/0", SITE)
    pump = Pump(bus, lambda: NOW)
    pump.restart("e1.1-0", picture())
    pump.moved_at = NOW
    yield World(journal, bus, pump, intake=intake)
    await bus.close()
    await journal.close()


def problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    """The problem document, checked."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.content)
    assert document["type"] == f"urn:watchfloor:problem:{slug}"
    assert document["status"] == status
    return document
