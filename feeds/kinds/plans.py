"""Plans (预案) and proposals. Written by the command role."""

from __future__ import annotations

from feeds.incidents.plan_orders import answers_of, plan_orders
from feeds.kinds.audience import ByCoverage
from feeds.kinds.filters import Exact, Flag, Sort, Within, Words
from feeds.kinds.incidents import MODE
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.modes import is_exercise
from feeds.kinds.searchable import Searchable
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, texts
from feeds.model.plans import PLAN_LEVELS, PLAN_STATES, PROPOSAL_KINDS, PROPOSAL_STATES, ActionProposal, Plan
from feeds.regions import common_region

LEVEL_WORDS = frozenset(("", *PLAN_LEVELS))


def _real(proposal: ActionProposal) -> bool:
    """True for a proposal that rules are asked about: no exercise."""
    return proposal.mode == "real"


def _proposal_title(subject: SubjectState, language: str) -> str:
    proposal = subject.record
    return " ".join(filter(None, (proposal.incident or proposal.subject, proposal.plan, proposal.level)))


PLAN = RecordKind(
    name="plan",
    plural="plans",
    record=Plan,
    writer="command",
    live=lambda plan: plan.state != "retired",
    visible=ByCoverage(),
    derived=(Derived("orders", dict[str, list[str]], plan_orders),),
    faces={
        "row": (
            "id",
            "plan",
            "version",
            "state",
            "name",
            "basis",
            "filed",
            "owner",
            "review_by",
            "classes",
            "levels",
            "triggers",
            "origin",
            "drafted_at",
            "published_at",
            "rehearsal",
            "orders",
            "rev",
        )
    },
    redact=("drafted_by", "submitted_by", "published_by", "retired_by"),
    archive="plan",
    entries=("plan",),
    filters=(Words(name="state", words=PLAN_STATES), Exact(name="plan"), Exact(name="owner")),
    sort=Sort(("plan", "version"), page=200),
    subject=SubjectKind(
        name="plan",
        names={**texts("id", "plan", "owner", "review_by"), "state": RuleName("string", frozenset(PLAN_STATES))},
        region=lambda subject: common_region(subject.record.regions),
        title=lambda subject, language: str(subject.record.name.get(language) or subject.id),
        feed=lambda subject: "emergency",
    ),
    search=Searchable(names=("plan",)),
)

PROPOSAL = RecordKind(
    name="proposal",
    plural="proposals",
    record=ActionProposal,
    writer="command",
    apart=is_exercise,
    derived=(Derived("answers", list[str], answers_of),),
    redact=("proposed_by", "answered_by", "people", "effect.tasks", "effect.left"),
    archive="proposal",
    entries=("proposal",),
    filters=(
        Words(name="state", words=PROPOSAL_STATES),
        Words(name="kind", words=PROPOSAL_KINDS),
        Exact(name="incident"),
        Exact(name="plan"),
        Flag(name="unanswered"),
        MODE,
        Within(),
    ),
    sort=Sort(("proposed_at", "id"), down=True, page=100),
    slashes=True,
    subject=SubjectKind(
        name="proposal",
        names={
            **texts("id", "incident", "plan", "region", "subject"),
            "kind": RuleName("string", frozenset(PROPOSAL_KINDS)),
            "level": RuleName("string", LEVEL_WORDS),
            "state": RuleName("string", frozenset(PROPOSAL_STATES)),
            "unanswered": RuleName("bool"),
        },
        title=_proposal_title,
        feed=lambda subject: "emergency",
        evaluated=_real,
    ),
)
PLANS = (PLAN, PROPOSAL)
