"""Routes of receipts (接报): create one by hand, dismiss one, restore a dismissed one.

Lists and details come from the kind (api.kinds). Receipts are attached to incidents by the routes of incidents.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.command_orders import TEXTS as ORDER_TEXTS
from api.command_orders import position_fault
from api.commands import ask, refusal
from api.dependencies import Commander, Dependencies, Deps
from api.http.answers import Json
from api.http.findings import finding
from api.http.idempotency import order_id
from api.http.moments import Moment
from api.http.problems import Problem
from api.kinds import lists
from api.kinds.schemas import record_name, reference
from api.principal import Principal
from api.responses.describe import answers
from api.routers import api_router
from feeds.findings import Finding, InRequest
from feeds.kinds import RECEIPT
from feeds.model import Outcome, Result
from feeds.receipts import FUTURE, ReceiptReport
from feeds.secrecy import is_marked

router = api_router("/api/v1/receipts", tags=["receipts"])
ENGINE = "command"
DESK = "desk"
OF_CHANGE = ("conflict", "outside-region", "not-found", "invalid", "unanswered")
Text = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
Latitude = Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)]
TEXTS = {
    "future": ("时间在未来", "the time lies in the future"),
    **{name: ORDER_TEXTS[name] for name in ("half_position", "coordinate_zero", "coordinate_swapped", "classified")},
    "not_new": ("该接报单已处理", "the receipt was already decided on"),
    "not_dismissed": ("该接报单未被判为无需处理", "the receipt was not dismissed"),
    "incomplete": ("请说明原因", "a reason is needed"),
}


def _finding(field: str, code: str) -> Finding[InRequest]:
    zh, en = TEXTS.get(code, (code, code))
    return finding(field, code, message={"zh-CN": zh, "en": en})


class ReceiptBody(BaseModel):
    """A report that a person took down. `opened_at` is when the form was opened: the receipt is of that moment."""

    model_config = ConfigDict(extra="forbid")
    channel: Literal["phone", "sms", "12345", "site", "walk-in"] = "phone"
    text: Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]
    region: Word = ""
    title: Annotated[str, StringConstraints(max_length=60, strip_whitespace=True)] = ""
    place: Word = ""
    event_class: Word = ""
    lat: Latitude = None
    lon: Longitude = None
    accuracy_m: Annotated[float, Field(ge=0, le=100_000)] = 50.0
    occurred_at: Moment | None = None
    opened_at: Moment | None = None
    caller: Word = ""
    phone: Word = ""
    mode: Literal["real", "exercise"] = "real"


class DecisionBody(BaseModel):
    """The reason of a decision. `rev` is the revision that it was made from; another one is a conflict."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason
    rev: int | None = None


def _record(status: int = 200) -> dict[int | str, dict[str, Any]]:
    content = {"application/json": {"schema": reference(record_name(RECEIPT))}}
    return {status: {"description": "the receipt", "content": content}}


@router.post("", status_code=201, responses=answers(None, "outside-region", "invalid", "unanswered") | _record(201))
async def create(deps: Deps, principal: Commander, body: ReceiptBody) -> Response:
    """Create a receipt from a report that a person took down. 201 once the journal has it."""
    at = deps.clock()
    wrong = []
    times = {"occurred_at": body.occurred_at, "opened_at": body.opened_at}
    wrong += [
        _finding(f"body.{name}", "future")
        for name, moment in times.items()
        if moment is not None and moment.timestamp() > at + FUTURE
    ]
    if (fault := position_fault(body.lat, body.lon)) is not None:
        wrong.append(_finding("body.lat", fault))
    wrong += [_finding(f"body.{name}", "classified") for name in ("text", "title") if is_marked(getattr(body, name))]
    if wrong:
        raise Problem("invalid", findings=wrong)
    opened = body.opened_at.timestamp() if body.opened_at is not None else at
    report = ReceiptReport(
        source=DESK,
        external_id=order_id(principal.name, "receipt")[:12],
        channel=body.channel,
        received_at=min(opened, at),
        at=min(opened, at),
        updated_at=at,
        occurred_at=body.occurred_at.timestamp() if body.occurred_at is not None else None,
        text=body.text,
        title=body.title,
        place=body.place,
        region=body.region or principal.region,
        event_class=body.event_class,
        lat=body.lat,
        lon=body.lon,
        accuracy_m=body.accuracy_m,
        caller=body.caller,
        phone=body.phone,
        mode=body.mode,
    )
    args = {"report": msgspec.to_builtins(report)}
    result = await ask(deps, principal, "receipt.create", report.id, args, engine=ENGINE)
    return await _answer(deps, principal, report.id, result, status=201)


@router.post("/{receipt_id:path}/dismiss", responses=answers(None, *OF_CHANGE) | _record())
async def dismiss(deps: Deps, principal: Commander, receipt_id: str, body: DecisionBody) -> Response:
    """Dismiss a receipt: nothing is to be done about it. It stays in the journal."""
    return await _decide(deps, principal, "receipt.dismiss", receipt_id, body)


@router.post("/{receipt_id:path}/restore", responses=answers(None, *OF_CHANGE) | _record())
async def restore(deps: Deps, principal: Commander, receipt_id: str, body: DecisionBody) -> Response:
    """Make a dismissed receipt a new one again."""
    return await _decide(deps, principal, "receipt.restore", receipt_id, body)


async def _decide(deps: Dependencies, principal: Principal, action: str, id: str, body: DecisionBody) -> Response:
    result = await ask(deps, principal, action, id, {}, comment=body.reason, rev=body.rev, engine=ENGINE)
    return await _answer(deps, principal, id, result)


async def _answer(deps: Dependencies, principal: Principal, id: str, result: Result, *, status: int = 200) -> Response:
    current = result.after
    if result.outcome is Outcome.CONFLICT and current is None:
        current = await lists.find(deps, RECEIPT, id, principal.audience)
    if (problem := refusal(result, current)) is not None:
        raise problem
    if result.outcome is not Outcome.DONE:
        raise Problem("invalid", findings=[_finding("body", result.detail)])
    record = RECEIPT.shown(principal.audience, result.after or {})
    return Json(record, status_code=status)
