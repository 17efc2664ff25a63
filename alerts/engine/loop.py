"""The alert engine: reads changes and commands, journals what follows, and only then publishes it.

One journal transaction a batch holds the transitions, the alerts' present form, what is to be sent
and the place in the change stream; the bus hears of it afterwards. Killed in between, the next
start finds the journal ahead of Redis, publishes from it and goes on behind what it has decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.core.core import Board, Step, new_id
from alerts.engine import document
from alerts.engine.journal import append, change_of, enqueue, is_shown, keep_note, kept_suppressions, usable
from alerts.engine.position import NAME, Place, find, unpublished
from alerts.external.parcels import take_parcel
from alerts.lifecycle import transitions
from alerts.lifecycle.operator_actions import Refused, refusal
from alerts.notify import receiver_test
from alerts.notify.notifier import ACKED, Telling
from alerts.oncall.directory import ACTIONS as PEOPLE_ACTIONS
from alerts.oncall.directory import People, PeopleNote
from alerts.receivers.catalogue import House
from alerts.rulebook import book
from alerts.rulebook.book import RuleBook, RuleNote
from alerts.rules.delays import Timers
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import NamedSources, Subject, Subjects
from alerts.settings import EscalationSettings, HoldPolicy, ReceiverSettings
from alerts.suppression import silences
from alerts.suppression.silences import Note
from alerts.uninterrupted import finish
from feeds.bus import Bus, StreamEntry
from feeds.clock import Clock, mark_of
from feeds.clock import now as wall_clock
from feeds.engine.inbox import LOOK, Inbox
from feeds.journal import Journal, Parcel, Tx
from feeds.live.mirror import alert_record
from feeds.model import Alert, Change, Command, Kind, Outcome, Result

BACKLOG = 100  # this many entries at once mean that more are waiting: time stands still until they are read


class AlertEngine:
    """Owns the alerts (see feeds.engine.Engine). `wake` is called when something was queued to be sent."""

    name = NAME

    def __init__(
        self,
        journal: Journal,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        site_name: str,
        *,
        clock: Clock = wall_clock,
        wake: Callable[[], None] = lambda: None,
        make_id: Callable[[float], str] = new_id,
        policy: HoldPolicy | None = None,
        sample: float = 0.0,
        inbox: Inbox | None = None,
        escalations: Sequence[EscalationSettings] = (),
        house: House | None = None,
        told_of_receivers: Callable[[Sequence[ReceiverSettings]], None] = lambda receivers: None,
        named_sources: NamedSources | None = None,
        told_of_clock: Callable[[float], None] = lambda by: None,
    ) -> None:
        house = house or House()
        self._journal, self._inbox = journal, inbox
        self.book = RuleBook(rules, sample)
        self.people = People(journal, receivers, escalations, lambda some: usable(some, house))
        self.telling = Telling(self.people, site_name, house.zone)
        self._told_of_receivers, self._site_name = told_of_receivers, site_name
        self._told_of_clock = told_of_clock
        self._trials: list[receiver_test.Trial] = []
        self._clock = clock
        self._wake = wake
        self._make_id = make_id
        self._policy, self._named_sources = policy, named_sources
        self._bus: Bus | None = None
        self._place, self._saved_timers = Place(), -1
        self._unreconciled, self._new_people = True, True
        self._moved: set[str] = set()
        self.board = Board(self.book.running(), subjects=Subjects(), make_id=make_id)

    def replace(
        self,
        rules: Mapping[str, CompiledRule],
        receivers: Sequence[ReceiverSettings],
        *,
        sample: float = 0.0,
        policy: HoldPolicy | None = None,
        escalations: Sequence[EscalationSettings] = (),
        named_sources: NamedSources | None = None,
    ) -> None:
        """Other rules of the file, receivers and policies from the next step on; alerts of removed rules clear then."""
        self._policy, self._new_people, self._named_sources = policy, True, named_sources
        self.people.replace(receivers, escalations)
        self._told_of_receivers(self.people.receivers)
        self.board.set_policy(policy)
        self.book.set_file(rules, self._clock(), sample)
        self._moved |= self.board.set_rules(self.book.running()) | self.board.set_named_sources(named_sources)

    # -- starting ----------------------------------------------------------------

    async def open(self, bus: Bus) -> dict[str, str]:
        """Rebuild from the journal, publish what Redis has not heard of, and say where to read on."""
        self._bus = bus
        state = await bus.state(kind for kind in Kind if kind is not Kind.ALERT)
        if self._inbox is not None:
            await self._inbox.open()
        docs = document.read(await self._journal.bodies("alert"))
        await self.people.open()
        self.telling.load(docs)
        self._told_of_receivers(self.people.receivers)
        self._new_people = True
        self._place, adrift = await find(bus, self._journal, state.last)
        pending = self._place.pending
        self.book.restore(await self._journal.docs(book.KIND), self._clock())
        self.board = Board(
            self.book.running(),
            subjects=Subjects(state.records, self._named_sources),
            alerts=(doc.alert for doc in docs),
            timers=Timers(pending),
            meters=pending.get("flapping", ()),
            policy=self._policy,
            make_id=self._make_id,
            suppressions=await kept_suppressions(self._journal),
        )
        now = self._clock()
        self.board.reporting.load(docs, now)
        self.clock_stepped(self._place.clock_step(mark_of(self._clock)), now)
        self._unreconciled, self._saved_timers = True, -1
        behind = await unpublished(bus, self.board.alerts, now)
        if adrift:
            self.board.meet(now)
        await finish(self._settle(behind, [], now))
        return dict(self._place.cursors)

    # -- running -----------------------------------------------------------------

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take changes and commands in at their own times, then let time pass; journal, then publish."""
        results = await self._take(entries, now)
        if len(entries) < BACKLOG and not (self._inbox and self._inbox.more):
            self.board.advance(now)
            if self._unreconciled or self._moved:
                self.board.reconcile(None if self._unreconciled else self._moved)
                self._unreconciled, self._moved = False, set()
        self._place = self._place.past(entries)
        await finish(self._settle([], results, now))
        if self._inbox is not None:
            await self._inbox.tidy()

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds: everything that is due is computed anew (see Board.clock_stepped)."""
        self.board.clock_stepped(by, now, self.telling.escalations.clock_stepped(by, now))
        self._unreconciled = True
        self._told_of_clock(by)

    def rest(self, now: float) -> float:
        """Until the next timer, or the next look at what other tools have sent in."""
        if self.hungry or self._moved:
            return 0.0
        waits = [at - now for at in (self.board.next_due(), self.telling.escalations.next_due()) if at is not None]
        look = self._inbox.rest if self._inbox is not None else LOOK
        return min(look, max(0.0, min(waits, default=look)))

    @property
    def hungry(self) -> bool:
        """Whether more waits than was taken: the loop comes again at once."""
        return self._inbox is not None and self._inbox.more

    async def _take(self, entries: Sequence[StreamEntry], now: float) -> list[Result]:
        items: list[Change | Command | Parcel] = [
            item for entry in entries for item in entry.items if isinstance(item, Change | Command)
        ]
        if self._inbox is not None:
            items += await self._inbox.take()
        results: dict[str, Result] = {}
        for item in sorted(items, key=lambda one: one.at):
            if isinstance(item, Change):
                self.board.fold(item, now)
            elif isinstance(item, Parcel):
                take_parcel(self.board, item, now)
            elif item.id not in results:
                results[item.id] = await self._obey(item, now)
        return list(results.values())

    async def _obey(self, command: Command, now: float) -> Result:
        """Carry a command out once: one that the journal knows is only answered again."""
        if command.action in PEOPLE_ACTIONS or command.action == receiver_test.ACTION:
            return await self._arrange(command, now)
        closed = None
        if self.board.find(command.subject) is None:
            doc = await self._journal.doc("alert", command.subject)
            closed = transitions.load(doc.body) if doc is not None else None
        if await self._journal.command_entry(command.id) is not None:
            alert = self.board.find(command.subject) or closed
            known = self.board.suppressions.get(command.subject)
            other = silences.public(known) if known is not None else None
            after = alert_record(alert) if alert is not None else other
            if command.action == book.ACTION:
                after = {"rev": self.book.rev, "changed": [], "preview": []}
            return Result(command=command.id, outcome=Outcome.DONE, detail="again", after=after)
        if command.action == book.ACTION:
            self.board.advance(min(command.at, now))
            result = self.book.carry_out(command, self.board, self.board.now, now)
            self._moved |= self.board.set_rules(self.book.running())
            return result
        return self.board.command(command, now, closed)

    async def _arrange(self, command: Command, now: float) -> Result:
        """Another roster, other receivers or policies, or a test message."""
        if (entry := await self._journal.command_entry(command.id)) is not None:
            current = (
                self.people.version(entry.kind).dump()
                if entry.name != "test"
                else {"key": receiver_test.key_of(command)}
            )
            return Result(command=command.id, outcome=Outcome.DONE, detail="again", after=current)
        if command.action == receiver_test.ACTION:
            try:
                self._trials.append(receiver_test.trial(command, self.people, self._site_name, now))
            except Refused as error:
                return refusal(command, error)
            return Result(command=command.id, outcome=Outcome.DONE, after={"key": receiver_test.key_of(command)})
        result = await self.people.obey(command, now)
        if result.outcome is Outcome.DONE:
            self._told_of_receivers(self.people.receivers)
            self._new_people = True
        return result

    def _around(self, alert: Alert) -> Subject | None:
        return self.board.subjects.get((alert.subject_kind, alert.asset))

    def _find(self, id: str) -> tuple[Alert, Subject | None] | None:
        alert = self.board.alerts.get(id)
        return (alert, self._around(alert)) if alert is not None else None

    # -- keeping -----------------------------------------------------------------

    async def _settle(self, changes: list[Change], results: list[Result], now: float) -> None:
        """Journal what happened, then publish it; nothing is written when there is nothing new."""
        steps, notes, rules = self.board.take_steps(), self.board.suppressions.take_notes(), self.book.take_notes()
        lagging = self._inbox is not None and self._inbox.lagging
        people: list[PeopleNote | receiver_test.Trial] = [*self.people.take_notes(), *self._trials]
        self._trials = []
        late = self._new_people or self.telling.escalations.is_due(now)
        news = bool(steps or notes or rules or lagging or people or late)
        if not (news or changes or results or self.board.revision != self._saved_timers):
            return
        self._place = self._place.next_turn(self.board.dump(), mark_of(self._clock))
        if news and await self._record(steps, notes, rules, people, now):
            self._wake()
        await self._commit([*changes, *(change_of(step) for step in steps if is_shown(step))], results)

    async def _record(
        self,
        steps: Sequence[Step],
        notes: Sequence[Note],
        rules: Sequence[RuleNote],
        people: Sequence[PeopleNote | receiver_test.Trial],
        now: float,
    ) -> bool:
        """Everything that follows from a batch becomes durable together; True when there is something to send."""
        queued = False
        async with self._journal.begin() as tx:
            for note in notes:
                await keep_note(tx, note)
            for one in people:
                await one.write(tx)
                queued = queued or isinstance(one, receiver_test.Trial)
            if rules:
                await book.record(tx, self.book, rules)
            last: dict[str, tuple[Alert, int]] = {}
            for step in steps:
                last[step.alert.id] = step.alert, await append(tx, step)
                queued = await enqueue(tx, self.telling.say(step)) or queued
                if self.telling.quiets(step):
                    self.telling.cancelled(step.alert.id, await tx.cancel_outbox(step.alert.id, reason=ACKED))
            queued = await self._escalate(tx, {step.alert.id: step for step in steps}, last, now) or queued
            for id, (alert, seq) in last.items():
                body = transitions.dump(alert) | self.telling.dump(id) | self.board.reporting.dump(id)
                await tx.put("alert", id, body, open=alert.open, seq=seq)
                if not alert.open:
                    self.telling.drop(id)
            await tx.set_cursor(NAME, self._place.for_journal())
            if self._inbox is not None:
                await self._inbox.write(tx)
        if self._inbox is not None:
            self._inbox.settled()
        return queued

    async def _escalate(self, tx: Tx, ends: Mapping[str, Step], last: dict[str, tuple[Alert, int]], now: float) -> bool:
        """Begin, go on with or stop the escalation of what has moved, and tell what is due; `last` gains what did."""
        if self._new_people:
            self._new_people = False
            self.telling.changed(self.board.alerts.values(), self._around, now)
            await self.people.write_file_docs(tx)
        for step in ends.values():
            self.telling.follow(step.alert, step.subject or self._around(step.alert), step.transition.at)
        queued = False
        for one in self.telling.escalate(now, self._find):
            alert = one.fired.alert
            last[alert.id] = alert, await one.append(tx)
            queued = await enqueue(tx, one.notices) or queued
        return queued

    async def _commit(self, changes: Iterable[Change], results: Iterable[Result]) -> None:
        assert self._bus is not None, "open() comes first"
        revision = self.board.revision
        await self._bus.commit(
            NAME, cursors=self._place.cursors, changes=changes, results=results, private=self._place.for_redis()
        )
        self._saved_timers = revision
