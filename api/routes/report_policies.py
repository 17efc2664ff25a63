"""Routes of reporting policies: the shipped profiles, the rows of the site itself, and their change by two persons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.command_orders import ENGINE, TEXTS
from api.commands import ask, refusal
from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal
from api.records.report_policies import shown as report_policies_record
from api.responses.describe import answers
from api.responses.incidents import ReportPolicies
from api.routers import api_router
from api.routes.incident_bodies import IncidentOrderBody, Line, LongText, ShortText
from feeds.incidents.site_policies import ID, KIND, site_policies
from feeds.model import Outcome

router = api_router("/api/v1/report-policies", tags=["incidents"])
OF_CHANGE = ("conflict", "forbidden", "outside-region", "invalid", "unanswered")


class PolicyRowBody(BaseModel):
    """A row: who reports what, by which channel, within how many minutes or at which hours. `source` says by what rule.

    `grade` is "*", "=III" or "<=III" (III and graver). Without minutes and slots it is due at once, at no set time.
    """

    model_config = ConfigDict(extra="forbid")
    classes: Annotated[list[ShortText], Field(min_length=1, max_length=50)] = ["*"]
    grade: ShortText
    step: ShortText
    sender: ShortText
    recipient: ShortText
    channel: ShortText
    minutes: Annotated[float, Field(allow_inf_nan=False)] | None = None
    slots: Annotated[list[ShortText], Field(max_length=24)] = []
    start: ShortText
    on_regrade: Line = ""
    source: Line


class PoliciesBody(IncidentOrderBody):
    """The rows that are to apply, null for the profile of the settings. Another person confirms them."""

    rows: Annotated[list[PolicyRowBody], Field(min_length=1, max_length=200)] | None
    reason: LongText


@router.get("", responses=answers(ReportPolicies))
async def report_policies(deps: Deps, principal: Viewer) -> Response:
    """Every shipped row with its source, the rows of the site where it has its own, and what waits for confirmation."""
    return Json(await _shown(deps))


@router.put("", responses=answers(ReportPolicies, *OF_CHANGE))
async def propose(deps: Deps, principal: Viewer, body: PoliciesBody) -> Response:
    """Propose other rows, as a leader or administrator. They apply once a second person, a leader, confirms them."""
    rows = None if body.rows is None else [row.model_dump() for row in body.rows]
    return await _ordered(deps, principal, "propose", body, {"rows": rows})


@router.post("/{order}", responses=answers(ReportPolicies, *OF_CHANGE, "not-found"))
async def decide(
    deps: Deps, principal: Viewer, order: Annotated[str, Path(pattern="^(confirm|drop)$")], body: IncidentOrderBody
) -> Response:
    """Confirm what is proposed, as a leader who did not propose it, or drop it. Reports that are due stay."""
    return await _ordered(deps, principal, order, body, {})


async def _ordered(
    deps: Dependencies, principal: Principal, order: str, body: IncidentOrderBody, args: dict[str, Any]
) -> Response:
    result = await ask(deps, principal, f"{KIND}.{order}", ID, args, comment=body.reason, rev=body.rev, engine=ENGINE)
    if result.outcome is Outcome.DONE:
        return Json(await _shown(deps))
    code, _, field = result.detail.partition(":")
    zh, en = TEXTS.get(code, (code, code))
    if code in TEXTS and result.outcome in (Outcome.CONFLICT, Outcome.FORBIDDEN):
        slug = "conflict" if result.outcome is Outcome.CONFLICT else "forbidden"
        raise Problem(slug, code=code, detail={"zh-CN": zh, "en": en})
    if (problem := refusal(result, result.after)) is not None:
        raise problem
    raise Problem("invalid", findings=[finding(f"body.{field}", code, message={"zh-CN": zh, "en": en})])


async def _shown(deps: Dependencies) -> dict[str, Any]:
    doc = await deps.journal.doc(KIND, ID)
    return report_policies_record(site_policies(doc.body if doc is not None else None))
