"""Routes of operator actions on alerts (ISA-18.2). The list and the detail are those of every kind (`api.kinds`)."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Dependencies, Deps, language_of
from api.http.answers import Json
from api.http.findings import error_member, finding
from api.http.moments import Moment
from api.http.numbers import Number
from api.http.problems import Problem
from api.kinds import lists
from api.principal import Principal
from api.records import alerts as alert_records
from api.responses import alerts as answered
from api.responses.describe import answers, reference
from api.routers import api_router
from api.routes import suppression
from feeds.kinds import ALERT, Audience
from feeds.model import Outcome

router = api_router(tags=["alerts"])
OF_ACTION = ("conflict", "outside-region", "unanswered")
"""Problems of every action on an alert: it has moved on, its region is another one, the engine does not answer."""
AT_ONCE = 16
Text = Annotated[str, Query(max_length=500)]
Comment = Annotated[str, StringConstraints(max_length=2000)]
Action = Literal["ack", "unack", "comment", "shelve", "unshelve"]


class ActionBody(BaseModel):
    """An action on an alert. `rev`: refuse (409) when the alert has another revision."""

    model_config = ConfigDict(extra="forbid")
    comment: Comment = ""
    rev: Number | None = None


class AckBody(ActionBody):
    """An acknowledgement. `until`: its end. `estimated_restoration`: the promised time of repair."""

    until: Moment | None = None
    estimated_restoration: Moment | None = None


class ShelveBody(ActionBody):
    """A shelving of an alert until a moment."""

    comment: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
    until: Moment


class CommentBody(ActionBody):
    """A comment, which must not be empty."""

    comment: Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]


class BulkBody(BaseModel):
    """One action on several alerts. `dry_run`: only answer the result that each would have.

    `revs`: the expected revision by id; an alert with another revision is refused (409).
    """

    model_config = ConfigDict(extra="forbid")
    ids: Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(min_length=1, max_length=500)]
    action: Action
    comment: Comment = ""
    until: Moment | None = None
    estimated_restoration: Moment | None = None
    revs: Annotated[dict[Annotated[str, StringConstraints(max_length=500)], Number], Field(max_length=500)] = {}
    dry_run: bool = False


@router.post("/alerts/{alert_id}/ack", responses=answers(reference("AlertRecord"), *OF_ACTION))
async def ack(deps: Deps, principal: Actor, alert_id: str, body: AckBody) -> Response:
    """Acknowledge an alert; 200 with its new state once the journal has it."""
    return Json(await carry_out(deps, principal, "ack", alert_id, body.comment, body.rev, _times(body)))


@router.post("/alerts/{alert_id}/unack", responses=answers(reference("AlertRecord"), *OF_ACTION))
async def unack(deps: Deps, principal: Actor, alert_id: str, body: ActionBody) -> Response:
    """Undo an acknowledgement."""
    return Json(await carry_out(deps, principal, "unack", alert_id, body.comment, body.rev, {}))


@router.post("/alerts/{alert_id}/shelve", responses=answers(reference("AlertRecord"), *OF_ACTION))
async def shelve(deps: Deps, principal: Actor, alert_id: str, body: ShelveBody) -> Response:
    """Shelve an alert until a moment, with the reason."""
    args: dict[str, float | None] = {"until": body.until.timestamp()}
    return Json(await carry_out(deps, principal, "shelve", alert_id, body.comment, body.rev, args))


@router.post("/alerts/{alert_id}/unshelve", responses=answers(reference("AlertRecord"), *OF_ACTION))
async def unshelve(deps: Deps, principal: Actor, alert_id: str, body: ActionBody) -> Response:
    """Unshelve an alert before its end."""
    return Json(await carry_out(deps, principal, "unshelve", alert_id, body.comment, body.rev, {}))


@router.post("/alerts/{alert_id}/comment", responses=answers(reference("AlertRecord"), *OF_ACTION))
async def comment(deps: Deps, principal: Actor, alert_id: str, body: CommentBody) -> Response:
    """Add a comment to the record."""
    return Json(await carry_out(deps, principal, "comment", alert_id, body.comment, body.rev, {}))


@router.post("/alerts:bulk", responses=answers(answered.BulkResults))
async def bulk(deps: Deps, principal: Actor, request: Request, body: BulkBody) -> Response:
    """Do one action on several alerts. Each has its own result.

    A result is {id, status, alert}, or {id, status, problem, code, errors}.
    `code` is the reason of a conflict: closed, not_acked, not_shelved, rev.
    """
    room = asyncio.Semaphore(AT_ONCE)
    if body.action in ("comment", "shelve") and not body.comment.strip():
        raise Problem("invalid", findings=[finding("body.comment", "missing")])
    if body.action == "shelve" and body.until is None:
        raise Problem("invalid", findings=[finding("body.until", "missing")])
    if body.dry_run:
        shown = [
            await suppression.preview(deps, principal, body.action, alert_id) for alert_id in dict.fromkeys(body.ids)
        ]
        return Json({"dry_run": True, "results": shown})

    async def carry_out_alert(alert_id: str) -> dict[str, Any]:
        args = _times(body) if body.action in ("ack", "shelve") else {}
        async with room:
            try:
                state = await carry_out(
                    deps, principal, body.action, alert_id, body.comment, body.revs.get(alert_id), args
                )
            except Problem as problem:
                return {"id": alert_id} | _refused(problem, language_of(request))
        return {"id": alert_id, "status": 200, "alert": state}

    results = await asyncio.gather(*(carry_out_alert(alert_id) for alert_id in dict.fromkeys(body.ids)))
    return Json({"results": results})


def _refused(problem: Problem, lang: str) -> dict[str, Any]:
    errors = [error_member(finding, lang) for finding in problem.findings]
    code = problem.extra.get("code", "")
    return {"status": problem.status, "problem": problem.slug, "code": code, "errors": errors}


def _times(body: AckBody | BulkBody) -> dict[str, float | None]:
    return {
        "until": body.until.timestamp() if body.until else None,
        "estimated_restoration": body.estimated_restoration.timestamp() if body.estimated_restoration else None,
    }


async def carry_out(
    deps: Dependencies,
    principal: Principal,
    action: str,
    alert_id: str,
    comment: str,
    rev: int | None,
    args: dict[str, float | None],
) -> dict[str, Any]:
    """Send the command to the alert engine and return the alert's new public record. Raises Problem."""
    region = await alert_records.region_of(deps, alert_id)
    if region is None:
        raise Problem("not-found")
    if not principal.reaches(region):
        raise Problem("outside-region")
    present = {name: value for name, value in args.items() if value is not None}
    result = await ask(deps, principal, action, alert_id, present, comment=comment, rev=rev)
    if result.outcome is Outcome.INVALID:
        if action in ("shelve", "unshelve"):
            raise suppression.refused(result.detail)
        raise Problem("invalid", findings=[finding("body", result.detail)])
    current = result.after
    if not current and result.outcome in (Outcome.DONE, Outcome.CONFLICT):
        current = await _current(deps, principal, alert_id)
    if problem := refusal(result, current):
        raise problem
    return current or {}


async def _current(deps: Dependencies, principal: Principal, alert_id: str) -> dict[str, Any]:
    return await lists.find(deps, ALERT, alert_id, Audience(region=principal.region)) or {}
