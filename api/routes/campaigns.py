"""Routes of mass messages (短信群发, 叫应) and of exercises. Lists come from the kinds (api.kinds).

Recipients are resolved here, from roster, units and resources: what is approved and sent is exactly what was shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from starlette.responses import Response

from api.command_orders import OF_ORDER, add_order_route, ordered, record_answer
from api.dependencies import Commander, Dependencies, Deps, Viewer
from api.http.answers import Json
from api.kinds import lists
from api.principal import Principal
from api.records import campaigns as records
from api.responses.campaigns import CampaignPreview, CampaignRecipients
from api.responses.describe import answers
from api.routers import api_router
from api.routes.incident_bodies import IncidentOrderBody, Line, ReasonedBody, ShortText, Title
from feeds.kinds import CAMPAIGN, EXERCISE
from feeds.model.campaigns import ALONE
from feeds.model.exercises import stamped

router = api_router(tags=["campaigns"])
MessageText = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Number = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{3,20}$")]
Names = Annotated[list[ShortText], Field(max_length=2000)]


class NumberBody(BaseModel):
    """A number of the contact book, with whose it is."""

    model_config = ConfigDict(extra="forbid")
    name: ShortText
    number: Number


class GroupBody(BaseModel):
    """The recipients of a wave: persons of the roster or their accounts, units, resources, numbers, who is on duty."""

    model_config = ConfigDict(extra="forbid")
    name: Line = ""
    people: Names = []
    units: Names = []
    resources: Names = []
    numbers: Annotated[list[NumberBody], Field(max_length=2000)] = []
    duty: bool = False


Groups = Annotated[list[GroupBody], Field(max_length=20)]
Need = Annotated[int, Field(ge=0, le=2000)]
Wave = Annotated[float, Field(ge=60, le=86_400, allow_inf_nan=False)]


class CampaignBody(IncidentOrderBody):
    """A mass message. `need` answers end it; `wave_after` seconds after a wave the next group follows without them.

    `channel` is the receiver that carries the messages.
    """

    incident: Line = ""
    text: MessageText
    groups: Annotated[list[GroupBody], Field(min_length=1, max_length=20)]
    channel: ShortText = "sms"
    need: Need = 0
    wave_after: Wave = 900.0


class CampaignEditBody(IncidentOrderBody):
    """What changes of a mass message that was not sent. An approval holds for what was approved only."""

    text: MessageText | None = None
    groups: Groups | None = None
    need: Need | None = None
    wave_after: Wave | None = None


class AnswerBody(IncidentOrderBody):
    """What a recipient answered: the person's id, and the words or the code."""

    person: ShortText
    text: Line = ""


async def _resolved(deps: Dependencies, principal: Principal, body: BaseModel, channel: str) -> dict[str, Any]:
    groups = body.model_dump()["groups"]
    return {"groups": await records.resolved(deps, principal.audience, groups, channel)} if groups else {}


@router.post("/campaigns", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(CAMPAIGN, 201))
async def draft(deps: Deps, principal: Commander, body: CampaignBody) -> Response:
    """Draft a mass message. Nothing is sent. 201 once the journal has it."""
    more = await _resolved(deps, principal, body, body.channel)
    more |= {"channel": body.channel, "wave_after": body.wave_after}
    return await ordered(deps, principal, CAMPAIGN, "campaign.create", "", body, more=more, status=201)


@router.patch("/campaigns/{campaign_id}", responses=answers(None, *OF_ORDER) | record_answer(CAMPAIGN))
async def edit(deps: Deps, principal: Commander, campaign_id: str, body: CampaignEditBody) -> Response:
    """Change a mass message that was not sent. A changed comma asks for a new approval."""
    campaign = await lists.require(deps, CAMPAIGN, campaign_id, principal.audience)
    more = await _resolved(deps, principal, body, campaign["channel"])
    return await ordered(deps, principal, CAMPAIGN, "campaign.edit", campaign_id, body, more=more)


ORDERS: Mapping[str, type[IncidentOrderBody]] = {
    "approve": IncidentOrderBody,
    "send": IncidentOrderBody,
    "answer": AnswerBody,
    "cancel": ReasonedBody,
}
for _order, _body in ORDERS.items():
    add_order_route(router, "/campaigns/{campaign_id}", CAMPAIGN, _order, _body)


