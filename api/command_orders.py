"""Orders to the command role: a body becomes a command, its result an answer or a problem in words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.commands import ask, refusal
from api.dependencies import Commander, Dependencies, Deps
from api.deputies import leader_on_leave
from api.endpoints import endpoint_with, parameter
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.kinds import lists
from api.kinds.schemas import record_name, reference
from api.principal import Principal
from api.records import campaigns, incidents, marks, plans, resources
from api.records.task_texts import TASK_TEXTS
from api.responses.describe import answers
from feeds.kinds import RecordKind
from feeds.model import Outcome, Result
from feeds.positions import seems_swapped
from feeds.secrecy import is_marked

ENGINE = "command"
OF_ORDER = ("conflict", "forbidden", "outside-region", "not-found", "invalid", "unanswered")
TEXTS = incidents.TEXTS | plans.TEXTS | resources.TEXTS | marks.TEXTS | TASK_TEXTS | campaigns.TEXTS
"""The words of each refusal, in Chinese and English."""


def record_answer(kind: RecordKind[Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """The answer of an order for OpenAPI: one record of a kind."""
    content = {"application/json": {"schema": reference(record_name(kind))}}
    return {status: {"description": f"the {kind.name}", "content": content}}


GiveOrder = Callable[[Dependencies, Principal, str, str, Any], Awaitable[Response]]
"""Gives an order by its name about a record by its id with a body. Raises Problem."""


def add_order_route(
    router: APIRouter,
    path: str,
    kind: RecordKind[Any],
    order: str,
    body_type: type[BaseModel],
    *,
    about: str = "",
    asker: Any = Commander,
    give: GiveOrder | None = None,
) -> None:
    """Add the route of an order: `POST {path}/{order}` gives it to the command role and answers the record.

    `path` has the id of the record as `{{kind}_id}`. `asker` is the dependency that says who may ask. `give` replaces
    the plain order where a check or another name is needed.
    """
    key = f"{kind.name}_id"

    async def endpoint(*, deps: Dependencies, principal: Principal, body: Any, **ids: str) -> Response:
        if give is not None:
            return await give(deps, principal, order, ids[key], body)
        return await ordered(deps, principal, kind, f"{kind.name}.{order}", ids[key], body)

    router.add_api_route(
        f"{path}/{order}",
        endpoint_with(
            endpoint,
            f"{order.replace('-', '_')}_{kind.name}",
            about or f"Order `{order}` about a record of kind {kind.name}. {body_type.__doc__ or ''}",
            parameter("deps", Deps),
            parameter("principal", asker),
            parameter(key, str),
            parameter("body", body_type),
        ),
        methods=["POST"],
        responses=answers(None, *OF_ORDER) | record_answer(kind),
    )


async def ordered(
    deps: Dependencies,
    principal: Principal,
    kind: RecordKind[Any],
    action: str,
    subject: str,
    body: BaseModel,
    *,
    more: Mapping[str, Any] | None = None,
    status: int = 200,
) -> Response:
    """Give an order, and answer the record as the asker may see it. Raises Problem."""
    args = _in_seconds(body.model_dump(exclude={"rev", "reason"}, exclude_unset=True))
    fault = position_fault(args.get("lat"), args.get("lon"))
    args |= dict(more or {})
    reason = getattr(body, "reason", "")
    if marked := list(_marked(args | {"reason": reason}, "body")):
        raise Problem("invalid", findings=[_finding(path, "classified") for path in marked])
    if fault is not None:
        raise Problem("invalid", findings=[_finding("body.lat", fault)])
    options: dict[str, Any] = {"comment": reason, "rev": getattr(body, "rev", None), "engine": ENGINE}
    result = await ask(deps, principal, action, subject, args, **options)
    leaders_only = (result.outcome, result.detail) == (Outcome.FORBIDDEN, "role")
    if leaders_only and (leader := await leader_on_leave(deps, principal)):
        result = await ask(deps, principal, action, subject, args, **options, acting_for=leader)
    return await _answer(deps, principal, kind, subject, result, status)


def _marked(value: Any, path: str) -> Iterator[str]:
    """The paths of the texts in a value that bear a mark of classified material."""
    if isinstance(value, str):
        if is_marked(value):
            yield path
        return
    if isinstance(value, Mapping):
        parts: Iterable[tuple[Any, Any]] = value.items()
    else:
        parts = enumerate(value) if isinstance(value, list | tuple) else ()
    for name, part in parts:
        yield from _marked(part, f"{path}.{name}")


def position_fault(lat: float | None, lon: float | None) -> str | None:
    """The code of what is wrong with a position that lies within the bounds of the earth; None where it can be used."""
    if (lat is None) != (lon is None):
        return "half_position"
    if lat is None or lon is None:
        return None
    if lat == lon == 0:
        return "coordinate_zero"
    return "coordinate_swapped" if seems_swapped(lat, lon) else None


def _in_seconds(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with times as epoch seconds, also those within."""
    return {
        name: value.timestamp()
        if isinstance(value, datetime)
        else _in_seconds(value)
        if isinstance(value, dict)
        else value
        for name, value in values.items()
    }


async def _answer(
    deps: Dependencies, principal: Principal, kind: RecordKind[Any], subject: str, result: Result, status: int
) -> Response:
    current = result.after
    if result.outcome is Outcome.CONFLICT and current is None and subject:
        current = await lists.find(deps, kind, subject, principal.audience)
    if result.outcome is Outcome.CONFLICT and result.detail in TEXTS:
        zh, en = TEXTS[result.detail]
        raise Problem("conflict", code=result.detail, detail={"zh-CN": zh, "en": en}, current=current)
    if result.outcome is Outcome.FORBIDDEN and result.detail in TEXTS:
        zh, en = TEXTS[result.detail]
        raise Problem("forbidden", code=result.detail, detail={"zh-CN": zh, "en": en})
    if (problem := refusal(result, current)) is not None:
        raise problem
    if result.outcome is not Outcome.DONE:
        code, _, field = result.detail.partition(":")
        raise Problem("invalid", findings=[_finding(f"body.{field}" if field else "body", code)])
    return Json(kind.shown(principal.audience, result.after or {}), status_code=status)


def _finding(field: str, code: str) -> Any:
    zh, en = TEXTS.get(code, (code, code))
    return finding(field, code, message={"zh-CN": zh, "en": en})
