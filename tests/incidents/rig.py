"""The command engine over a real bus and a real journal, driven by hand with a moved clock."""

from __future__ import annotations

from collections.abc import Iterable

from feeds import wire
from feeds.bus import Bus
from feeds.cap.message import CapDocument
from feeds.journal import Intake, Journal, JournalEntry, Parcel
from feeds.model import Asset, Change, EmergencyWarning, Kind
from incidents.engine import CommandEngine
from incidents.warnings.domain import NAME
from incidents.warnings.journal import WARNING, held_of
from tests.incidents.builders import SENDER, T0, sent_text

POLYGON = "<polygon>25.00,101.40 25.00,101.70 25.20,101.70 25.20,101.40 25.00,101.40</polygon>"
GEOCODE = "<geocode><valueName>CPEAS Geographic Code</valueName><value>{code}</value></geocode>"


def cap(
    identifier: str,
    seconds: float = 0,
    *,
    msg_type: str = "Alert",
    references: Iterable[str] = (),
    status: str = "Actual",
    expires: float | None = 3600,
    area: str = POLYGON,
    headline: str = "暴雨黄色预警",
) -> bytes:
    """A valid CAP 1.2 message, `seconds` after T0."""
    refs = " ".join(references)
    end = "" if expires is None else f"<expires>{sent_text(expires)}</expires>"
    note = "<note>演练</note>" if status == "Exercise" else ""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{identifier}</identifier><sender>{SENDER}</sender><sent>{sent_text(seconds)}</sent>
<status>{status}</status><msgType>{msg_type}</msgType><scope>Public</scope>{note}
{f"<references>{refs}</references>" if refs else ""}
<info><language>zh-CN</language><category>Met</category><event>暴雨</event><urgency>Expected</urgency>
<severity>Moderate</severity><certainty>Likely</certainty>{end}<senderName>楚雄州气象台</senderName>
<headline>{headline}</headline><area><areaDesc>楚雄市</areaDesc>{area}</area></info>
</alert>"""
    return text.encode()


def place_code(code: str) -> str:
    return GEOCODE.format(code=code)


def asset(id: str, lat: float, lon: float, kind: str = "router") -> Asset:
    return Asset(id=id, name=id, kind=kind, region="532301", lat=lat, lon=lon)


ASSETS = {
    item.id: item
    for item in (asset("in1", 25.05, 101.5), asset("in2", 25.1, 101.6, "camera"), asset("out", 25.7, 101.3))
}


class Killed(Exception):
    """Raised in place of a kill -9."""


class Rig:
    """The engine over real stores; `now` is its clock."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake | None = None) -> None:
        self.bus, self.journal, self.intake = bus, journal, intake
        self.now = T0
        self.assets = dict(ASSETS)
        self.cursors: dict[str, str] = {}
        self.engine = self._engine()

    def _engine(self) -> CommandEngine:
        return CommandEngine(self.journal, self.assets, clock=lambda: self.now, intake=self.intake)

    async def start(self) -> None:
        """Start the process anew: another engine on the same stores."""
        self.engine = self._engine()
        self.cursors = await self.engine.open(self.bus)

    async def send(self, *raws: bytes, mode: str = "strict", source: str = "cma", profile: str = "") -> None:
        """Publish a document as the collector does."""
        documents = [
            CapDocument(source=source, received_at=self.now, raw=raw, mode=mode, profile=profile) for raw in raws
        ]
        await self.bus.publish("emergency", "cap", documents, source=source)

    async def push(self, raw: bytes) -> None:
        """Take a document from another tool as the web role does."""
        assert self.intake is not None
        document = CapDocument(source="push.tool", received_at=self.now, raw=raw)
        await self.intake.put(Parcel(target=NAME, kind="cap", at=self.now, body=wire.encode(document)))

    async def step(self, seconds: float = 0.0) -> None:
        """Let time pass, then read and step as the engine's loop does."""
        self.now += seconds
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        for entry in entries:
            self.cursors[entry.stream] = entry.id

    async def shown(self) -> dict[str, EmergencyWarning]:
        """The content of Redis, and so of every screen."""
        records: dict[str, EmergencyWarning] = (await self.bus.state((Kind.WARNING,))).records[Kind.WARNING]
        return records

    async def states(self) -> dict[str, str]:
        return {warning.identifier: warning.state for warning in (await self.shown()).values()}

    async def entries(self) -> list[JournalEntry]:
        return await self.journal.entries(kind="warning", limit=10_000)

    async def names(self) -> list[tuple[str, str]]:
        return [(entry.name, entry.subject.split(",")[1]) for entry in await self.entries()]

    async def changes(self) -> list[Change]:
        entries = await self.bus.read({self.bus.keys.changes: "0-0"}, block=0.001)
        return [item for entry in entries for item in entry.items]

    async def assert_consistent(self) -> None:
        """Journal, the engine's memory and Redis are equal."""
        docs = {doc.id: held_of(doc) for doc in await self.journal.docs(WARNING, open=True)}
        assert {id: held.warning for id, held in docs.items()} == self.engine.registry.shown == await self.shown()
        assert {held.warning.id: held for held in self.engine.registry.held.values()} == docs
        assert await self.journal.verify() == []
