"""Open cases, their boards, cards and supervision orders. Written by the approvals role."""

from __future__ import annotations

from typing import Literal

from feeds.kinds.board_feeds import light_of
from feeds.kinds.filters import Exact, Flag, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model import Kind
from feeds.model.approvals import ApprovalBoard, ApprovalCard, ApprovalCase, SupervisionOrder

CaseLight = Literal["red", "yellow", "green", "grey"]
LIGHTS = ("green", "yellow", "red", "grey", "")
COLOURS = ("notice", "yellow", "red")
CARD_STATES = ("proposed", "raised", "answered", "appealed", "upheld", "review", "withdrawn", "refused", "closed")
UNCERTAIN = ("proposed", "review")
"""States of a card that counts as none yet: nobody has confirmed it, or its basis has changed."""
ORDER_STATES = ("draft", "review", "issued", "signed", "answered", "closed", "void")


def _case_title(subject: SubjectState, language: str) -> str:
    return str(subject.record.number)


CASE = RecordKind(
    name=Kind.CASE,
    plural="cases",
    record=ApprovalCase,
    writer="approvals",
    plain=False,
    derived=(Derived("paused", bool, lambda case: "paused" in case.flags),),
    faces={
        "row": (
            "id",
            "key",
            "number",
            "item",
            "kind",
            "department",
            "region",
            "step",
            "light",
            "due",
            "frozen_left",
            "paused",
            "unverified",
        )
    },
    filters=(
        Words(name="light", words=LIGHTS),
        Words(name="department"),
        Words(name="item"),
        Words(name="kind"),
        Words(name="step"),
        Flag(name="paused"),
        Within(),
        Exact(name="due", longest=10),
    ),
    sort=Sort(("due", "id")),
    slashes=True,
    subject=SubjectKind(
        name=Kind.CASE,
        names={
            **texts("id", "number", "system", "item", "kind", "department", "region", "step", "state"),
            "light": RuleName("string", frozenset(LIGHTS)),
            "flags": RuleName("list"),
            "unverified": RuleName("bool"),
        },
        title=_case_title,
        feed=lambda subject: "approvals",
    ),
)
CASE_BOARD = RecordKind(
    name=Kind.CASE_BOARD,
    plural="case_boards",
    record=ApprovalBoard,
    writer="approvals",
    derived=(Derived("light", CaseLight, lambda board: light_of(board.lights, board.silent_since is not None)),),
    filters=(Words(name="department"), Words(name="group"), Within()),
    slashes=True,
)
CARD = RecordKind(
    name=Kind.CARD,
    plural="cards",
    record=ApprovalCard,
    writer="approvals",
    live=lambda card: card.live,
    archive="card",
    derived=(
        Derived("open", bool, lambda card: card.live),
        Derived("valid", bool, lambda card: card.live and card.state not in UNCERTAIN),
    ),
    faces={
        "row": (
            "id",
            "rule",
            "key",
            "number",
            "department",
            "region",
            "colour",
            "state",
            "valid",
            "proposed_at",
            "appeal_by",
            "decide_by",
            "choices",
            "rev",
        )
    },
    entries=("card",),
    filters=(
        Words(name="state", words=CARD_STATES),
        Words(name="colour", words=COLOURS),
        Words(name="rule"),
        Words(name="department"),
        Within(),
        Search(name="q", fields=("id", "number")),
    ),
    sort=Sort(("id",), down=True, page=100),
    slashes=True,
)
ORDER = RecordKind(
    name=Kind.ORDER,
    plural="orders",
    record=SupervisionOrder,
    writer="approvals",
    live=lambda order: order.live,
    archive="order",
    derived=(Derived("open", bool, lambda order: order.live),),
    faces={
        "row": (
            "id",
            "number",
            "title",
            "department",
            "region",
            "state",
            "created_at",
            "limit_at",
            "light",
            "urged",
            "rev",
        )
    },
    entries=("order",),
    filters=(
        Words(name="state", words=ORDER_STATES),
        Words(name="department"),
        Within(),
        Search(name="q", fields=("number", "title")),
    ),
    sort=Sort(("id",), down=True, page=100),
)
APPROVALS = (CASE, CASE_BOARD, CARD, ORDER)
