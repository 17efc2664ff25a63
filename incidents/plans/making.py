"""Making proposals about plans: what a trigger or a person asks for, with its full effect. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from feeds.engine.domain import DomainStep
from feeds.incidents.units import UnitRegister
from feeds.model import Command
from feeds.model.incidents import Incident
from feeds.model.plans import ActionProposal, Plan, ProposalEffect
from feeds.model.tasks import Task
from incidents.plans.effects import falling_effect, kind_of, rising_effect
from incidents.plans.registry import RISING, ProposalRegistry


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What an effect depends on beside the plan and the incident: the units of the site and its zone."""

    units: UnitRegister
    zone: tzinfo


def effect_on(
    proposal_kind: str, plan: Plan, level: str, incident: Incident, tasks: Sequence[Task], site: SiteRules
) -> ProposalEffect:
    """The effect of a change to a level, as things are now."""
    if proposal_kind in RISING:
        return rising_effect(plan, level, incident, tasks, site.units, site.zone)
    return falling_effect(plan, level, tasks)


def proposal_of(
    plan: Plan,
    level: str,
    incident: Incident,
    tasks: Sequence[Task],
    registry: ProposalRegistry,
    site: SiteRules,
    now: float,
    *,
    cause: str = "",
    subject: str = "",
    by: str = "",
    people: Mapping[str, str] | None = None,
    speed: float = 1.0,
) -> ActionProposal:
    """A new proposal to bring a plan of an incident to a level; "" is the end of the plan."""
    running = registry.running(incident.id, plan.plan)
    before = running.level if running is not None else ""
    kind = kind_of(level, before)
    chosen = plan.level(level)
    alone = chosen.auto_after if chosen is not None and kind in ("start", "up") and not by else None
    return ActionProposal(
        id=registry.next_id(incident.id, plan.plan, level),
        kind=kind,
        mode=incident.mode,
        region=incident.region,
        incident=incident.id,
        plan=plan.plan,
        version=plan.id,
        level=level,
        before=before,
        cause=cause,
        subject=subject,
        effect=effect_on(kind, plan, level, incident, tasks, site),
        proposed_at=now,
        proposed_by=by,
        auto_at=now + alone if alone is not None else None,
        people=dict(people or {}),
        speed=speed,
    )


def step_of(
    name: str, id: str, now: float, command: Command | None = None, body: dict[str, Any] | None = None
) -> DomainStep:
    """The step of a proposal, by a command or by time."""
    actor, reason, key = (command.actor, command.reason, command.id) if command is not None else ("", "", "")
    if command is not None and command.acting_for:
        body = {**(body or {}), "acting_for": command.acting_for}
    return DomainStep(name=name, subject=id, at=now, actor=actor, reason=reason, command=key, body=body or {})


def body_of(proposal: ActionProposal, plans: Mapping[str, Plan]) -> dict[str, Any]:
    """What the entry of every step of a proposal says: level, version, and the name of its plan or incident."""
    plan = plans.get(proposal.version)
    title = dict(plan.name) if plan is not None else proposal.effect.title
    return {"level": proposal.level, "version": proposal.version, "title": title}


def answered(
    proposal: ActionProposal, state: str, actor: str, reason: str, now: float, replaced_by: str = ""
) -> ActionProposal:
    """The proposal after its answer, or after what made it superfluous."""
    return replace(
        proposal,
        state=state,
        answered_at=now,
        answered_by=actor,
        reason=reason,
        replaced_by=replaced_by,
        auto_at=None,
        unanswered=False,
        rev=proposal.rev + 1,
    )
