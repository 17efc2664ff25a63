"""A third engine, with a minimal domain: radios that are lent and returned, one loan at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from feeds import wire
from feeds.bus import Bus
from feeds.engine.domain import Document, DomainStep, Message, Start, StepDomain
from feeds.engine.inbox import Inbox
from feeds.engine.journaled import JournaledEngine
from feeds.engine.requests import AppendEntry, Asking, ListDocuments, PutDocument
from feeds.journal import Doc, Intake, Journal, JournalLost, Parcel
from feeds.model import Asset, Change, Command, Kind, Outcome, Result

T0 = 1_800_000_000.0
LONGEST = 100.0


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """A radio's holder and due time; the holder is "" after its return."""

    radio: str
    holder: str = ""
    until: float | None = None
    overdue: bool = False


class Loans(StepDomain):
    """A radio is lent by a command, returned by a parcel of the intake, and overdue by time alone."""

    name = "command"
    kind = Kind.ASSET
    entry_kind = "inventory"

    def __init__(self) -> None:
        super().__init__()
        self.loans: dict[str, Loan] = {}
        self.radioed: list[str] = []

    def load(self, start: Start) -> Asking[None]:
        documents = yield ListDocuments(self.entry_kind, open=True)
        self.loans = {doc.id: msgspec.convert(doc.body, Loan) for doc in documents}
        self.radioed = list(start.pending.get("told", ()))

    def records(self) -> Mapping[str, Asset]:
        return {id: shown(loan) for id, loan in self.loans.items() if loan.holder}

    def document(self, id: str) -> Document:
        loan = self.loans[id]
        return Document(
            body=msgspec.to_builtins(loan), shown=shown(loan) if loan.holder else None, open=bool(loan.holder)
        )

    def pending(self) -> Mapping[str, Any]:
        return {"told": self.radioed}

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        if isinstance(item, Parcel):
            for radio in wire.decode(item.body, list[str]):
                self.loans[radio] = Loan(radio=radio)
                self.radioed.append(radio)
                self.record_step(DomainStep(name="returned", subject=radio, at=item.at, cause=f"intake {item.id}"))

    def obey(self, command: Command, now: float) -> Result:
        loan = self.loans.get(command.subject, Loan(radio=command.subject))
        if loan.holder:
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail="lent")
        self.loans[loan.radio] = Loan(radio=loan.radio, holder=command.actor, until=command.at + LONGEST)
        step = DomainStep(name="lent", subject=loan.radio, at=command.at, actor=command.actor, command=command.id)
        self.record_step(step)
        return Result(command=command.id, outcome=Outcome.DONE, after={"holder": command.actor})

    def advance(self, now: float) -> None:
        for loan in list(self.loans.values()):
            if loan.until is not None and loan.until <= now and not loan.overdue:
                self.loans[loan.radio] = msgspec.structs.replace(loan, overdue=True)
                self.record_step(DomainStep(name="overdue", subject=loan.radio, at=loan.until))

    def next_due(self) -> float | None:
        return min((loan.until for loan in self.loans.values() if loan.until and not loan.overdue), default=None)


def shown(loan: Loan) -> Asset:
    return Asset(id=loan.radio, name=loan.holder, kind="overdue" if loan.overdue else "radio", region="532301")


class Killed(Exception):
    """Raised in place of a kill -9."""


async def dies(*_: object, **__: object) -> str:
    raise Killed


