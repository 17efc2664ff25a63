"""The scripted server's mass messages and exercises, and orders about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.responses import JSONResponse, Response

from api.responses.tasks import TASK_CHOICES
from feeds.kinds import CAMPAIGN, EXERCISE
from feeds.model.campaigns import Campaign, CampaignGroup, CampaignPerson
from feeds.model.exercises import Exercise, ExerciseInject

if TYPE_CHECKING:
    from tests.dashboard.devserver import Script

Record = dict[str, Any]
MESSAGE, ENDED, PLAYED = "532300:M20261127-0001", "532300:M20261127-0002", "532300:X20261127-0002"


def campaigns(at: float) -> dict[str, Record]:
    """A message to 24 people that somebody else wrote and nobody has approved, and one that has ended."""
    people = tuple(CampaignPerson(id=f"p{n}", name=f"人员{n}", address=f"139000000{n:02}") for n in range(24))
    values: Record = {"region": "532300", "channel": "sms", "digest": "d", "author": "li", "created_at": at - 60}
    groups = (CampaignGroup(name="第一批", people=people),)
    records = (
        Campaign(id=MESSAGE, text="请立即到岗", groups=groups, need=3, wave_after=900.0, **values),
        Campaign(id=ENDED, text="会议改期", groups=groups, state="ended", ended_at=at - 30, **values),
    )
    return {record.id: CAMPAIGN.view(record) for record in records}


def exercises(at: float) -> dict[str, Record]:
    """An exercise at ten times the speed of the site's clock, with one inject that has arrived and one to come."""
    exercise = Exercise(
        id=PLAYED,
        region="532300",
        title="液氨泄漏推演",
        state="running",
        speed=10.0,
        participants=("unit:gaj",),
        injects=(
            ExerciseInject(at=0.0, kind="receipt", body={"text": "储罐阀门泄漏"}, given_at=at - 6),
            ExerciseInject(at=3600.0, kind="casualties", body={"what": "grave", "value": 2, "source": "120"}),
        ),
        created_by="li",
        created_at=at - 60,
        started_at=at - 6,
        clock_at=at - 6,
    )
    return {exercise.id: EXERCISE.view(exercise)}


def add_messages(api: FastAPI, script: Script) -> None:
    """Orders about mass messages and exercises, each kept with the kind of its record."""

    async def take_order(kind: str, key: str, order: str, request: Request) -> Response:
        script.acts.append({"act": order, "of": kind, "id": key, **await request.json()})
        return JSONResponse(script.state[kind].get(key, {"id": key}))

    @api.get("/api/v1/task_choices")
    async def task_choices() -> Response:
        return JSONResponse(TASK_CHOICES)

    @api.patch("/api/v1/campaigns/{key}")
    async def edited_message(key: str, request: Request) -> Response:
        return await take_order("campaign", key, "edit", request)

    @api.post("/api/v1/campaigns/{key}/{order}")
    async def message_order(key: str, order: str, request: Request) -> Response:
        return await take_order("campaign", key, order, request)

    @api.post("/api/v1/exercises/{key}/{order}")
    async def exercise_order(key: str, order: str, request: Request) -> Response:
        return await take_order("exercise", key, order, request)
