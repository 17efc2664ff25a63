"""`GET /api/v1/{plural}` and `/{id}` of every kind of record, with their place in OpenAPI."""

from __future__ import annotations

from inspect import Parameter
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Tasker, Viewer
from api.endpoints import Endpoint, endpoint_with, parameter
from api.http.answers import Json, listing
from api.kinds import lists
from api.kinds.additions import ADDITIONS
from api.kinds.parameters import parameters, query_criteria
from api.kinds.schemas import detail_name, list_name, reference
from api.principal import Principal
from api.routers import api_router
from feeds.kinds import KINDS, RecordKind
from feeds.model import Kind

OWN_LISTS = frozenset({Kind.RESOURCE})
"""Kinds whose list has a route of its own."""


def kinds_router() -> APIRouter:
    """Lists and details of all kinds that are known now. Routes of their own for a path below come before these."""
    router = api_router()
    for kind in KINDS:
        key = f"{kind.name}_id"
        path = f"/{kind.plural}/{{{key}{':path' if kind.slashes else ''}}}"
        if kind.name not in OWN_LISTS:
            _add(router, f"/{kind.plural}", list_endpoint(kind), kind, list_name(kind))
        _add(router, path, _detail(kind, key), kind, detail_name(kind))
    return router


def _add(router: APIRouter, path: str, endpoint: Endpoint, kind: RecordKind[Any], schema: str) -> None:
    content = {"application/json": {"schema": reference(schema)}}
    router.add_api_route(
        path,
        endpoint,
        methods=["GET"],
        tags=[kind.plural],
        description=endpoint.__doc__,
        responses={200: {"description": schema, "content": content}},
    )


def list_endpoint(kind: RecordKind[Any]) -> Endpoint:
    """The endpoint of a kind's list."""

    async def listed(
        *, deps: Dependencies, principal: Principal, cursor: str, limit: int, **parameters_given: Any
    ) -> Response:
        audience, criteria, mirror = principal.audience, query_criteria(kind, parameters_given), deps.pump.mirror
        extra: dict[str, Any] = {}
        if kind.archive:
            items, following = await lists.with_archive(
                deps, kind, audience, criteria, open=parameters_given["open"], cursor=cursor, limit=limit
            )
        else:
            rows = lists.selected(deps, kind, audience, criteria)
            items, following = lists.sorted_page(kind, rows, audience, cursor, limit)
            extra = {"total": len(rows)}
        return listing(items, following, mirror.rev, **extra, hidden=mirror.hidden(audience)[kind.name])

    order = "newest first" if kind.sort.down else f"by {', '.join(kind.sort.fields)}"
    archive = "; live ones before those in the archive" if kind.archive else ""
    return _documented(
        kind, listed, f"{kind.plural}", f"Records of kind {kind.name}, {order}{archive}.", *parameters(kind)
    )


def _detail(kind: RecordKind[Any], key: str) -> Endpoint:
    """The endpoint of one record of a kind; 404 also for one that the asker may not see."""
    additions = ADDITIONS.get(kind.name)

    async def shown(*, deps: Dependencies, principal: Principal, **path: str) -> Response:
        record = await lists.require(deps, kind, path[key], principal.audience)
        return Json(record | await additions.ask(deps, principal, record) if additions is not None else record)

    about = f"One record of kind {kind.name}; 404 also for one that one may not see."
    text = f"{about}\n\n{additions.type.__doc__}" if additions is not None else about
    return _documented(kind, shown, kind.name, text, parameter(key, str))


def _documented(kind: RecordKind[Any], endpoint: Endpoint, name: str, about: str, *own: Parameter) -> Endpoint:
    """The endpoint with its own parameters. Records that units have are also for people of units."""
    asker = parameter("principal", Tasker if kind.holder else Viewer)
    return endpoint_with(endpoint, name, about, parameter("deps", Deps), asker, *own)
