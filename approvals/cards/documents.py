"""Documents of cards and supervision orders in the journal, and the public records that follow from them."""

from __future__ import annotations

from typing import Any

import msgspec

from approvals.cards.workflows import CARD, ENGINE, ORDER
from feeds import wire
from feeds.journal import Doc
from feeds.model.approvals import ApprovalCard, CardContent, OrderContent, SupervisionOrder, TaskChoice
from feeds.tasks.workflow import TaskAction, TaskLife, Workflow, begin
from feeds.workdays.local_time import local_date, midnight

CARD_KIND, ORDER_KIND = "card", "order"
RULES = "rule:"
"""Prefix of the actor's name when a rule acts."""
ORDER_OVER = "order_over"


class CardDocument(CardContent, frozen=True, kw_only=True):
    """A card as the journal holds it: its content and its life."""

    life: TaskLife

    @property
    def open(self) -> bool:
        """True until the card has reached a final state."""
        return self.life.state not in CARD.final


class OrderDocument(OrderContent, frozen=True, kw_only=True):
    """A supervision order as the journal holds it. `red`: a red card is among its cards; the answer is due sooner."""

    red: bool = False
    life: TaskLife

    @property
    def open(self) -> bool:
        """True until the order has reached a final state."""
        return self.life.state not in ORDER.final


Document = CardDocument | OrderDocument


def _content(document: Document, content: type[CardContent | OrderContent]) -> dict[str, Any]:
    return {name: getattr(document, name) for name in content.__struct_fields__}


def card_record(document: CardDocument) -> ApprovalCard:
    """The public record of a card."""
    life = document.life
    return ApprovalCard(
        **_content(document, CardContent),
        state=life.state,
        proposed_at=life.history[0].at,
        raised_at=next((action.at for action in life.history if action.action in ("raise", "confirm")), None),
        appeal_by=life.limit_at if life.limit == "appeal" else None,
        decide_by=life.limit_at if life.limit == "decide" else None,
        choices=_choices(CARD, life),
        history=tuple(map(_action_record, life.history)),
        rev=life.rev,
    )


def order_record(document: OrderDocument, now: float) -> SupervisionOrder:
    """The public record of an order. Its light is yellow on the last day of the limit, and red after it."""
    life = document.life
    return SupervisionOrder(
        **_content(document, OrderContent),
        state=life.state,
        created_by=life.history[0].by,
        created_at=life.history[0].at,
        limit_at=life.limit_at,
        light=light_of(life, now),
        choices=_choices(ORDER, life),
        urged=sum(action.action == "urge" for action in life.history),
        history=tuple(map(_action_record, life.history)),
        rev=life.rev,
    )


def _choices(workflow: Workflow, life: TaskLife) -> tuple[TaskChoice, ...]:
    """The actions of people that are possible now."""
    transitions = {name: workflow.transition(life.state, name) for name in workflow.possible(life.state)}
    done = [action.action for action in life.history]
    return tuple(
        TaskChoice(action=name, by=transition.by, reason=transition.reason, days=transition.days)
        for name, transition in transitions.items()
        if transition.by != ENGINE and not (transition.most and done.count(name) >= transition.most)
    )


def light_of(life: TaskLife, now: float) -> str:
    """Light of a task's present limit: green, yellow or red; "" without a limit."""
    if life.limit_at is None:
        return ""
    if now >= life.limit_at:
        return "red"
    return "yellow" if now >= warn_at(life.limit_at) else "green"


def warn_at(limit_at: float) -> float:
    """The beginning of the last day of a limit, at which its light turns yellow."""
    return midnight(local_date(limit_at - 1))


def _action_record(action: TaskAction) -> dict[str, Any]:
    return {"action": action.action, "at": wire.iso(action.at), "by": action.by, "reason": action.reason, **action.data}


def order_over(order: OrderDocument, now: float) -> CardDocument:
    """The red card for an order that was not signed or answered in time, as a proposal; one a limit."""
    return CardDocument(
        id=f"{ORDER_OVER}/{order.id}/{order.life.limit}",
        rule=ORDER_OVER,
        version=1,
        case=order.id,
        key=0,
        number=order.number,
        department=order.department,
        region=order.region,
        colour="red",
        evidence={"limit": order.life.limit, "limit_at": wire.iso(order.life.limit_at)},
        life=begin(CARD, f"{RULES}{ORDER_OVER}", now, "propose"),
    )


def body_of(document: Document, now: float) -> dict[str, Any]:
    """The body of a document. A finished one has its public record too: other processes list it from the journal."""
    body: dict[str, Any] = msgspec.to_builtins(document)
    if document.open:
        return body
    record = card_record(document) if isinstance(document, CardDocument) else order_record(document, now)
    public: dict[str, Any] = msgspec.to_builtins(record)
    return body | public


def card_of(doc: Doc) -> CardDocument:
    """The card of a document. Raises msgspec.ValidationError."""
    return msgspec.convert(doc.body, CardDocument)


def order_of(doc: Doc) -> OrderDocument:
    """The order of a document, whose id is its year and number. Raises msgspec.ValidationError or ValueError."""
    order = msgspec.convert(doc.body, OrderDocument)
    year_and_number(order.id)
    return order


def year_and_number(id: str) -> tuple[int, int]:
    """The year and the number in the id of an order: "2026-0007". Raises ValueError."""
    year, number = map(int, id.split("-"))
    return year, number
