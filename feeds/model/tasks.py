"""Tasks (任务): orders, supervision orders (督办) and leaders' instructions (领导批示), given to a unit or a person.

Nothing is overwritten: due times, holders and answers are versions with who, when and why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.model.times import Time

TASK_KINDS = ("order", "duty", "supervision", "instruction", "improvement", "petition")
"""指令, 值班, 督办, 批示, 整改, 信访."""
TASK_STATES = (
    *("draft", "review", "issued", "signed", "asked", "returned"),
    *("refused", "done", "closed", "withdrawn"),
)
"""拟稿, 审核, 下达, 签收, 申请办结, 退回, 拒收, 办结, 销号, 撤销."""
ENDED = ("done", "closed", "withdrawn")
"""States in which nothing more has to be done."""
TASK_LIGHTS = ("green", "yellow", "red", "green-done", "grey", "")
"""Grey: the clock stands. "" is the light of a task without a due time."""
LIGHTS_BY_WORST = ("red", "yellow", "green", "grey", "", "green-done")
"""TASK_LIGHTS in the order of lists."""
EVIDENCE_NEEDED = ("none", "text", "photo", "file")
SHEET_COLOURS = ("blue", "orange", "red")
"""Colours of reminder sheets (催办单)."""
WRITTEN_ON = ("paper", "phone", "system")
"""Where a leader wrote an instruction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvent:
    """One action on a task; `by` is "" for time itself. `data` are the values of the action, JSON-able."""

    action: str
    at: Time
    by: str = ""
    reason: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskExtension:
    """An extension that was asked for before the due time. `granted` is None until the issuer has answered."""

    number: int
    until: Time
    reason: str
    asked_by: str
    asked_at: Time
    granted: bool | None = None
    answer: str = ""
    answered_by: str = ""
    answered_at: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskHolder:
    """Who had a task, until it was given to another one."""

    unit: str = ""
    person: str = ""
    post: str = ""
    role: str = ""
    since: Time | None = None
    until: Time
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskEvidence:
    """A file that proves what was done: `sha256` (hex) is its name in the evidence folder, `size` in bytes.

    `lat`, `lon` (WGS 84) and `taken_at` (its camera's local time) are claims of a picture's EXIF data, not facts.
    """

    sha256: str
    name: str
    media: str
    size: int
    by: str
    at: Time
    lat: float | None = None
    lon: float | None = None
    taken_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSheet:
    """A reminder sheet (蓝单, 橙单, 红单) with its number, which the holder signs for."""

    number: str
    colour: str
    at: Time
    signed_by: str = ""
    signed_at: Time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. Writer: the command role.

    `id` is "{incident}/{n}" or "{site}:T{year}-{nnnn}" and never changes: after a merge `incident` is the target's,
    `origin` the incident under which it was issued, and `merged_from` what to go back to. `plan_key` says which task
    of which plan it is, so that none is issued twice. The holder is one of `unit`, `person` (account), `post` (whoever
    holds it) and `role`; `head` is the account that hears first of what is late. `author` wrote an instruction, on
    `written_on`.

    `sign_by` ends the limit of signing; `sign_late`: it has passed unsigned. `term` (seconds) runs from `starts_at` to
    `due`, whose first version is `due_first`; a term of `workdays` ends with the last of them. `warn_at` is when the
    light turns yellow. `late`: it was red once.
    `timely` of a done task: "first" (按期), "extended" (展期), "late".
    `carried_over`: its incident was ended without it.
    """

    id: str
    kind: str = "order"
    mode: str = "real"
    incident: str = ""
    origin: str = ""
    merged_from: tuple[str, ...] = ()
    plan_key: str = ""
    parent: str = ""
    depends: tuple[str, ...] = ()
    title: str
    text: str = ""
    checklist: tuple[str, ...] = ()
    region: str
    unit: str = ""
    person: str = ""
    post: str = ""
    role: str = ""
    head: str = ""
    holders_before: tuple[TaskHolder, ...] = ()
    issuer: str = ""
    author: str = ""
    written_on: str = ""
    created_by: str
    created_at: Time
    reviewed_by: str = ""
    reviewed_at: Time | None = None
    issued_at: Time | None = None
    sign_within: float = 1800.0
    sign_by: Time | None = None
    sign_late: bool = False
    signed_by: str = ""
    signed_at: Time | None = None
    term: float | None = None
    workdays: int = 0
    starts_at: Time | None = None
    due: Time | None = None
    due_first: Time | None = None
    warn_at: Time | None = None
    extensions: tuple[TaskExtension, ...] = ()
    evidence_needed: str = "none"
    evidence: tuple[TaskEvidence, ...] = ()
    sheets: tuple[TaskSheet, ...] = ()
    state: str = "draft"
    state_at: Time
    light: str = "grey"
    late: bool = False
    asked_at: Time | None = None
    done_at: Time | None = None
    timely: str = ""
    carried_over: bool = False
    history: tuple[TaskEvent, ...] = ()
    rev: int = 1

    @property
    def open(self) -> bool:
        """Something is still to be done."""
        return self.state not in ENDED
