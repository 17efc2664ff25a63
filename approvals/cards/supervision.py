"""Cards and supervision orders: raised by rules, moved by people, overdue by time. Pure; the domain writes them.

Rules of due days are read on the morning of working days, and only for cases whose source has reported on a moment
after the limit, so that no card rests on old data. When facts take the basis of a card away, the card goes to review.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec

from approvals.cards.documents import (
    CARD_KIND,
    ORDER_KIND,
    RULES,
    CardDocument,
    Document,
    OrderDocument,
    card_record,
    order_over,
    order_record,
    warn_at,
    year_and_number,
)
from approvals.cards.rules import DEFAULTS, CardRule
from approvals.cards.workflows import CARD, DEPARTMENT, ORDER, REVIEWER, SUPERVISOR, Calendars, limits_of
from feeds import kinds
from feeds.model import Change, Command, Outcome, Result
from feeds.regions import covers
from feeds.tasks.workflow import TaskActionRefused, TaskLife, act, awaited, begin, overdue
from feeds.workdays.local_time import local_date


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionStep:
    """One action on a card or an order, as the journal records it."""

    kind: str
    id: str
    name: str
    at: float
    actor: str
    reason: str = ""
    command: str = ""


class Supervision:
    """All live cards and orders of a site."""

    def __init__(self, calendars: Calendars, rules: Sequence[CardRule] = DEFAULTS) -> None:
        self.calendars, self.rules = calendars, tuple(rules)
        self.documents: dict[tuple[str, str], Document] = {}
        self.proposed_ids: set[str] = set()
        """Ids of all cards ever proposed. A rule proposes at most one card for a case."""
        self.steps: list[SupervisionStep] = []
        self._numbers: dict[int, int] = {}

    def restore(self, cards: Iterable[CardDocument], orders: Iterable[OrderDocument]) -> None:
        """Load the open cards and orders."""
        self.documents |= {(CARD_KIND, card.id): card for card in cards}
        self.documents |= {(ORDER_KIND, order.id): order for order in orders}

    def reserve(self, card_ids: Iterable[str], order_ids: Iterable[str]) -> None:
        """Give none of these ids and numbers again, also not those of documents that cannot be read."""
        self.proposed_ids |= set(card_ids)
        for id in order_ids:
            with suppress(ValueError):
                year, number = year_and_number(id)
                self._numbers[year] = max(self._numbers.get(year, 0), number)

    # -- rules -------------------------------------------------------------------

    def judge(self, on: str, names: Mapping[str, Any], case: Mapping[str, Any], now: float) -> None:
        """Evaluate the rules of `on` ("daily" or "fact") for one case, which may raise cards or send some to review.

        Facts are evaluated for cards of daily rules too; mornings leave the cards of fact rules alone. `case` is that
        of `evidence_of`.
        """
        for rule in self.rules:
            id = f"{rule.id}/{case['id']}"
            card = self.documents.get((CARD_KIND, id))
            if rule.on != on and (card is None or on == "daily"):
                continue
            holds = rule.holds(names)
            if card is None and holds and rule.on == on and id not in self.proposed_ids:
                self._propose(rule, id, case, now)
            elif card is not None and not holds and rule.to_review and card.life.state != "review":
                self._try(card, "doubt", RULES + rule.id, now, reason="basis changed")

    def concerns(self, case: str) -> bool:
        """True when a card of a rule stands about a case."""
        return any((CARD_KIND, f"{rule.id}/{case}") in self.documents for rule in self.rules)

    def _propose(self, rule: CardRule, id: str, case: Mapping[str, Any], now: float) -> None:
        actor = RULES + rule.id
        replaced = self.documents.get((CARD_KIND, f"{rule.replaces}/{case['id']}")) if rule.replaces else None
        document = CardDocument(
            id=id,
            rule=rule.id,
            version=rule.version,
            case=case["id"],
            key=case["key"],
            number=case["number"],
            department=case["department"],
            region=case["region"],
            colour=rule.colour,
            replaces=replaced.id if replaced is not None else "",
            evidence=dict(case["evidence"]),
            life=begin(CARD, actor, now, "propose"),
        )
        self.proposed_ids.add(id)
        self._put(document, SupervisionStep(kind=CARD_KIND, id=id, name="propose", at=now, actor=actor))
        if rule.raise_ == "auto":
            self._try(document, "raise", actor, now)
        if replaced is not None:
            self._try(replaced, "replace", actor, now)

    def _try(self, document: Document, action: str, actor: str, now: float, reason: str = "") -> None:
        """Carry out an action of a rule, if the present state allows it."""
        try:
            self._act(document, action, actor, now, reason=reason)
        except TaskActionRefused:
            return

    # -- people ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Result:
        """Carry out "card:ACTION" or "order:ACTION"; "order:create" makes an order."""
        kind, _, action = command.action.partition(":")
        supervises = bool(command.args.get("supervises"))
        if (kind, action) == (ORDER_KIND, "create"):
            return self._create(command, now) if supervises else _forbidden(command)
        document = self.documents.get((kind, command.subject))
        if document is None:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        if not covers(command.actor_region, document.region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="region")
        if not self._may(document, action, supervises):
            return _forbidden(command)
        if command.expected_rev not in (None, document.life.rev):
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail="rev", after=self.record(document, now))
        try:
            after = self._act(
                document,
                action,
                command.actor,
                now,
                reason=command.reason,
                days=int(command.args.get("days") or 0),
                command=command.id,
            )
        except TaskActionRefused as error:
            outcome = Outcome.CONFLICT if error.code in ("state", "too_often", "same_person") else Outcome.INVALID
            return Result(command=command.id, outcome=outcome, detail=error.code, after=self.record(document, now))
        return Result(command=command.id, outcome=Outcome.DONE, after=self.record(after, now))

    @staticmethod
    def _may(document: Document, action: str, supervises: bool) -> bool:
        """True when the person's part allows the action, and for an action that the state refuses anyway."""
        workflow = CARD if isinstance(document, CardDocument) else ORDER
        try:
            by = workflow.transition(document.life.state, action).by
        except TaskActionRefused:
            return True
        return by == DEPARTMENT or (supervises and by in (SUPERVISOR, REVIEWER))

    def _create(self, command: Command, now: float) -> Result:
        args = command.args
        region = str(args.get("region", ""))
        if not covers(command.actor_region, region):
            return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="region")
        year = local_date(now).year
        self._numbers[year] = number = self._numbers.get(year, 0) + 1
        cards = tuple(map(str, args.get("cards", ())))
        named = [self.documents.get((CARD_KIND, id)) for id in cards]
        red = any(isinstance(card, CardDocument) and card.colour == "red" for card in named)
        document = OrderDocument(
            id=f"{year}-{number:04}",
            number=f"督办〔{year}〕{number:04}号",
            title=str(args.get("title", "")),
            text=str(args.get("text", "")),
            department=str(args.get("department", "")),
            region=region,
            cases=tuple(map(str, args.get("cases", ()))),
            cards=cards,
            red=red,
            life=begin(ORDER, command.actor, now),
        )
        self._put(document, _step(document, "create", command.actor, now, command=command.id))
        return Result(command=command.id, outcome=Outcome.DONE, after=self.record(document, now))

    def _act(
        self,
        document: Document,
        action: str,
        actor: str,
        now: float,
        *,
        reason: str = "",
        days: int = 0,
        command: str = "",
    ) -> Document:
        is_card = isinstance(document, CardDocument)
        red = isinstance(document, OrderDocument) and document.red
        limits = limits_of(self.calendars(document.region), red=red)
        life = act(
            CARD if is_card else ORDER, document.life, action, by=actor, at=now, limits=limits, reason=reason, days=days
        )
        after: Document = msgspec.structs.replace(document, life=life)
        self._put(after, _step(after, action, actor, now, reason=reason, command=command))
        return after

    # -- time --------------------------------------------------------------------

    def next_moment(self, now: float) -> float | None:
        """The moment at which the next limit ends or turns yellow, None without one."""
        return min((at for document in self.documents.values() for at in _moments(document.life, now)), default=None)

    def turn(self, now: float) -> None:
        """Note the limits that have passed."""
        for document in list(self.documents.values()):
            life = overdue(document.life, now)
            if life is not None and document.life.limit_at is not None:
                at = document.life.limit_at
                self._put(msgspec.structs.replace(document, life=life), _step(document, "overdue", "", at))
                if isinstance(document, OrderDocument):
                    self._order_over(document, now)

    def _order_over(self, order: OrderDocument, now: float) -> None:
        """Raise a red card for an order that was not signed or answered in time (R13)."""
        card = order_over(order, now)
        if card.id not in self.proposed_ids:
            actor = card.life.history[0].by
            self.proposed_ids.add(card.id)
            self._put(card, SupervisionStep(kind=CARD_KIND, id=card.id, name="propose", at=now, actor=actor))
            self._try(card, "raise", actor, now)

    def clock_stepped(self, now: float) -> None:
        """The clock was set, to `now`: a limit that is still to come has not passed."""
        for document in list(self.documents.values()):
            if (life := awaited(document.life, now)) is not None:
                self._put(msgspec.structs.replace(document, life=life), _step(document, "clock-set", "", now))

    # -- keeping -----------------------------------------------------------------

    def _put(self, document: Document, step: SupervisionStep) -> None:
        self.documents[step.kind, document.id] = document
        self.steps.append(step)

    def record(self, document: Document, now: float) -> dict[str, Any]:
        """The public record of a document."""
        if isinstance(document, CardDocument):
            return kinds.CARD.view(card_record(document))
        return kinds.ORDER.view(order_record(document, now))

    def records(self, kind: str, now: float) -> dict[str, Any]:
        """The live records of cards or orders, by id."""
        chosen = [document for (of, _), document in self.documents.items() if of == kind]
        return {
            document.id: card_record(document) if isinstance(document, CardDocument) else order_record(document, now)
            for document in chosen
        }

    def taken_steps(self) -> tuple[list[SupervisionStep], dict[tuple[str, str], Document]]:
        """The steps since the last call with the documents that they changed; finished documents are forgotten."""
        steps, self.steps = self.steps, []
        changed = {(step.kind, step.id): self.documents[step.kind, step.id] for step in steps}
        for key, document in changed.items():
            if not document.open:
                del self.documents[key]
        return steps, changed


def change_of(key: tuple[str, str], document: Document, now: float, cause: str = "") -> Change:
    """The change that is published of a document; a finished one is withdrawn."""
    kind, id = key
    record = card_record(document) if isinstance(document, CardDocument) else order_record(document, now)
    return Change(kind=kind, id=id, after=record if document.open else None, at=now, cause=cause)


def _step(
    document: Document, name: str, actor: str, at: float, *, reason: str = "", command: str = ""
) -> SupervisionStep:
    kind = CARD_KIND if isinstance(document, CardDocument) else ORDER_KIND
    return SupervisionStep(kind=kind, id=document.id, name=name, at=at, actor=actor, reason=reason, command=command)


def _forbidden(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.FORBIDDEN)


def _moments(life: TaskLife, now: float) -> Iterable[float]:
    if life.limit_at is not None and life.overdue_at is None:
        yield life.limit_at
        if (warning := warn_at(life.limit_at)) > now:
            yield warning
