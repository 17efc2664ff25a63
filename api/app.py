"""One FastAPI app for everything: these routes first, Dash's pages are mounted onto it afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp

from api import live_socket
from api.auth.guard import Guard
from api.auth.identities import Identities
from api.auth.signin import SignIn
from api.availability.counting import UptimeTallies
from api.dependencies import Dependencies, language_of
from api.direct_routes import Direct, Endpoint, Handler
from api.http.findings import finding
from api.http.problems import BY_STATUS, TEMPLATES, Problem, response
from api.impact_cache import ImpactCache
from api.ingest.scope import Scope
from api.kinds.maps import maps_router
from api.kinds.routes import kinds_router
from api.load.reader import LoadReader
from api.metrics import Metrics, RequestCounter
from api.openapi import complete
from api.records.search import SearchIndex
from api.response_headers import SecurityHeaders
from api.routers import add_routes
from api.routes import (
    accounts,
    alert_orders,
    alertmanager,
    alertmanager_silences,
    alerts,
    approval_figures,
    approvals,
    availability,
    briefs,
    campaigns,
    documents,
    duty_log,
    handover,
    health,
    history,
    impact,
    incident_parts,
    incidents,
    ingest,
    kpi,
    leader,
    leader_figures,
    leader_trends,
    marks,
    own_account,
    people,
    picture,
    plans,
    receipt_ingest,
    receipts,
    receiver_test,
    report_policies,
    resources,
    rules,
    search,
    session,
    snapshots,
    staff,
    supervision,
    suppression,
    task_evidence,
    tasks,
    video,
    video_archive,
    video_devices,
    warnings,
)
from api.server import check
from api.stores import problem_of
from feeds.bus import BusError
from feeds.cases.sealing import SealBroken
from feeds.findings import Finding, InRequest
from feeds.history.uptime import UptimeCalculator
from feeds.journal import JournalLost
from feeds.live.pump import NoPicture
from feeds.positions import LONGITUDES

ROUTERS = (
    session.router,
    picture.router,
    search.router,
    history.router,
    suppression.router,
    alert_orders.router,
    alerts.router,
    rules.router,
    kpi.router,
    leader.router,
    approvals.router,
    approval_figures.router,
    supervision.router,
    ingest.router,
    alertmanager.router,
    alertmanager_silences.router,
    people.router,
    receiver_test.router,
    handover.router,
    availability.router,
    staff.router,
    documents.router,
    accounts.router,
    own_account.router,
    warnings.router,
    receipts.router,
    receipt_ingest.router,
    impact.router,
    task_evidence.router,
    tasks.router,
    incidents.router,
    report_policies.router,
    incident_parts.router,
    campaigns.router,
    duty_log.router,
    resources.router,
    marks.router,
    briefs.router,
    plans.router,
    leader_figures.router,
    leader_trends.router,
    video.router,
    video_archive.router,
    video_devices.router,
    snapshots.router,
)
_WORD = re.compile(r"'([^']*)'")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Application(FastAPI):
    """FastAPI with the guard outside every middleware, also of those that others add later (Dash does)."""

    def openapi(self) -> dict[str, Any]:
        """The document with the schemas of every answer, made at the first request for it."""
        if self.openapi_schema is None:
            complete(super().openapi())
        return super().openapi()

    def build_middleware_stack(self) -> ASGIApp:
        deps: Dependencies = self.state.deps
        inner = Direct(super().build_middleware_stack(), deps, DIRECT, HANDLERS)
        counted = RequestCounter(Guard(inner, deps, self.state.identities), self.state.metrics)
        return SecurityHeaders(ServerErrorMiddleware(counted, handler=_internal), deps)


def create_app(deps: Dependencies, routers: Sequence[APIRouter] = ()) -> FastAPI:
    """The app with all routes below /api, health and metrics; unknown /api paths are 404 problems.

    `routers` are further ones, for example of another package: added here they stand before
    the catch-all. Raises Refused when the settings would serve a demo to other machines.
    """
    check(deps.settings)
    app = Application(
        title="Watchfloor 值守台",
        version=deps.site.version or "0",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.deps = deps
    app.state.identities = Identities(deps.journal, deps.settings, deps.clock, lambda: bool(deps.stores.missing("en")))
    factors = deps.settings.second_factor != "off"
    app.state.sign_in = SignIn(deps.journal, app.state.identities, deps.clock, deps.sealer, factors=factors)
    app.state.metrics = Metrics(deps)
    app.state.scope = Scope(deps)
    app.state.load = LoadReader(deps)
    app.state.search = SearchIndex()
    app.state.impact = ImpactCache(deps.layers)
    history = deps.history
    app.state.counting = UptimeTallies(deps.journal, UptimeCalculator(deps.journal, history.store)) if history else None
    for router in (health.router, live_socket.router, maps_router(), *ROUTERS, *routers, kinds_router()):
        add_routes(app, router)
    app.add_api_route("/api/{path:path}", _unknown, methods=list(METHODS), include_in_schema=False)
    for kind, handler in HANDLERS.items():
        app.add_exception_handler(kind, handler)
    app.add_exception_handler(Exception, _internal)
    return app


async def _unknown(request: Request, path: str) -> Response:
    """No such path, or not with that method: Dash's catch-all would answer 200 with a page."""
    allowed = [method for method in METHODS if _matches(request, method)]
    if allowed:
        raise Problem("method-not-allowed", headers={"Allow": ", ".join(allowed)})
    raise Problem("not-found")


