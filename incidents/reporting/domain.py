"""The domain of obligations: they follow from incidents, turn by themselves with time, and end by proof.

It does no I/O (see feeds.engine.domain). The domain of incidents calls `follow` with each change of an incident, so
that both become durable in one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, replace

import msgspec

from feeds.engine.record_domain import CLOCK_SET, RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.grading import rank
from feeds.incidents.phases import BY_DUTY, NO_INCIDENT
from feeds.incidents.policies import ReportingPolicy, policies_of, proofs_for
from feeds.incidents.settings import IncidentSettings
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import OBLIGATION
from feeds.model import Command, Outcome, Result
from feeds.model.incidents import PROOF_CHANNELS, Incident, Obligation, ReportProof
from feeds.receipts import FUTURE
from feeds.regions import covers
from incidents.refusals import OrderRefused, required
from incidents.reporting.clock_steps import after_clock_step
from incidents.reporting.merging import joined, parted
from incidents.reporting.obligations import (
    ended,
    follow_up,
    next_change,
    next_follow_up,
    obligation,
    proved,
    revived,
    skipped_after,
    timed,
)

KIND = "obligation"
PROOF = "obligation.proof"


def obligation_of(doc: Doc) -> Obligation:
    """An obligation from its document."""
    return msgspec.convert(doc.body, Obligation)


class ObligationDomain(RecordDomain[Obligation]):
    """Obligations of the incidents that are not archived."""

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Obligation
    actions = frozenset((PROOF,))

    def __init__(
        self, settings: IncidentSettings, own: Callable[[], tuple[ReportingPolicy, ...] | None] = lambda: None
    ) -> None:
        """`own` gives the rows of the site itself; None: those of the profile of the settings."""
        super().__init__()
        self._own = own
        self.use(settings)

    @property
    def obligations(self) -> dict[str, Obligation]:
        """The obligations in memory by id."""
        return self._held

    def use(self, settings: IncidentSettings) -> None:
        """Make obligations by other settings from now on. Those that are owed stay."""
        self._profile, self._zone = policies_of(settings.reporting), settings.zone

    @property
    def _policies(self) -> tuple[ReportingPolicy, ...]:
        own = self._own()
        return self._profile if own is None else own

    def _reset(self) -> None:
        super()._reset()
        self._of_incident: dict[str, list[str]] = {}

    def of(self, incident: str) -> list[Obligation]:
        """The obligations of one incident, oldest first."""
        return [self.obligations[id] for id in self._of_incident.get(incident, ())]

    # -- following incidents -----------------------------------------------------

    def follow(self, before: Incident | None, incident: Incident, now: float) -> None:
        """Make, void and revive obligations as an incident changes."""
        if incident.phase != (before.phase if before is not None else "received"):
            self._phase_changed(before, incident, now)
        if incident.open:
            self._owed(before, incident, now)

    def _phase_changed(self, before: Incident | None, incident: Incident, now: float) -> None:
        left = before.phase if before is not None else ""
        if incident.phase in NO_INCIDENT:
            self._end(self.of(incident.id), "void", incident.phase, now)
        elif left in NO_INCIDENT:
            self._changed([revived(due, now) for due in self.of(incident.id) if due.reason == left], "restored", now)
        elif incident.phase == "ended":
            self._end([due for due in self.of(incident.id) if due.step == "follow-up"], "void", "ended", now)
            self._make("ended", incident, incident.ended_at or now, now)
        elif left == "ended" and incident.open:
            self._end([due for due in self.of(incident.id) if due.step == "final"], "void", "reopened", now)
        elif incident.phase == "archived":
            self._archive(incident.id, now)

    def _owed(self, before: Incident | None, incident: Incident, now: float) -> None:
        """Owe the reports of the rows that apply now: a first report once, a daily one while the incident is open."""
        regraded = before is not None and bool(before.grade) and rank(incident.grade) < rank(before.grade)
        for policy in self._policies:
            if not policy.applies(incident.event_class, incident.grade):
                continue
            rows = self._rows(incident.id, policy)
            if policy.start == "slots" and not any(due.unmet for due in rows):
                self._add(follow_up(policy, incident, len(rows) + 1, self._zone, now), "due", now)
            elif policy.start in ("received", "occurred") and not rows:
                self._first(policy, incident, regraded, now)
        if before is not None and before.figures != incident.figures and before.figures:
            self._make("casualties", incident, now, now)

    def _first(self, policy: ReportingPolicy, incident: Incident, regraded: bool, now: float) -> None:
        received = incident.received_at
        started = incident.occurred_at or received if policy.start == "occurred" else received
        if regraded and policy.on_regrade == "from_regrade":
            started = now
        due = obligation(policy, incident, 1, started, now)
        self._add(replace(due, because_regraded=regraded and due.late), "due", now)

    def _make(self, start: str, incident: Incident, starts_at: float, now: float) -> None:
        for policy in self._policies:
            if policy.start != start or not policy.applies(incident.event_class, incident.grade):
                continue
            rows = self._rows(incident.id, policy)
            if not any(due.unmet for due in rows):
                self._add(obligation(policy, incident, len(rows) + 1, starts_at, now), "due", now)

    def _rows(self, incident: str, policy: ReportingPolicy) -> list[Obligation]:
        """The obligations of one row, whose numbers are 1 to their count."""
        return [due for due in self.of(incident) if due.policy == policy.key]

    def merge(self, incident: str, target: str, now: float) -> None:
        """Let one clock stand of two for one obligation: the earlier one."""
        self._changed(joined(self.of(incident), self.of(target)), "merged", now)

    def unmerge(self, incident: str, target: str, now: float) -> None:
        """Give both incidents the clocks back that a merge ended."""
        self._changed(parted(self.of(incident), self.of(target), now), "unmerged", now)

    def _archive(self, incident: str, now: float) -> None:
        self._end(self.of(incident), "void", "archived", now)
        for due in self.of(incident):
            self._remove(due.id)
            self._record("archived", due.id, now)
        self._of_incident.pop(incident, None)

    def _end(self, obligations: Iterable[Obligation], state: str, reason: str, now: float) -> None:
        self._changed([ended(due, state, reason) for due in obligations if due.unmet], state, now)

    def _changed(self, obligations: Iterable[Obligation], name: str, now: float) -> None:
        for due in obligations:
            self._put(due)
            self._record(name, due.id, now, body={"reason": due.reason} if due.reason else {})

    # -- proof -------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result] | Result:
        due = self.obligations.get(command.subject)
        if due is None:
            return self._not_open(command)
        if not covers(command.actor_region, due.region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="region")
        if command.expected_rev is not None and command.expected_rev != due.rev:
            return Result(command=command.id, outcome=Outcome.CONFLICT, after=OBLIGATION.view(due))
        try:
            met = self.meet(due, command, now)
        except OrderRefused as refused:
            after = OBLIGATION.view(due)
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)
        return Result(command=command.id, outcome=Outcome.DONE, after=OBLIGATION.view(met))

    def meet(self, due: Obligation, command: Command, now: float) -> Obligation:
        """Meet an obligation by the proof that an order gives. Raises OrderRefused."""
        met = self._proved(due, command, now)
        self._put(met)
        self._record("met", met.id, now, command=command, body={"proof": asdict(met.proof) if met.proof else {}})
        self._skip(met, now)
        return met

    def _not_open(self, command: Command) -> Asking[Result]:
        doc = yield FindDocument(KIND, command.subject)
        return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)

    def _proved(self, due: Obligation, command: Command, now: float) -> Obligation:
        args, channel = command.args, str(command.args.get("channel", ""))
        if not due.unmet:
            raise OrderRefused("not_due", Outcome.CONFLICT)
        if command.role not in BY_DUTY:
            raise OrderRefused("role", Outcome.FORBIDDEN)
        if channel not in PROOF_CHANNELS:
            raise OrderRefused("unknown_channel")
        if channel not in (proofs := proofs_for(due.channel)):
            raise OrderRefused("other_channel")
        required(args, *proofs[channel])
        at = float(args.get("at") or now)
        if not due.starts_at - FUTURE <= at <= now + FUTURE:
            raise OrderRefused("proof_time")
        proof = ReportProof(
            channel=channel,
            at=at,
            recipient=str(args.get("recipient", "")),
            number=str(args.get("number", "")),
            note=str(args.get("note", "")),
            by=command.actor,
            entered_at=now,
        )
        return proved(due, proof, nothing_new=bool(args.get("nothing_new")))

    def _skip(self, met: Obligation, now: float) -> None:
        """Skip a follow-up report that is due soon after this one, and owe the next one."""
        assert met.met_at is not None
        for due in self.of(met.incident):
            if skipped_after(due, met.met_at):
                self._changed([ended(due, "skipped", "reported")], "skipped", now)
                self._next_follow_up(due, now)
        if met.step == "follow-up":
            self._next_follow_up(met, now)

    def _next_follow_up(self, due: Obligation, now: float) -> None:
        """Owe the report of the slot after this one, unless it is owed already."""
        policy = next((policy for policy in self._policies if policy.key == due.policy), None)
        assert due.due_at is not None
        if policy is None:
            return
        rows = self._rows(due.incident, policy)
        if any((other.due_at or 0.0) > due.due_at for other in rows):
            return
        following = next_follow_up(due, policy.slots, len(rows) + 1, self._zone, now)
        self._add(following, "due", now)
        if following.state == "late":  # nobody was there at its hour: the next one is due at an hour to come
            self._next_follow_up(replace(following, due_at=now), now)

    # -- time --------------------------------------------------------------------

    def clock_stepped(self, by: float, now: float) -> None:
        for due in list(self.obligations.values()):
            moved = after_clock_step(due, by, now, self._slots(due), self._zone)
            if moved is not due:
                self._changed([moved], CLOCK_SET, now)
        super().clock_stepped(by, now)

    def _slots(self, due: Obligation) -> tuple[str, ...]:
        """The hours of a daily report, empty for a report with a term."""
        return next((policy.slots for policy in self._policies if policy.key == due.policy), ())

    def moments(self, due: Obligation) -> Iterable[float | None]:
        return (next_change(due),)

    def time_passed(self, due: Obligation, now: float) -> None:
        if (turned := timed(due, now)) is due:
            return
        self._put(turned)
        self._record(turned.state, due.id, now)
        if turned.state == "late" and turned.step == "follow-up":
            self._next_follow_up(turned, now)

    # -- keeping -----------------------------------------------------------------

    def _add(self, due: Obligation, name: str, now: float) -> None:
        self._put(due)
        self._record(name, due.id, now)

    def _put(self, due: Obligation) -> None:
        if due.id not in self.obligations:
            self._of_incident.setdefault(due.incident, []).append(due.id)
        super()._put(due)


register(KIND, obligation_of)
