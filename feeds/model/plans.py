"""Plans (预案) as data, and proposals: what a plan or a promotion rule would do, until a person answers.

A version of a plan never changes once it is published. A proposal says in full what its confirmation does.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model.times import Time

PLAN_STATES = ("draft", "review", "published", "retired")
PLAN_LEVELS = ("I", "II", "III", "IV")
"""From the highest."""
TASK_EVIDENCE = ("none", "text", "photo", "file")
PROPOSAL_STATES = ("open", "confirmed", "declined", "replaced", "void")
PROPOSAL_KINDS = ("start", "up", "move", "down", "end", "incident")
"""Start a plan, raise its level, move it to a newer version, lower it, end it; or open an incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanTrigger:
    """A CEL condition over an incident, and over a warning or an alert linked to it, that proposes a level."""

    when: str
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTemplate:
    """One task of a plan. `level` is the level that adds it; exactly one of `role`, `unit`, `post` names who gets it.

    `due` is in seconds from the start, or from the end of the last task of `depends`. `sign_within` is in seconds, None
    for the usual limit. `title` and `text` may hold fields such as `{place}` (feeds.plans.fields).
    """

    key: str
    level: str
    title: str
    text: str = ""
    role: str = ""
    unit: str = ""
    post: str = ""
    due: float
    sign_within: float | None = None
    evidence: str = "none"
    depends: tuple[str, ...] = ()
    reversible: bool = False
    checklist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMessage:
    """A message that the level calls for: its template, groups, answers needed, and waves in seconds."""

    template: str
    groups: tuple[str, ...] = ()
    need: int = 0
    waves: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLevel:
    """What one level of a plan does. `tasks` is everything at this level, also what lower levels bring.

    `auto_after` is in seconds: without an answer the level starts by itself then. None: it waits for a person.
    """

    level: str
    auto_after: float | None = None
    posts: tuple[str, ...] = ()
    tasks: tuple[TaskTemplate, ...] = ()
    messages: tuple[PlanMessage, ...] = ()
    resources: tuple[str, ...] = ()
    report_policy: str = ""
    checklist: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsedStart:
    """A start that a plan would have proposed: for which incident, at which level, when."""

    incident: str
    title: str
    level: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRehearsal:
    """How often the triggers would have proposed a start between two moments, of how many incidents.

    `starts` are the newest hundred, `count` all of them, `per_month` is per 30 days.
    """

    since: Time
    until: Time
    incidents: int
    count: int
    per_month: float
    starts: tuple[RehearsedStart, ...] = ()
    by: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One version of a plan. Writer: the command role. `id` is "{plan}@{version}".

    `text` is the plan as it was written, `digest` the SHA-256 of it. `origin` is the file of the site, "" for one from
    the API. `submitted_by` asked for publication; `published_by` is another person. `review_by` is a date
    (YYYY-MM-DD). `basis` is the number of the document, `filed` that of its filing (备案).
    """

    id: str
    plan: str
    version: int
    state: str = "draft"
    name: dict[str, str]
    basis: str = ""
    filed: str = ""
    owner: str
    review_by: str
    classes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    triggers: tuple[PlanTrigger, ...] = ()
    levels: tuple[PlanLevel, ...] = ()
    text: str
    digest: str
    origin: str = ""
    drafted_by: str = ""
    drafted_at: Time
    submitted_by: str = ""
    submitted_at: Time | None = None
    published_by: str = ""
    published_at: Time | None = None
    retired_by: str = ""
    retired_at: Time | None = None
    reason: str = ""
    rehearsal: PlanRehearsal | None = None
    rev: int = 1

    def level(self, name: str) -> PlanLevel | None:
        """The level of that name, None where the plan has none."""
        return next((level for level in self.levels if level.level == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask:
    """One task as a confirmation would issue it: the text filled in, who gets it, when it is due and signed for.

    `after` is in seconds from the confirmation, or from the end of the last task of `depends`. `holder` is the person
    who holds `post` now, "" while nobody does. `problem` is the code of what forbids to issue it now.
    """

    key: str
    title: str
    text: str = ""
    role: str = ""
    unit: str = ""
    post: str = ""
    holder: str = ""
    after: float
    sign_within: float | None = None
    evidence: str = "none"
    depends: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftTask:
    """A task of a plan that is still open when its level ends: kept or withdrawn, one by one."""

    task: str
    key: str
    title: str
    holder: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEffect:
    """Everything that a confirmation does. `vacant` are posts of the plan that nobody holds.

    `messages`, `resources` and `report_policy` are called for by the plan and are done by people. Of a promotion
    `event_class`, `nature`, `grade` and `title` are those of the incident that is opened, `about` is the title of what
    it is made from.
    """

    tasks: tuple[PlannedTask, ...] = ()
    posts: tuple[str, ...] = ()
    vacant: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    messages: tuple[PlanMessage, ...] = ()
    resources: tuple[str, ...] = ()
    report_policy: str = ""
    left: tuple[LeftTask, ...] = ()
    event_class: str = ""
    nature: str = ""
    grade: str = ""
    title: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionProposal:
    """What a trigger, a promotion rule or a person proposes. Writer: the command role.

    Of a plan, `id` is "{incident}/{plan}/{level}/{n}", of a promotion "promote/{rule}/{subject}". `version` is the id
    of the plan's version, `cause` the trigger that held, `subject` the alert, warning or receipt that it was about.
    `before` is the level until then, `step` counts the confirmations of this plan in the incident. `unanswered`: open
    for five minutes. `auto_at`: it starts by itself then. `issued` are the tasks that the confirmation gave out,
    `withdrawn` those that it withdrew. `people` are persons who take a unit's, post's or role's tasks in a drill
    ("unit:gaj": account); `speed` divides the terms of a drill's tasks.
    """

    id: str
    kind: str = "start"
    mode: str = "real"
    region: str
    incident: str = ""
    plan: str = ""
    version: str = ""
    level: str = ""
    before: str = ""
    cause: str = ""
    subject: str = ""
    effect: ProposalEffect
    state: str = "open"
    proposed_at: Time
    proposed_by: str = ""
    unanswered: bool = False
    auto_at: Time | None = None
    answered_at: Time | None = None
    answered_by: str = ""
    step: int = 0
    reason: str = ""
    replaced_by: str = ""
    issued: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    speed: float = 1.0
    people: dict[str, str] = field(default_factory=dict)
    rev: int = 1
