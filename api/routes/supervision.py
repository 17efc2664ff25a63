"""Routes of cards and supervision orders: each action is a command to the approvals role, which decides."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Actor, Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.principal import Principal
from api.responses.approvals import HeldSweep, SweepList
from api.responses.describe import answers, reference
from api.routers import api_router
from api.routes.approvals import access
from feeds import wire
from feeds.model import Outcome
from feeds.regions import is_code

router = api_router(tags=["approvals"])
ENGINE = "approvals"
OF_ACTION = ("not-found", "conflict", "outside-region", "forbidden", "unanswered")
Word = Annotated[str, StringConstraints(max_length=200)]
Comment = Annotated[str, StringConstraints(max_length=2000, strip_whitespace=True)]
FIELDS = {"reason": "body.reason", "days": "body.days", "unknown_action": "body.action"}


class ActionOnTask(BaseModel):
    """One action. `rev`: the revision that it was made from; `days` of an extension."""

    model_config = ConfigDict(extra="forbid")
    action: Word
    reason: Comment = ""
    days: Annotated[int, Field(ge=0, le=5)] = 0
    rev: int | None = None


class CardActionBody(ActionOnTask):
    """An action on a card."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=500)]


class OrderBody(BaseModel):
    """A new supervision order, as a draft."""

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]
    department: Word
    region: Annotated[str, StringConstraints(max_length=12)]
    cases: Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=200)] = []
    cards: Annotated[list[Annotated[str, StringConstraints(max_length=500)]], Field(max_length=200)] = []


async def carry_out(
    deps: Dependencies, principal: Principal, action: str, subject: str, body: ActionOnTask | None, args: dict[str, Any]
) -> Response:
    """Ask the engine; the public record after the action. Raises Problem for a refusal."""
    supervises = principal.personal and principal.name in access(deps).supervise()
    result = await ask(
        deps,
        principal,
        action,
        subject,
        args | {"supervises": supervises},
        comment=body.reason if body is not None else "",
        rev=body.rev if body is not None else None,
        engine=ENGINE,
    )
    if result.outcome is Outcome.DONE:
        return Json(result.after)
    if (problem := refusal(result, result.after)) is not None:
        raise problem
    raise Problem("invalid", findings=[finding(FIELDS.get(result.detail, "body.action"), _code(result.detail))])


def _code(detail: str) -> str:
    return {"reason": "missing", "days": "less_than_equal"}.get(detail, "literal_error")


@router.post("/approvals/cards:act", responses=answers(reference("CardRecord"), *OF_ACTION))
async def act_on_card(deps: Deps, principal: Actor, body: CardActionBody) -> Response:
    """Raise, answer, appeal, decide, withdraw or close a card."""
    return await carry_out(deps, principal, f"card:{body.action}", body.id, body, {"days": body.days})


OF_CREATION = ("outside-region", "forbidden", "unanswered")


@router.post("/approvals/orders", responses=answers(reference("OrderRecord"), *OF_CREATION))
async def create_order(deps: Deps, principal: Actor, body: OrderBody) -> Response:
    """Draft a supervision order (发起). It is issued once another person has reviewed it."""
    if not is_code(body.region):
        raise Problem("invalid", findings=[finding("body.region", "region")])
    return await carry_out(deps, principal, "order:create", "", None, body.model_dump())


@router.post("/approvals/orders/{order_id}/act", responses=answers(reference("OrderRecord"), *OF_ACTION))
async def act_on_order(deps: Deps, principal: Actor, order_id: str, body: ActionOnTask) -> Response:
    """Submit, review, sign for, answer, extend, accept or void an order; urge at any time."""
    return await carry_out(deps, principal, f"order:{body.action}", order_id, body, {"days": body.days})


class SweepActionBody(BaseModel):
    """Apply a held sweep (its missing cases are deleted) or dismiss it."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["apply", "dismiss"]
    reason: Annotated[str, StringConstraints(min_length=2, max_length=2000, strip_whitespace=True)]


@router.get("/approvals/sweeps", responses=answers(SweepList))
async def sweeps(deps: Deps, principal: Viewer) -> Response:
    """The sweeps that were held because they would have deleted too many cases, one a source."""
    documents = [] if principal.region else await deps.journal.docs("sweep")
    names = HeldSweep.__struct_fields__
    items = [
        {name: document.body[name] for name in names} | {"at": wire.iso(document.body["at"])} for document in documents
    ]
    return Json({"items": items})


@router.post("/approvals/sweeps/{source}/act", responses=answers(HeldSweep, *OF_ACTION))
async def act_on_sweep(deps: Deps, principal: Actor, source: str, body: SweepActionBody) -> Response:
    """Apply or dismiss a held sweep, for supervisors of the whole site."""
    action = ActionOnTask(action=body.action, reason=body.reason)
    return await carry_out(deps, principal, f"sweep:{body.action}", source, action, {})
