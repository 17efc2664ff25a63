"""A person's request to bring a plan of an incident to a level: which version, which level, checked. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.incidents.phases import BY_DUTY
from feeds.model import Command, Outcome
from feeds.model.incidents import Incident
from feeds.model.plans import Plan
from feeds.regions import covers
from incidents.plans.domain import PlanDomain
from incidents.plans.registry import ProposalRegistry
from incidents.refusals import OrderRefused


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is asked for. `level` "" is the end of the plan; `people` take over holders in a drill."""

    incident: Incident
    plan: Plan
    level: str
    people: Mapping[str, str]


def request_of(
    command: Command, incidents: Mapping[str, Incident], plans: PlanDomain, registry: ProposalRegistry
) -> PlanRequest:
    """The request of a command. Raises OrderRefused.

    In a real incident the version is published, or the one that runs already; an exercise may use any version.
    """
    if command.role not in BY_DUTY:
        raise OrderRefused("role", Outcome.FORBIDDEN)
    incident = incidents.get(str(command.args.get("incident", "")))
    if incident is None:
        raise OrderRefused("unknown_incident:incident")
    if not covers(command.actor_region, incident.region):
        raise OrderRefused("region", Outcome.FORBIDDEN)
    if not incident.open:
        raise OrderRefused("incident_closed", Outcome.CONFLICT)
    name, level = str(command.args.get("plan", "")), str(command.args.get("level") or "")
    running = registry.running(incident.id, name)
    plan = _version(name, str(command.args.get("version") or ""), running.version if running else "", plans)
    if plan.state != "published" and incident.mode == "real" and (running is None or running.version != plan.id):
        raise OrderRefused("not_published", Outcome.CONFLICT)
    if (level and plan.level(level) is None) or (not level and running is None):
        raise OrderRefused("unknown_level:level")
    people = dict(command.args.get("people") or {})
    if people and incident.mode == "real":
        raise OrderRefused("mode:people")
    return PlanRequest(incident, plan, level, people)


def _version(name: str, version: str, running: str, plans: PlanDomain) -> Plan:
    """The version that is named, else the one that runs, else the published one. Raises OrderRefused."""
    published = next((plan.id for plan in plans.in_force() if plan.plan == name), "")
    plan = plans.plans.get(version or running or published)
    if plan is None or plan.plan != name:
        raise OrderRefused("unknown_plan:plan")
    return plan
