"""Plans (预案): drafts, review, rehearsal, publication and differences."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import Response

from api.command_orders import OF_ORDER, ordered, record_answer
from api.dependencies import Commander, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.plans import find_plan, rehearsal
from api.records.plans import comparison
from api.responses.describe import answers
from api.responses.plans import PlanComparison
from api.routers import api_router
from api.routes import plan_bodies as bodies
from api.routes.incident_bodies import IncidentOrderBody
from feeds.findings import Finding, InFile, InRequest
from feeds.kinds import PLAN, PROPOSAL
from feeds.plans.format import PlanContext, read_plan

router = api_router(tags=["plans"])


@router.post("/plans", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(PLAN, 201))
async def draft_plan(deps: Deps, principal: Commander, body: bodies.PlanDraftBody) -> Response:
    """A new version of a plan, as a draft. What is wrong with the text is told with its line."""
    document = read_plan(body.text, "", PlanContext())
    if document.plan is None:
        raise Problem("invalid", findings=[_in_request(fault) for fault in document.findings if fault.error])
    return await ordered(deps, principal, PLAN, "plan.draft", "", body, status=201)


def _in_request(fault: Finding[InFile]) -> Finding[InRequest]:
    """The finding of a text in a request: its sentence begins with the line and the key."""
    where = f"{fault.where.line}: {fault.where.key}".removesuffix(": ")
    sentences = {
        language: "; ".join(filter(None, (f"{where}: {message}", fault.mend.get(language, ""))))
        for language, message in fault.message.items()
    }
    return finding("body.text", fault.code, message=sentences)


@router.post("/plans/{plan_id}/review", responses=answers(None, *OF_ORDER) | record_answer(PLAN))
async def review_plan(deps: Deps, principal: Commander, plan_id: str, body: IncidentOrderBody) -> Response:
    """Ask for the publication of a draft; another person publishes it."""
    return await ordered(deps, principal, PLAN, "plan.review", plan_id, body)


@router.post("/plans/{plan_id}/rehearse", responses=answers(None, *OF_ORDER) | record_answer(PLAN))
async def rehearse_plan(deps: Deps, principal: Commander, plan_id: str, body: IncidentOrderBody) -> Response:
    """Rehearse the triggers over the incidents of the last 90 days. The result is kept with the version."""
    plan = await find_plan(deps, principal, plan_id)
    if plan is None:
        raise Problem("not-found")
    result = asdict(await rehearsal(deps, principal, plan))
    return await ordered(deps, principal, PLAN, "plan.rehearse", plan_id, body, more=result)


@router.post("/plans/{plan_id}/publish", responses=answers(None, *OF_ORDER) | record_answer(PLAN))
async def publish_plan(deps: Deps, principal: Commander, plan_id: str, body: IncidentOrderBody) -> Response:
    """Publish a version that was rehearsed: by a leader who neither wrote it nor asked for it."""
    return await ordered(deps, principal, PLAN, "plan.publish", plan_id, body)


@router.post("/plans/{plan_id}/retire", responses=answers(None, *OF_ORDER) | record_answer(PLAN))
async def retire_plan(deps: Deps, principal: Commander, plan_id: str, body: bodies.PlanRetireBody) -> Response:
    """Take a version out of use. Incidents that run on it go on."""
    return await ordered(deps, principal, PLAN, "plan.retire", plan_id, body)


@router.post(
    "/plans/{plan_id}/drill", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(PROPOSAL, 201)
)
async def drill_plan(deps: Deps, principal: Commander, plan_id: str, body: bodies.PlanDrillBody) -> Response:
    """Open an exercise and propose a level of this version in it. A leader confirms it, as in a real incident."""
    more = {"speed": body.speed}
    return await ordered(deps, principal, PROPOSAL, "plan.drill", plan_id, body, more=more, status=201)


@router.get("/plans/{plan_id}/diff", responses=answers(PlanComparison, "not-found"))
async def compare_plan(deps: Deps, principal: Viewer, plan_id: str, against: str = "") -> Response:
    """What a version does differently from another one; left out: from the version before it."""
    plan = await find_plan(deps, principal, plan_id)
    if plan is None:
        raise Problem("not-found")
    other_id = against or f"{plan.plan}@{plan.version - 1}"
    other = await find_plan(deps, principal, other_id)
    if other is None and against:
        raise Problem("not-found")
    return Json(comparison(plan, other))


@router.post("/proposals", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(PROPOSAL, 201))
async def propose(deps: Deps, principal: Commander, body: bodies.ProposalBody) -> Response:
    """Propose by hand to bring a plan of an incident to a level. A leader confirms it."""
    return await ordered(deps, principal, PROPOSAL, "proposal.create", "", body, status=201)


@router.post("/proposals/{proposal_id:path}/confirm", responses=answers(None, *OF_ORDER) | record_answer(PROPOSAL))
async def confirm_proposal(deps: Deps, principal: Commander, proposal_id: str, body: bodies.ConfirmBody) -> Response:
    """Say yes: what the proposal shows is done, and the time of its tasks runs from now."""
    return await ordered(deps, principal, PROPOSAL, "proposal.confirm", proposal_id, body)


@router.post("/proposals/{proposal_id:path}/decline", responses=answers(None, *OF_ORDER) | record_answer(PROPOSAL))
async def decline_proposal(deps: Deps, principal: Commander, proposal_id: str, body: bodies.DeclineBody) -> Response:
    """Say no, with the reason."""
    return await ordered(deps, principal, PROPOSAL, "proposal.decline", proposal_id, body)
