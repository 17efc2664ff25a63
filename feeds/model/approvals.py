"""Records of approvals as screens and rules see them. No personal values are in any of them."""

from __future__ import annotations

from typing import Any

import msgspec

from feeds.model.times import Time


class ApprovalCase(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An open case, compact. `id` is system and number with a colon between; `key` its number in the store.

    `due` is the due day (YYYY-MM-DD), "" where there is none. `n` counts days (or office minutes) from `started_at`.
    `frozen_left` are the days left while the case is suspended. What is left of a running limit follows from `due`, the
    calendar and the present day; `GET /api/v1/approvals/cases` answers it.
    `unverified`: the limit passed while the case's source was silent.
    """

    id: str
    key: int
    system: str
    number: str
    item: str
    kind: str
    department: str
    region: str
    step: str
    light: str
    state: str
    due: str = ""
    n: int | None = None
    frozen_left: int | None = None
    limit_at: Time | None = None
    warn_at: Time | None = None
    started_at: Time | None = None
    parent: str = ""
    flags: tuple[str, ...] = ()
    unverified: bool = False
    changed_at: Time = 0.0


class ApprovalBoard(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Counts of the open cases of one department in one region, of one group of kinds: groups are never added together.

    `lights` counts by light, `steps` by step. `as_of`: when a fact of this department last came in.
    `silent_since`: the moment up to which the quietest of its sources has reported, None while all report in time.
    """

    id: str
    department: str
    name: str
    region: str
    group: str
    open: int
    lights: dict[str, int]
    steps: dict[str, int]
    paused: int
    due_today: int
    unverified: int
    as_of: Time | None
    silent_since: Time | None = None


class TaskChoice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An action that is possible in the present state. `by`: department, supervisor or reviewer.

    `reason`: one must be given. `days`: the greatest number of days that may be asked for, 0 for none.
    """

    action: str
    by: str
    reason: bool = False
    days: int = 0


class CardContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The unchanging part of a card: its rule and that rule's version, its case, and the evidence.

    `key` is the case's number in the store. `replaces` is the id of a milder card that this one closed.
    `evidence` is the clock of the case when the rule held: day0, due, n, overdue, flags, seq.
    """

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


class ApprovalCard(CardContent, frozen=True, kw_only=True, gc=False):
    """A card (黄牌, 红牌) that a rule has raised or proposed. See approvals/cards.

    `appeal_by` and `decide_by` are the ends of those limits. `history` lists the actions: action, at, by, reason.
    """

    state: str
    raised_at: Time | None
    proposed_at: Time
    appeal_by: Time | None = None
    decide_by: Time | None = None
    choices: tuple[TaskChoice, ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    rev: int = 0

    @property
    def live(self) -> bool:
        """True until the card is withdrawn, closed or refused."""
        return self.state not in ("withdrawn", "closed", "refused")


class OrderContent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The unchanging part of a supervision order. `cases` and `cards` are the ids that it is about."""

    id: str
    number: str
    title: str
    text: str
    department: str
    region: str
    cases: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()


class SupervisionOrder(OrderContent, frozen=True, kw_only=True, gc=False):
    """A supervision order (督办单). See feeds/tasks for its life.

    `limit_at` is the end of the limit that runs now. `history` lists the actions: action, at, by, reason.
    """

    state: str
    created_by: str
    created_at: Time
    limit_at: Time | None = None
    light: str = ""
    urged: int = 0
    choices: tuple[TaskChoice, ...] = ()
    history: tuple[dict[str, Any], ...] = ()
    rev: int = 0

    @property
    def live(self) -> bool:
        """True until the order is closed or void."""
        return self.state not in ("closed", "void")
