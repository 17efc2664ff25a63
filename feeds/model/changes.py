"""Changes of state between roles."""

from __future__ import annotations

from typing import Any, Final

import msgspec


class Kind:
    """Names of the kinds of state that this version ships; `feeds.kinds` says everything else about each."""

    ASSET: Final = "asset"
    STATE: Final = "state"
    SOURCE: Final = "source"
    ALERT: Final = "alert"
    WARNING: Final = "warning"
    RECEIPT: Final = "receipt"
    INCIDENT: Final = "incident"
    OBLIGATION: Final = "obligation"
    LOG: Final = "log"
    TASK: Final = "task"
    RESOURCE: Final = "resource"
    MARK: Final = "mark"
    IMPACT: Final = "impact"
    BRIEF: Final = "brief"
    PLAN: Final = "plan"
    PROPOSAL: Final = "proposal"
    CAMPAIGN: Final = "campaign"
    EXERCISE: Final = "exercise"
    ROOT_CAUSE: Final = "root_cause"
    FACTS: Final = "facts"
    CASE: Final = "case"
    CASE_BOARD: Final = "case_board"
    CARD: Final = "card"
    ORDER: Final = "order"


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One state became another. `after` is the record of that kind (see `feeds.kinds`), None when it is gone.

    `rev` is set by the bus on reading: "epoch.ms-seq", opaque to clients. `cause` is the id of the command or input
    that caused the change.
    """

    kind: str
    id: str
    after: Any
    at: float
    cause: str = ""
    rev: str = ""
