"""Timing of card rules: after each change by facts, and on the morning of working days for red cases."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from approvals import lights
from approvals.cards.documents import CARD_KIND, ORDER_KIND, Document, body_of, card_of, order_of
from approvals.cards.evidence import evidence_of, names_of
from approvals.cards.signals import signals_of
from approvals.cards.supervision import Supervision, SupervisionStep
from approvals.open_cases import OpenCases, public_id
from approvals.requests import ChangedSince, FactsOf
from feeds.cases import words
from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.fold import fold_facts
from feeds.cases.model import FoldedCase
from feeds.cases.store import CaseStore
from feeds.engine.domain import Start
from feeds.engine.requests import AppendEntry, Asking, ListIds, ListLoaded, PutDocument, Writing
from feeds.workdays.clock import Light
from feeds.workdays.local_time import local_date, midnight
from feeds.workdays.mornings import next_morning

AT_ONCE = 500
"""Cases for which the rules of due days are read in one step."""


OLD = 30 * 86_400.0
"""Seconds after its end at which a case raises no cards of facts any more."""


class Judging:
    """Evaluates the rules of a site's cards. `seq` is the last change number of the store that was evaluated."""

    def __init__(self, assessor: Callable[[], Assessor]) -> None:
        self._assessor = assessor
        self.supervision = Supervision(lambda region: assessor().calendar(region))
        self.seq = 0
        self._waiting: deque[int] = deque()
        self._morning: float | None = None
        self._now = 0.0

    def load(self, start: Start, store: CaseStore, last_seq: int) -> Asking[None]:
        """Load cards and orders, and evaluate the rules for changes that are in the store but not in the journal."""
        self._now = start.now
        judged = start.pending.get("judged")
        self._morning = self._next(start.now if judged is None else min(float(judged), start.now))
        cards = yield ListLoaded(CARD_KIND, card_of)
        orders = yield ListLoaded(ORDER_KIND, order_of)
        self.supervision.restore(cards, orders)
        self.supervision.reserve((yield ListIds(CARD_KIND)), (yield ListIds(ORDER_KIND)))
        self.seq = int(start.pending.get("judged_seq") or last_seq)
        while rows := (yield ChangedSince(store, self.seq, lights.AT_ONCE)):
            facts = yield FactsOf(store, [row.id for row in rows])
            for row in rows:
                case = fold_facts(row.system, row.number, facts[row.id], self._assessor().precedence)
                self.changed(row, case, start.now)
            self.seq = rows[-1].seq

    def _next(self, after: float) -> float:
        return next_morning(self._assessor().book.of(""), after)

    @property
    def busy(self) -> bool:
        """True while cases of this morning wait."""
        return bool(self._waiting)

    def next_moment(self) -> float | None:
        """The next morning, or the next moment of a limit of cards and orders."""
        moments = self.supervision.next_moment(self._now), self._morning
        return min((at for at in moments if at is not None), default=None)

    def clock_stepped(self, now: float) -> None:
        """The clock was set, to `now`: the next morning and the limits of cards and orders follow from it."""
        self._now = min(self._now, now)
        if self._morning is not None:  # a morning that passed while nobody worked still counts
            self._morning = min(self._morning, self._next(now))
        self.supervision.clock_stepped(now)

    def changed(self, row: CaseRow, case: FoldedCase, now: float, before: CaseRow | None = None) -> None:
        """Evaluate the fact rules for a case that facts have changed from `before`.

        Cases that ended long ago raise no cards: agencies type in finished cases in batches, and a first load has years
        of them.
        """
        is_old = row.ended_at is not None and now - row.ended_at > OLD
        if row.state in ("open", "closed") and not (is_old and not self.supervision.concerns(public_id(row))):
            self._judge("fact", row, case, now, before)

    def advance(self, open_cases: OpenCases, store: CaseStore, now: float) -> Asking[None]:
        """Let time pass: red and suspended cases on a morning, some at a time, and limits of cards and orders."""
        self._now = now
        if self._morning is not None and now >= self._morning:
            # After a stop over several mornings today's counts, if it has come: cards are raised in office hours.
            if self._next(midnight(local_date(now)) - 1) <= now:
                self._waiting.extend(
                    id for id, row in open_cases.rows.items() if row.light == Light.RED or words.PAUSED in row.flags
                )
            self._morning = self._next(now)
        ids = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
        rows = [row for id in ids if (row := open_cases.rows.get(id)) is not None and not open_cases.unverified(row)]
        facts = (yield FactsOf(store, [row.id for row in rows])) if rows else {}
        for row in rows:
            if row.id in facts:
                case = fold_facts(row.system, row.number, facts[row.id], self._assessor().precedence)
                self._judge("daily", row, case, now)
        self.supervision.turn(now)

    def _judge(self, on: str, row: CaseRow, case: FoldedCase, now: float, before: CaseRow | None = None) -> None:
        assessor = self._assessor()
        signals = signals_of(row, case, assessor, before) if on == "fact" else {}
        names = names_of(row, case, assessor, now, signals)
        self.supervision.judge(on, names, evidence_of(row, assessor, now, signals), now)

    def pending(self) -> dict[str, Any]:
        """Progress that a restart continues from: the change number, and the time up to which mornings are complete."""
        return {"judged_seq": self.seq, "judged": 0.0 if self._waiting else self._now}


def written_steps(steps: Sequence[SupervisionStep], documents: Mapping[tuple[str, str], Document]) -> Writing[None]:
    """The entries of the steps, and the documents that they changed."""
    seqs: dict[tuple[str, str], int] = {}
    last_at = {(step.kind, step.id): step.at for step in steps}
    for step in steps:
        seqs[step.kind, step.id] = yield AppendEntry(
            kind=step.kind,
            name=step.name,
            subject=step.id,
            at=step.at,
            actor=step.actor,
            reason=step.reason,
            command=step.command,
        )
    for (kind, id), document in documents.items():
        body = body_of(document, last_at[kind, id])
        yield PutDocument(kind=kind, id=id, body=body, open=document.open, seq=seqs[kind, id])
