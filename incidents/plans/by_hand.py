"""A person's request to bring a plan of an incident to a level: which version, which level, checked. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from feeds.engine.requests import Asking
from feeds.incidents.phases import BY_DUTY
from feeds.incidents.plan_orders import DRILL, PLAN_ORDERS
from feeds.model import Command, Outcome
from feeds.model.incidents import Incident
from feeds.model.plans import Plan, PlanLevel
from feeds.regions import covers
from incidents.handling.domain import IncidentDomain
from incidents.handling.titles import LENGTH
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
    speed: float = 1.0


def drill_of(command: Command, plans: PlanDomain, incidents: IncidentDomain, now: float) -> Asking[PlanRequest]:
    """The request of a drill, for which an exercise is opened. Raises OrderRefused.

    A unit, post or role for which `people` name nobody is played by who gives the order, so that no unit is called.
    `speed` (1 to 60) is that of the exercise's clock: the terms of its tasks are divided by it.
    """
    args, plan = command.args, plans.plans.get(command.subject)
    if plan is None:
        raise OrderRefused("", Outcome.NOT_FOUND)
    if command.role not in PLAN_ORDERS[DRILL][1]:
        raise OrderRefused("role", Outcome.FORBIDDEN)
    level = plan.level(str(args.get("level", "")))
    if plan.state not in PLAN_ORDERS[DRILL][0] or level is None:
        raise OrderRefused("transition" if level else "unknown_level:level", Outcome.CONFLICT)
    name = plan.name.get("zh-CN") or plan.plan
    values = {
        "mode": "exercise",
        "title": f"演练：{name}"[:LENGTH],
        "text": str(args.get("text") or f"{name} {level.level} 级推演"),
        "event_class": plan.classes[0] if plan.classes else "",
        "place": str(args.get("place") or ""),
        "place_unknown": not args.get("place"),
        **({"region": args["region"]} if args.get("region") else {}),
    }
    exercise = yield from incidents.opened(replace(command, args=values), now)
    if exercise.event_class:
        exercise = incidents.also(exercise, "open", {}, command, now)
    stand_ins = {f"{kind}:{holder}": command.actor for kind, holder in _holders(level)}
    return PlanRequest(exercise, plan, level.level, stand_ins | dict(args.get("people") or {}), float(args["speed"]))


def _holders(level: PlanLevel) -> Iterator[tuple[str, str]]:
    for task in level.tasks:
        for kind in ("unit", "post", "role"):
            if holder := getattr(task, kind):
                yield kind, holder


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
