"""The scripted server's reporting policies: the real domain and the real answer, without a journal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.records.report_policies import shown
from feeds.incidents.site_policies import ID, KIND
from feeds.model import Command, Outcome
from incidents.reporting.policies import PolicyDomain

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script


def order_policies(domain: PolicyDomain, order: str, actor: str, body: dict[str, Any]) -> Outcome:
    """Give an order about the policies, as a leader."""
    now = time.time()
    command = Command(
        id=f"{order}{now}",
        action=f"{KIND}.{order}",
        subject=ID,
        actor=actor,
        role="leader",
        actor_region="",
        at=now,
        valid_until=now + 5,
        reason=str(body.get("reason", "")),
        expected_rev=body.get("rev"),
        args={"rows": body["rows"]} if "rows" in body else {},
    )
    return domain.obey(command, now).outcome


def add_policies(api: FastAPI, script: Script) -> None:
    """Answers and orders about the reporting policies, each order kept with what was sent."""

    async def ordered(order: str, request: Request) -> Response:
        body = await request.json()
        script.acts.append({"act": "policies", "order": order, **body})
        outcome = order_policies(script.policies, order, str(script.me["name"]), body)
        return JSONResponse(shown(script.policies.policies), 200 if outcome is Outcome.DONE else 409)

    @api.get("/api/v1/report-policies")
    async def policies() -> Response:
        return JSONResponse(shown(script.policies.policies))

    @api.put("/api/v1/report-policies")
    async def propose(request: Request) -> Response:
        return await ordered("propose", request)

    @api.post("/api/v1/report-policies/{order}")
    async def decide(order: str, request: Request) -> Response:
        return await ordered(order, request)