@router.get("/campaigns/{campaign_id}/recipients", responses=answers(CampaignRecipients, "not-found"))
async def recipients(deps: Deps, principal: Viewer, campaign_id: str) -> Response:
    """Every recipient and what became of the message. Handed over to the gateway is not read."""
    campaign = await lists.require(deps, CAMPAIGN, campaign_id, principal.audience)
    return Json({"items": await records.recipients(deps, campaign)})


@router.get("/campaigns/{campaign_id}/preview", responses=answers(CampaignPreview, "not-found"))
async def preview(deps: Deps, principal: Viewer, campaign_id: str) -> Response:
    """What each recipient reads, in how many short messages, and exactly who they are."""
    campaign = await lists.require(deps, CAMPAIGN, campaign_id, principal.audience)
    rows = await records.recipients(deps, campaign)
    text = stamped(campaign["text"], campaign["mode"])
    reachable = sum(row["state"] != "unreachable" for row in rows)
    parts = records.parts_of(text)
    return Json(
        {
            "text": text,
            "parts": parts,
            "messages": parts * reachable,
            "recipients": len(rows),
            "unreachable": len(rows) - reachable,
            "alone": len(rows) <= ALONE,
            "items": rows,
        }
    )


# -- exercises ----------------------------------------------------------------------


Clock = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{1,3}:[0-5][0-9]:[0-5][0-9]$")]


class InjectBody(IncidentOrderBody):
    """What arrives now: a receipt (`text`, `lat`, `lon`, `class`, `channel`), casualties (`what`, `value`, `source`),
    or an alert (`rule`, `asset`), which is told as a receipt.
    """

    kind: Literal["receipt", "casualties", "alert"]
    body: Annotated[dict[str, Any], Field(max_length=20, default_factory=dict)]


class TimedInjectBody(InjectBody):
    """An inject at a time of the exercise's clock: "+00:05:00" after its start."""

    at: Clock


class ExerciseBody(IncidentOrderBody):
    """An exercise. `participants` are persons of the roster, accounts and units ("unit:gaj"): nobody else is called."""

    title: Title
    region: Line = ""
    participants: Annotated[list[ShortText], Field(max_length=2000, default_factory=list)]
    speed: Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)] = 1.0
    injects: Annotated[list[TimedInjectBody], Field(max_length=500, default_factory=list)]


def seconds_of(clock: str) -> float:
    """Seconds of "+00:05:00"."""
    hours, minutes, seconds = (int(part) for part in clock.removeprefix("+").split(":"))
    return hours * 3600.0 + minutes * 60 + seconds


@router.post("/exercises", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(EXERCISE, 201))
async def prepare(deps: Deps, principal: Commander, body: ExerciseBody) -> Response:
    """Prepare an exercise with its injects; its incident gets a number of its own. Nothing runs yet."""
    injects = [{"at": seconds_of(inject.at), "kind": inject.kind, "body": inject.body} for inject in body.injects]
    more = {
        "injects": injects,
        "participants": [*body.participants, *await _members(deps, principal, body.participants)],
    }
    return await ordered(deps, principal, EXERCISE, "exercise.create", "", body, more=more, status=201)


async def _members(deps: Dependencies, principal: Principal, participants: list[str]) -> list[str]:
    """The people of the units that take part, and the ids of numbers that do."""
    units = [name.removeprefix("unit:") for name in participants if name.startswith("unit:")]
    group = {"name": "", "people": [], "units": units, "resources": [], "numbers": [], "duty": False}
    (members,) = await records.resolved(deps, principal.audience, [group], "")
    numbers = [records.id_of(name) for name in participants if re.fullmatch(r"\+?[0-9]{3,20}", name)]
    return [person["id"] for person in members["people"]] + numbers


for _order in ("start", "pause", "resume", "stop"):
    add_order_route(router, "/exercises/{exercise_id}", EXERCISE, _order, IncidentOrderBody)
add_order_route(router, "/exercises/{exercise_id}", EXERCISE, "inject", InjectBody)
