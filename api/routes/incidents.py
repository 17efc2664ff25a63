"""Routes of incidents and of the reports that are due about them: orders to the command role.

Lists and details come from the kinds (api.kinds). What an order needs and which role may give it is decided by the
role's domain (incidents.handling).
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from api.command_orders import OF_ORDER, add_order_route, ordered, record_answer
from api.dependencies import Commander, Deps, Viewer
from api.http.answers import Json
from api.kinds import lists
from api.records.incidents import choices
from api.responses.describe import answers
from api.responses.incidents import CHOICES, IncidentChoices, ReceiptCandidates
from api.routers import api_router
from api.routes import incident_bodies as bodies
from feeds.kinds import INCIDENT, OBLIGATION, RECEIPT

router = api_router(tags=["incidents"])
BODIES: Mapping[str, type[bodies.IncidentOrderBody]] = {
    "verify": bodies.VerifyBody,
    "open": bodies.EditBody,
    "false": bodies.ReasonedBody,
    "transfer": bodies.TransferBody,
    "merge": bodies.MergeBody,
    "unmerge": bodies.IncidentOrderBody,
    "end": bodies.EndBody,
    "reopen": bodies.ReasonedBody,
    "restore": bodies.ReasonedBody,
    "review": bodies.ReviewBody,
    "archive": bodies.IncidentOrderBody,
    "grade": bodies.GradeBody,
    "respond": bodies.RespondBody,
    "end-response": bodies.IncidentOrderBody,
    "casualties": bodies.CasualtyBody,
    "post": bodies.PostBody,
    "link": bodies.LinkBody,
    "unlink": bodies.LinkBody,
}
"""The body of each order, by its name in the address."""


@router.get("/incident_choices", responses=answers(IncidentChoices, example=CHOICES))
async def incident_choices(deps: Deps, principal: Viewer) -> Response:
    """The classes of events, grading tables and reporting policies, each with its source."""
    return Json(choices())


@router.post("/incidents", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(INCIDENT, 201))
async def create(deps: Deps, principal: Commander, body: bodies.CreateBody) -> Response:
    """Open a record of an incident; its receipts are taken up by it. 201 once the journal has it."""
    return await ordered(deps, principal, INCIDENT, "incident.create", "", body, status=201)


@router.patch("/incidents/{incident_id}", responses=answers(None, *OF_ORDER) | record_answer(INCIDENT))
async def edit(deps: Deps, principal: Commander, incident_id: str, body: bodies.EditBody) -> Response:
    """Change title, text, class, place or time; each change is a version in the journal."""
    return await ordered(deps, principal, INCIDENT, "incident.edit", incident_id, body)


for _order, _body in BODIES.items():
    add_order_route(router, "/incidents/{incident_id}", INCIDENT, _order, _body)


@router.post(
    "/receipts/{receipt_id:path}/open",
    status_code=201,
    responses=answers(None, *OF_ORDER) | record_answer(INCIDENT, 201),
)
async def open_receipt(deps: Deps, principal: Commander, receipt_id: str, body: bodies.EditBody) -> Response:
    """Make an incident of a receipt; what the body leaves out comes from the receipt."""
    more = {"receipts": [receipt_id]}
    return await ordered(deps, principal, INCIDENT, "incident.create", "", body, more=more, status=201)


@router.post("/receipts/{receipt_id:path}/attach", responses=answers(None, *OF_ORDER) | record_answer(INCIDENT))
async def attach_receipt(deps: Deps, principal: Commander, receipt_id: str, body: bodies.AttachBody) -> Response:
    """Attach a receipt to an incident that is open. Answers the incident."""
    more = {"receipt": receipt_id}
    return await ordered(deps, principal, INCIDENT, "incident.attach", body.incident, body, more=more)


@router.get("/receipts/{receipt_id:path}/candidates", responses=answers(ReceiptCandidates, "not-found"))
async def candidates(deps: Deps, principal: Viewer, receipt_id: str) -> Response:
    """Receipts and incidents that may be the same event, best first, each with the incident that it belongs to."""
    receipt = await lists.require(deps, RECEIPT, receipt_id, principal.audience)
    items = []
    for candidate in receipt["candidates"]:
        if (other := await lists.find(deps, RECEIPT, candidate["id"], principal.audience)) is not None:
            items.append({**candidate, "incident": other["incident"], "title": other["title"]})
        elif (incident := await lists.find(deps, INCIDENT, candidate["id"], principal.audience)) is not None:
            items.append({**candidate, "incident": incident["id"], "title": incident["title"]})
    return Json({"items": items})


@router.post("/obligations/{obligation_id:path}/proof", responses=answers(None, *OF_ORDER) | record_answer(OBLIGATION))
async def prove(deps: Deps, principal: Commander, obligation_id: str, body: bodies.ReportProofBody) -> Response:
    """Enter the proof that a report was received. An obligation is met by proof only."""
    return await ordered(deps, principal, OBLIGATION, "obligation.proof", obligation_id, body)
