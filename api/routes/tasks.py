"""Routes of tasks, supervision orders and instructions: orders to the command role, and files of evidence.

Lists and details come from the kinds (api.kinds). Whose task it is and what its state allows is decided by the role's
domain (incidents.tasks); nobody gives an order about a task that the asker may not see.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from api.command_orders import OF_ORDER, add_order_route, ordered, record_answer
from api.dependencies import Commander, Dependencies, Deps, TaskActor, Viewer
from api.http.answers import Json
from api.kinds import lists
from api.principal import Principal
from api.records.tasks import choices
from api.responses.describe import answers
from api.responses.tasks import TASK_CHOICES, TaskChoices
from api.routers import api_router
from api.routes import task_bodies as bodies
from api.routes.incident_bodies import IncidentOrderBody, ReasonedBody
from feeds.kinds import TASK

router = api_router(tags=["tasks"])
HOLDERS: Mapping[str, type[bodies.HolderBody]] = {
    "sign": bodies.SignBody,
    "refuse": bodies.RefuseBody,
    "feedback": bodies.FeedbackBody,
    "ask-done": bodies.AskDoneBody,
    "extend": bodies.ExtendBody,
}
"""Orders of who has the task, by their names in the address."""
ISSUERS: Mapping[str, type[IncidentOrderBody]] = {
    "review": IncidentOrderBody,
    "issue": IncidentOrderBody,
    "done": bodies.DoneBody,
    "return": ReasonedBody,
    "close": IncidentOrderBody,
    "reassign": bodies.ReassignBody,
    "answer-extension": bodies.AnswerExtensionBody,
    "withdraw": ReasonedBody,
}
"""Orders of the issuing side."""


@router.get("/task_choices", responses=answers(TaskChoices, example=TASK_CHOICES))
async def task_choices(deps: Deps, principal: Viewer) -> Response:
    """The units, kinds and words that orders about tasks take, and the rules of reminder sheets with their sources."""
    return Json(choices(deps, personal=principal.personal))


@router.post("/tasks", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(TASK, 201))
async def create(deps: Deps, principal: Commander, body: bodies.TaskBody) -> Response:
    """Draft a task, or give it out at once (`issue`). 201 once the journal has it."""
    return await ordered(deps, principal, TASK, "task.create", "", body, status=201)


async def give(deps: Dependencies, principal: Principal, order: str, task_id: str, body: IncidentOrderBody) -> Response:
    """Give an order about a task that the asker sees. `sign` with a sheet signs that sheet. Raises Problem."""
    await lists.require(deps, TASK, task_id, principal.audience)
    is_sheet = order == "sign" and isinstance(body, bodies.SignBody) and bool(body.sheet)
    return await ordered(deps, principal, TASK, "task.sign-sheet" if is_sheet else f"task.{order}", task_id, body)


for _orders, _asker in ((HOLDERS, TaskActor), (ISSUERS, Commander)):
    for _order, _body in _orders.items():
        add_order_route(router, "/tasks/{task_id:path}", TASK, _order, _body, asker=_asker, give=give)
