"""Documents of cards and supervision orders in the journal, and the public records that follow from them."""

from __future__ import annotations

from typing import Any

import msgspec

from approvals.cards.workflows import CARD, ORDER
from feeds import wire
from feeds.model.approvals import ApprovalCard, SupervisionOrder
from feeds.tasks.workflow import TaskAction, TaskLife
from feeds.workdays.local_time import local_date, midnight

CARD_KIND, ORDER_KIND = "card", "order"


class CardDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A card: its rule and version, its case, the clock as it stood (`evidence`), and its life."""

    id: str
    rule: str
    version: int
    case: str
    key: int
    number: str
    department: str
    region: str
    colour: str
    replaces: str = ""
    evidence: dict[str, Any] = {}
    life: TaskLife

    @property
    def open(self) -> bool:
        """Whether somebody may still have to act."""
        return self.life.state not in CARD.final


class OrderDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A supervision order. `red`: one of its cards is red, which shortens the limit of the answer."""

    id: str
    number: str
    title: str
    text: str
    department: str
    region: str
    cases: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    red: bool = False
    life: TaskLife

    @property
    def open(self) -> bool:
        """Whether it is not finished."""
        return self.life.state not in ORDER.final


Document = CardDocument | OrderDocument


def card_record(document: CardDocument) -> ApprovalCard:
    """The card as screens show it."""
    life = document.life
    return ApprovalCard(
        id=document.id,
        rule=document.rule,
        version=document.version,
        case=document.case,
        key=document.key,
        number=document.number,
        department=document.department,
        region=document.region,
        colour=document.colour,
        state=life.state,
        proposed_at=life.history[0].at,
        raised_at=next((done.at for done in life.history if done.action in ("raise", "confirm")), None),
        appeal_by=life.limit_at if life.limit == "appeal" else None,
        decide_by=life.limit_at if life.limit == "decide" else None,
        replaces=document.replaces,
        evidence=document.evidence,
        history=tuple(map(_shown, life.history)),
        rev=life.rev,
    )


def order_record(document: OrderDocument, now: float) -> SupervisionOrder:
    """The order as screens show it; yellow on the last day of its limit, red after it."""
    life = document.life
    return SupervisionOrder(
        id=document.id,
        number=document.number,
        title=document.title,
        text=document.text,
        department=document.department,
        region=document.region,
        cases=document.cases,
        cards=document.cards,
        state=life.state,
        created_by=life.history[0].by,
        created_at=life.history[0].at,
        limit_at=life.limit_at,
        light=light_of(life, now),
        urged=sum(done.action == "urge" for done in life.history),
        history=tuple(map(_shown, life.history)),
        rev=life.rev,
    )


def light_of(life: TaskLife, now: float) -> str:
    """The light of a task's present limit; "" without one."""
    if life.limit_at is None:
        return ""
    if now >= life.limit_at:
        return "red"
    return "yellow" if now >= warn_at(life.limit_at) else "green"


def warn_at(limit_at: float) -> float:
    """When the light of a limit turns yellow: at the beginning of its last day."""
    return midnight(local_date(limit_at - 1))


def _shown(done: TaskAction) -> dict[str, Any]:
    return {"action": done.action, "at": wire.iso(done.at), "by": done.by, "reason": done.reason, **done.data}