def _matches(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method, "path_params": {}}
    routes = (route for route in request.app.router.routes if getattr(route, "endpoint", None) is not _unknown)
    return any(route.matches(scope)[0] is Match.FULL for route in routes if "/api" in getattr(route, "path", ""))


async def _problem(request: Request, error: Problem) -> Response:
    return response(error, language_of(request), request.url.path)


async def _http(request: Request, error: HTTPException) -> Response:
    slug = BY_STATUS.get(error.status_code, "invalid" if error.status_code < 500 else "internal")
    status = None if TEMPLATES[slug].status == error.status_code else error.status_code
    return await _problem(request, Problem(slug, headers=error.headers, status=status))


async def _invalid(request: Request, error: RequestValidationError) -> Response:
    return await _problem(request, Problem("invalid", findings=[_finding(item) for item in error.errors()]))


async def _bus_lost(request: Request, error: BusError) -> Response:
    return await _problem(request, Problem("busy"))


async def _store_lost(request: Request, error: JournalLost) -> Response:
    return await _problem(request, Problem(problem_of(error)))


async def _key_lost(request: Request, error: SealBroken) -> Response:
    return await _problem(request, Problem("key-lost"))


async def _no_picture(request: Request, error: NoPicture) -> Response:
    return await _problem(request, Problem("no-picture"))


HANDLERS: dict[type[Exception], Handler] = {
    Problem: _problem,
    HTTPException: _http,
    RequestValidationError: _invalid,
    BusError: _bus_lost,
    JournalLost: _store_lost,
    NoPicture: _no_picture,
    SealBroken: _key_lost,
}
DIRECT: Mapping[str, Endpoint] = {"/api/v2/alerts": alertmanager.post_alerts} | {
    f"{ingest.router.prefix}/{name}": endpoint
    for name, endpoint in (
        ("alertmanager", ingest.from_alertmanager),
        ("grafana", ingest.from_grafana),
        ("zabbix", ingest.from_zabbix),
        ("cloudevents", ingest.from_cloudevents),
    )
}


async def _internal(request: Request, error: Exception) -> Response:
    """The middleware that calls this raises the error again, so that the server logs it."""
    return response(Problem("internal"), language_of(request), request.url.path)


def _finding(item: dict[str, Any]) -> Finding[InRequest]:
    """One finding; never the input itself, which may be a password."""
    field = ".".join(str(part) for part in item["loc"])
    code = str(item["type"])
    if code == "less_than_equal" and field.endswith(".lat") and _is_longitude(item["input"]):
        code = "coordinate_swapped"
    return finding(field, code, english=str(item["msg"]), allowed=_allowed(item["type"], item.get("ctx", {})))


def _is_longitude(value: Any) -> bool:
    """True for a number, also as text, that is a longitude of China."""
    try:
        return LONGITUDES[0] <= float(value) <= LONGITUDES[1]
    except (TypeError, ValueError):
        return False


def _allowed(kind: str, about: dict[str, Any]) -> tuple[str, ...]:
    """The words that would do; pydantic has them in a sentence: "'a', 'b' or 'c'"."""
    match kind:
        case "bool_parsing":
            return ("true", "false")
        case "enum" | "literal_error":
            words = about.get("allowed") or _WORD.findall(about.get("expected", ""))
            return tuple(word for word in words if word)  # "" is for any, and no word to give
    return ()
