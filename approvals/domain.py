"""The domain of cases: facts in, rows, lights and boards out. See feeds.engine.domain.

The store of cases is written before the journal. A kill between the two is detected at the next start: the store's
change numbers are higher than the one in the journal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from approvals import lights
from approvals.cards.documents import Document
from approvals.cards.supervision import SupervisionStep, change_of
from approvals.entries import facts_entry
from approvals.fact_queue import FactQueue
from approvals.former_cases import DOCUMENT, former_facts
from approvals.judging import Judging, written_steps
from approvals.open_cases import OpenCases, public_id
from approvals.requests import ApplyFacts, FactsOf, LoadOpenCases, Recount, WriteLights
from approvals.sums_check import SumsCheck
from approvals.sweeps import SWEEP_KIND, SweepDocument, Sweeps, sweep_of, sweep_record, written_sweeps
from feeds import wire
from feeds.cases import words
from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.facts import HEARD, SWEEP, CaseFact
from feeds.cases.ledger import AppliedCase, CaseLedger
from feeds.cases.sealing import Sealer
from feeds.engine.domain import Domain, Message, Start
from feeds.engine.requests import AppendEntry, Asking, DeleteDocument, ListDocuments, ListLoaded, Writing
from feeds.journal import JournalEntry, Parcel
from feeds.model import Change, Command, Kind, Result
from feeds.model.approvals import ApprovalBoard, ApprovalCase
from feeds.workdays.local_time import local_date

NAME = "approvals"
FEED = "approvals"
AHEAD, HOLD = 3 * 86_400.0, 60.0
"""AHEAD: a forward step of the clock above which lights are held. HOLD: how long they are held. Seconds."""


class CaseDomain(Domain):
    """Open cases, their lights and their boards."""

    name = NAME
    kind = Kind.CASE
    feeds = (FEED,)

    def __init__(self, ledger: CaseLedger, departments: Mapping[str, str], sealer: Sealer | None = None) -> None:
        """`sealer` seals the names in documents of former versions. Without it those documents are not migrated."""
        self._ledger, self._departments, self._sealer = ledger, departments, sealer
        self._reset()

    def _reset(self) -> None:
        permits = self.assessor.catalogue.departments_of(words.GROUPS[words.PERMIT])
        self.open_cases = OpenCases(self._departments, standing=permits)
        self._facts = FactQueue()
        self._changes: dict[str, Change] = {}
        self._entries: list[AppendEntry] = []
        self._former: list[str] = []
        self._advanced = False
        self._held_until = 0.0
        self._today = 0
        self._revision = 0
        self._again: deque[int] = deque()
        self._now = 0.0
        self.judging = Judging(lambda: self.assessor)
        self.sweeps = Sweeps(lambda: self._ledger)
        self.sums = SumsCheck(lambda: self._ledger.store)

    def replace(self, assessor: Assessor) -> None:
        """Use other calendars and items. Every open case is assessed again, some at a time."""
        self._ledger.assessor = assessor
        self._again = deque(sorted(self.open_cases.rows))

    @property
    def assessor(self) -> Assessor:
        return self._ledger.assessor

    @property
    def revision(self) -> int:
        return self._revision

    # -- starting ----------------------------------------------------------------

    def load(self, start: Start) -> Asking[None]:
        self._reset()
        self.open_cases.heard = {name: float(at) for name, at in (start.pending.get("heard") or {}).items()}
        self._today = local_date(start.now).toordinal()
        for row in (yield LoadOpenCases(self._ledger)):
            self.open_cases.put(row)
        list(self.open_cases.boards(self._today))
        self._now = start.now
        yield from self.judging.load(start, self._ledger.store, self._ledger.last_seq)
        self.sweeps.restore((yield ListLoaded(SWEEP_KIND, sweep_of)))
        former = (yield ListDocuments(DOCUMENT)) if self._sealer is not None else []
        if former and self._sealer is not None:
            facts = former_facts(former, self._sealer)
            self._facts.put(list(facts.values()))
            self._former = list(facts)

    def records(self) -> Mapping[str, ApprovalCase]:
        return self.open_cases.records

    def published(self) -> Mapping[str, Mapping[str, Any]]:
        boards: Mapping[str, ApprovalBoard] = self.open_cases.all_boards(self._today)
        people = {kind: self.judging.supervision.records(kind, self._now) for kind in (Kind.CARD, Kind.ORDER)}
        return {Kind.CASE: self.records(), Kind.CASE_BOARD: boards, **people}

    def clock_stepped(self, by: float, now: float) -> None:
        """Hold the lights for a minute after a step, because a wrongly set clock would turn thousands of them."""
        if abs(by) > HOLD and (by < 0 or by > AHEAD):
            self._held_until = now + HOLD
        heard = self.open_cases.heard
        self._again.extend(self.open_cases.clock_stepped(now))
        self.judging.clock_stepped(now)
        self._revision += self.open_cases.heard != heard

    # -- running -----------------------------------------------------------------

    def take(self, item: Change | Message | Parcel, now: float) -> None:
        if isinstance(item, Parcel):
            self._facts.put(wire.decode(item.body, list[CaseFact]))
        elif isinstance(item, Message) and isinstance(item.item, CaseFact):
            self._facts.put([item.item])

    def obey(self, command: Command, now: float) -> Result:
        if command.action.startswith(f"{SWEEP_KIND}:"):
            return self.sweeps.obey(command, now)
        return self.judging.supervision.obey(command, now)

    def repeated(self, command: Command, entry: JournalEntry) -> dict[str, Any] | None:
        if entry.kind == SWEEP_KIND:
            sweep = self.sweeps.documents.get(entry.subject)
            return sweep_record(sweep) if sweep is not None else None
        document = self.judging.supervision.documents.get((entry.kind, entry.subject))
        return self.judging.supervision.record(document, command.at) if document is not None else None

    def advance(self, now: float) -> None:
        self._advanced = now >= self._held_until or now < self._held_until - HOLD

    def next_due(self) -> float | None:
        if self._facts:
            return 0.0
        moments = (
            0.0 if self._again or self.judging.busy or self.sweeps.busy or self.sums.busy else None,
            self.sums.next_moment(),
            self.open_cases.next_moment(),
            self.judging.next_moment(),
        )
        due = min((at for at in moments if at is not None), default=None)
        silence = self.open_cases.next_silence()
        if due is not None and self._held_until - HOLD <= self._now < self._held_until:
            due = max(due, self._held_until)  # lights are held: asking without end would not turn them
        return min((at for at in (due, silence) if at is not None), default=None)

    def prepare(self, now: float) -> Asking[None]:
        """Apply the facts that came in, then turn the lights that are due, each in one transaction of the store."""
        facts = self._facts.take()
        yield from self._apply([fact for fact in facts if fact.table not in (HEARD, SWEEP)], now)
        for fact in facts:
            if fact.table == HEARD:
                self._verified(fact, now)
            elif fact.table == SWEEP:
                yield from self.sweeps.take(fact, now)
        if self.sweeps.busy:
            yield from self._apply((yield from self.sweeps.tombstones(now)), now)
        if self._advanced:
            self._advanced = False
            yield from self._turn(now)
            yield from self._read_again(now)
            yield from self.judging.advance(self.open_cases, self._ledger.store, now)
            yield from self.sums.step(now)
            self._entries += self.sums.taken()
        self.open_cases.notice_silence(now)
        self._now = now
        self._count_boards(now)

    def _apply(self, facts: Sequence[CaseFact], now: float) -> Asking[None]:
        if facts:
            applied = yield ApplyFacts(self._ledger, facts, now)
            self._take_applied(applied, facts, now)

    def _take_applied(self, applied: Sequence[AppliedCase], facts: Sequence[CaseFact], now: float) -> None:
        for case in applied:
            self._put(case.after, now, "fact")
            self.judging.changed(case.after, case.case, now, case.before)
            self.sums.changed(case.before, case.after)
        self.judging.seq = max(self.judging.seq, self._ledger.last_seq)
        if applied:
            self._entries.append(facts_entry(applied, facts, self._ledger.summary, now))

    def _verified(self, fact: CaseFact, now: float) -> None:
        if self.open_cases.heard.get(fact.system, 0.0) < fact.stamp:
            self._revision += 1
        silent_after = fact.body.get("silent_after")
        for record in self.open_cases.hear(fact.system, fact.stamp, silent_after):
            self._changes[record.id] = Change(kind=Kind.CASE, id=record.id, after=record, at=now, cause="source")

    def _turn(self, now: float) -> Asking[None]:
        """Turn the lights of at most `lights.AT_ONCE` cases."""
        due = self.open_cases.due(now, lights.AT_ONCE)
        if not due:
            return
        unclear = [row.id for row in due if not lights.by_moments(row)]
        facts = (yield FactsOf(self._ledger.store, unclear)) if unclear else {}
        turned = []
        for row in due:
            self._ledger.last_seq += 1
            seq = self._ledger.last_seq
            if row.id in facts:
                turned.append(lights.reassessed(row, facts[row.id], self.assessor, now, seq))
            else:
                turned.append(lights.passed(row, now, seq))
        events = [event for change in turned for event in change.events]
        read_again = [(row, change.row) for row, change in zip(due, turned, strict=True) if row.id in facts]
        plain = [change.row for change in turned if change.row.id not in facts]
        yield WriteLights(self._ledger.store, plain, events, read_again, now)
        for before, after in read_again:
            self.sums.changed(before, after)
        for change in turned:
            self._put(change.row, now, "time", at=change.events[-1].at if change.events else now)
        if events:
            body = {"lights": lights.counted(turned), "cases": [event.case_id for event in events]}
            entry = AppendEntry(kind=Kind.CASE, name="lights", subject="", at=events[-1].at, body=body)
            self._entries.append(entry)

    def _read_again(self, now: float) -> Asking[None]:
        """Assess some open cases again after a change of calendars or items, and write those that differ."""
        ids = [self._again.popleft() for _ in range(min(lights.AT_ONCE, len(self._again)))]
        ids = [id for id in ids if id in self.open_cases.rows]
        if not ids:
            return
        facts = yield FactsOf(self._ledger.store, ids)
        changed = yield Recount(self._ledger, [self.open_cases.rows[id] for id in ids if id in facts], facts, now)
        for row in changed:
            self._put(row, now, "calendar")
        if changed:
            self.sums.begin_anew()
            body = {"cases": [row.id for row in changed]}
            self._entries.append(AppendEntry(kind=Kind.CASE, name="recounted", subject="", at=now, body=body))

    def _put(self, row: CaseRow, now: float, cause: str, at: float | None = None) -> None:
        id = public_id(row)
        before = self.open_cases.records.get(id)
        record = self.open_cases.put(row)
        if record != before:
            self._changes[id] = Change(kind=Kind.CASE, id=id, after=record, at=at or now, cause=cause)

    def _count_boards(self, now: float) -> None:
        today = local_date(now).toordinal()
        if today != self._today:
            self._today = today
            self.open_cases.touch_all()
        for board in self.open_cases.boards(today):
            after = board if self.open_cases.shows(board) else None
            self._changes[f"board {board.id}"] = Change(
                kind=Kind.CASE_BOARD, id=board.id, after=after, at=now, cause="count"
            )

    # -- keeping -----------------------------------------------------------------

    def pending(self) -> Mapping[str, Any]:
        return {"heard": dict(self.open_cases.heard), **self.judging.pending()}

    def write(self, now: float) -> Writing[Sequence[Change]] | None:
        former, self._former = ([], self._former) if self._facts else (self._former, [])
        steps, documents = self.judging.supervision.taken_steps()
        for key, document in documents.items():
            self._changes[f"{key[0]} {key[1]}"] = change_of(key, document, now)
        swept = self.sweeps.taken()
        if not self._changes and not self._entries and not former and not swept:
            return None
        changes, entries = list(self._changes.values()), self._entries
        self._changes, self._entries = {}, []
        return self._written(changes, entries, former, steps, documents, swept)

    def _written(
        self,
        changes: Sequence[Change],
        entries: Sequence[AppendEntry],
        former: Sequence[str],
        steps: Sequence[SupervisionStep],
        documents: Mapping[tuple[str, str], Document],
        swept: Sequence[tuple[AppendEntry, SweepDocument | None]],
    ) -> Writing[Sequence[Change]]:
        for entry in entries:
            _ = yield entry
        yield from written_steps(steps, documents)
        yield from written_sweeps(swept)
        for id in former:
            yield DeleteDocument(DOCUMENT, id)
        return changes