class Rig:
    """The engine over real stores with a moved clock."""

    def __init__(self, bus: Bus, journal: Journal, intake: Intake) -> None:
        self.bus, self.journal, self.intake, self.now = bus, journal, intake, T0
        self.cursors: dict[str, str] = {}
        self.engine = self._engine()

    def _engine(self) -> JournaledEngine[Loans]:
        inbox = Inbox(self.intake, self.journal, Loans.name, clock=lambda: self.now)
        return JournaledEngine(Loans(), self.journal, clock=lambda: self.now, inbox=inbox)

    async def start(self) -> None:
        self.engine = self._engine()
        self.cursors = await self.engine.open(self.bus)

    async def step(self, seconds: float = 1.0) -> None:
        self.now += seconds
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        self.cursors |= {entry.stream: entry.id for entry in entries}

    async def lend(self, radio: str, actor: str = "zhang", id: str = "c1") -> None:
        command = Command(
            id=id,
            action="lend",
            subject=radio,
            at=self.now,
            actor=actor,
            role="duty",
            actor_region="",
            valid_until=self.now + 5,
            args={},
        )
        await self.bus.send(Loans.name, command)

    async def give_back(self, *radios: str) -> None:
        body = wire.encode(list(radios))
        await self.intake.put(Parcel(target=Loans.name, kind="returns", at=self.now, body=body))

    async def answers(self) -> list[tuple[str, str, str]]:
        entries = await self.bus.read({self.bus.keys.results: "0-0"}, block=0.001)
        return [(result.command, result.outcome.value, result.detail) for entry in entries for result in entry.items]

    async def names(self) -> list[tuple[str, str]]:
        return [(entry.name, entry.subject) for entry in await self.journal.entries(kind="inventory")]

    async def holders(self) -> dict[str, str]:
        """The public view: the holder of each radio."""
        records = (await self.bus.state((Kind.ASSET,))).records[Kind.ASSET]
        return {id: asset.name for id, asset in records.items()}


@pytest.fixture
async def rig(bus: Bus, journal: Journal, intake: Intake) -> Rig:
    rig = Rig(bus, journal, intake)
    await rig.start()
    return rig


async def test_a_step_is_one_entry_one_document_and_one_change(rig: Rig) -> None:
    await rig.lend("r1")
    await rig.step()
    (entry,) = await rig.journal.entries(kind="inventory")
    assert (entry.name, entry.subject, entry.actor, entry.command) == ("lent", "r1", "zhang", "c1")
    document = await rig.journal.doc("inventory", "r1")
    assert document is not None
    assert (document.open, document.seq, document.body["holder"]) == (True, entry.seq, "zhang")
    (change,) = await rig.bus.changes("0-0")
    assert (change.id, change.cause, change.after.name) == ("r1", "c1", "zhang")
    assert await rig.answers() == [("c1", "done", "")]


async def test_a_command_that_comes_again_is_answered_again_and_not_carried_out(rig: Rig) -> None:
    await rig.lend("r1")
    await rig.lend("r1")
    await rig.step()
    await rig.lend("r1")
    await rig.step()
    await rig.start()
    await rig.lend("r1")
    await rig.step()
    assert await rig.names() == [("lent", "r1")]
    assert await rig.answers() == [("c1", "done", ""), ("c1", "done", "again"), ("c1", "done", "again")]


async def test_a_refused_command_leaves_nothing_but_its_answer(rig: Rig) -> None:
    await rig.lend("r1")
    await rig.step()
    await rig.lend("r1", "li", "c2")
    await rig.step()
    assert await rig.answers() == [("c1", "done", ""), ("c2", "conflict", "lent")]
    assert await rig.names() == [("lent", "r1")]
    assert await rig.holders() == {"r1": "zhang"}


async def test_killed_after_the_commit_the_next_start_publishes_and_answers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.lend("r1")
    with monkeypatch.context() as patch:
        patch.setattr(rig.bus, "commit", dies)
        with pytest.raises(Killed):
            await rig.step()
    assert (await rig.holders(), await rig.names()) == ({}, [("lent", "r1")])
    await rig.start()
    assert await rig.holders() == {"r1": "zhang"}
    await rig.step()
    assert await rig.answers() == [("c1", "done", "again")]
    assert await rig.names() == [("lent", "r1")]


async def test_killed_before_the_commit_nothing_has_happened_and_all_of_it_happens_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost() -> Any:
        raise JournalLost("locked")

    await rig.lend("r1")
    await rig.give_back("r9")
    with monkeypatch.context() as patch:
        patch.setattr(rig.journal, "begin", lost)
        with pytest.raises(JournalLost):
            await rig.step()
    assert (await rig.holders(), await rig.names(), await rig.answers()) == ({}, [], [])
    await rig.start()
    await rig.step()
    assert sorted(await rig.names()) == [("lent", "r1"), ("returned", "r9")]
    assert await rig.holders() == {"r1": "zhang"}


