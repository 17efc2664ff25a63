"""The draft of a task: what a person or another domain asks for, checked and made into a task. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.incidents.units import UnitRegister
from feeds.model.incidents import POSTS, Incident
from feeds.model.tasks import EVIDENCE_NEEDED, TASK_KINDS, WRITTEN_ON, Task, TaskEvent
from incidents.refusals import OrderRefused

SIGN_URGENT, SIGN_DEFAULT = 600.0, 1800.0
"""Seconds within which a task is signed for: under response I or II, and otherwise. Natural time."""
URGENT = ("I", "II")
ROLES = ("duty", "leader", "operator")
"""Roles to which a task may be given instead of a unit or a person."""
LONGEST, MOST_WORKDAYS = 366 * 86_400.0, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDraft:
    """A task to be made. Exactly one of `unit`, `person` (account), `post` of the incident and `role` has it.

    `due_at` is a moment (epoch seconds), `due_within` seconds from the start of the clock: the issue, or, with
    `depends` (ids of tasks), what `TaskDomain.start_clock` is told, `due_workdays` working days after the day of that
    start. `sign_within` is in seconds, None for the limit
    that the incident's response sets. `plan_key` ("plan:task-key") makes it issued once only in an incident.
    `region` "" is that of the incident, else that of the unit, else the site's.
    """

    title: str
    kind: str = "order"
    text: str = ""
    checklist: tuple[str, ...] = ()
    incident: str = ""
    region: str = ""
    unit: str = ""
    person: str = ""
    post: str = ""
    role: str = ""
    due_at: float | None = None
    due_within: float | None = None
    due_workdays: int | None = None
    sign_within: float | None = None
    evidence: str = "none"
    depends: tuple[str, ...] = ()
    parent: str = ""
    plan_key: str = ""
    author: str = ""
    written_on: str = ""


def checked(draft: TaskDraft, incident: Incident | None, units: UnitRegister, now: float) -> None:
    """Raises OrderRefused: what is missing, unknown, contradictory or already past."""
    if not draft.title.strip():
        raise OrderRefused("missing:title")
    if draft.kind not in TASK_KINDS:
        raise OrderRefused("unknown_kind:kind")
    if draft.evidence not in EVIDENCE_NEEDED:
        raise OrderRefused("unknown_evidence:evidence")
    if draft.kind == "instruction":
        if not draft.author.strip():
            raise OrderRefused("missing:author")
        if draft.written_on not in WRITTEN_ON:
            raise OrderRefused("missing:written_on")
    check_holder(draft.unit, draft.person, draft.post, draft.role, incident, units)
    _check_times(draft, now)


def check_holder(unit: str, person: str, post: str, role: str, incident: Incident | None, units: UnitRegister) -> None:
    """Raises OrderRefused unless exactly one holder is named and exists; a unit without people is refused here."""
    if sum(map(bool, (unit, person, post, role))) != 1:
        raise OrderRefused("one_holder:unit")
    if unit and unit not in units:
        raise OrderRefused("unknown_unit:unit")
    if unit and not units[unit].people:
        raise OrderRefused("empty_unit:unit")
    if post and (incident is None or post not in POSTS):
        raise OrderRefused("unknown_post:post")
    if role and role not in ROLES:
        raise OrderRefused("unknown_role:role")


def _check_times(draft: TaskDraft, now: float) -> None:
    if sum(term is not None for term in (draft.due_at, draft.due_within, draft.due_workdays)) > 1:
        raise OrderRefused("two_dues:due")
    if draft.due_at is not None and not now < draft.due_at <= now + LONGEST:
        raise OrderRefused("past:due" if draft.due_at <= now else "too_far:due")
    if draft.due_within is not None and not 0 < draft.due_within <= LONGEST:
        raise OrderRefused("no_term:due_within")
    if draft.due_workdays is not None and draft.depends:
        raise OrderRefused("depends_workdays:due_workdays")
    if draft.due_workdays is not None and not 0 < draft.due_workdays <= MOST_WORKDAYS:
        raise OrderRefused("no_term:due_workdays")
    if draft.sign_within is not None and not 0 < draft.sign_within <= LONGEST:
        raise OrderRefused("no_term:sign_within")


def drafted(draft: TaskDraft, incident: Incident | None, region: str, by: str, now: float) -> Task:
    """The task of a draft that was checked, in state draft and without a number."""
    urgent = incident is not None and incident.response in URGENT
    return Task(
        id="",
        kind=draft.kind,
        mode=incident.mode if incident is not None else "real",
        incident=draft.incident,
        origin=draft.incident,
        plan_key=draft.plan_key,
        parent=draft.parent,
        depends=draft.depends,
        title=draft.title.strip(),
        text=draft.text,
        checklist=draft.checklist,
        region=region,
        unit=draft.unit,
        person=draft.person,
        post=draft.post,
        role=draft.role,
        author=draft.author,
        written_on=draft.written_on,
        created_by=by,
        created_at=now,
        sign_within=draft.sign_within or (SIGN_URGENT if urgent else SIGN_DEFAULT),
        term=draft.due_within,
        workdays=draft.due_workdays or 0,
        due=draft.due_at,
        due_first=draft.due_at,
        evidence_needed=draft.evidence,
        state_at=now,
        light="grey" if draft.due_at or draft.due_within or draft.due_workdays else "",
        history=(TaskEvent(action="create", at=now, by=by),),
    )