async def test_nothing_is_published_that_could_not_be_committed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[object] = []
    commit = rig.bus.commit

    async def observed(*args: Any, **more: Any) -> str:
        published.append(await rig.journal.command_entry("c1"))
        return await commit(*args, **more)

    monkeypatch.setattr(rig.bus, "commit", observed)
    await rig.lend("r1")
    await rig.step()
    assert published
    assert all(entry is not None for entry in published), "the journal has the step before anybody hears of it"


async def test_a_parcel_of_the_intake_is_applied_once_although_the_role_dies_over_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.lend("r1")
    await rig.step()
    await rig.give_back("r1", "r2")
    with monkeypatch.context() as patch:
        patch.setattr(rig.bus, "commit", dies)
        with pytest.raises(Killed):
            await rig.step()
    await rig.start()
    await rig.step()
    await rig.step(10)
    assert await rig.names() == [("lent", "r1"), ("returned", "r1"), ("returned", "r2")]
    assert await rig.holders() == {}
    assert rig.engine.domain.radioed == ["r1", "r2"], "what no document holds is found again too"
    assert await rig.intake.read(Loans.name, 0, limit=10) == []


async def test_a_parcel_that_cannot_be_read_stops_nothing_else(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    await rig.intake.put(Parcel(target=Loans.name, kind="returns", at=rig.now, body=b"\xc1", actor="tool"))
    await rig.give_back("r1")
    await rig.step()
    assert await rig.names() == [("returned", "r1")]
    assert "parcel 1 from tool cannot be read" in caplog.text


async def test_time_alone_makes_a_step_and_the_engine_rests_until_then(rig: Rig) -> None:
    await rig.lend("r1")
    await rig.step(0)
    rig.now += LONGEST - 0.05
    await rig.step(0)
    assert rig.engine.rest(rig.now) == pytest.approx(0.05, abs=1e-4)
    await rig.step(0.05)
    assert await rig.names() == [("lent", "r1"), ("overdue", "r1")]
    assert (await rig.bus.state((Kind.ASSET,))).records[Kind.ASSET]["r1"].kind == "overdue"
    before = await rig.journal.head()
    await rig.step(1000)
    assert await rig.journal.head() == before


async def test_an_empty_redis_is_filled_from_the_journal(rig: Rig, valkey_url: str) -> None:
    await rig.lend("r1")
    await rig.step()
    await rig.bus.close()
    rig.bus = Bus(valkey_url, "9" + rig.bus.site)
    await rig.bus.open()
    await rig.start()
    assert await rig.holders() == {"r1": "zhang"}
    await rig.bus.close()


def test_a_domain_needs_neither_a_database_nor_an_event_loop() -> None:
    """Requests are data: this loop answers them."""
    loans = Loans()
    answers: dict[object, list[Doc]] = {
        ListDocuments("inventory", open=True): [
            Doc(kind="inventory", id="r1", open=True, seq=1, body={"radio": "r1", "holder": "li"})
        ]
    }
    loading = loans.load(Start(records={}, pending={}, now=T0))
    request = next(loading)
    with pytest.raises(StopIteration):
        loading.send(answers[request])
    assert loans.records() == {"r1": Asset(id="r1", name="li", kind="radio", region="532301")}
    loans.take(Parcel(target="command", kind="returns", at=T0, body=wire.encode(["r1"])), T0)
    writing = loans.write(T0)
    assert writing is not None
    append = next(writing)
    assert isinstance(append, AppendEntry)
    put = writing.send(7)
    assert isinstance(put, PutDocument)
    assert (append.name, put.seq, put.open) == ("returned", 7, False)
    with pytest.raises(StopIteration) as end:
        writing.send(None)
    assert [(change.id, change.after) for change in end.value.value] == [("r1", None)]
    assert loans.write(T0) is None
