"""The bodies of orders about plans and proposals."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from api.routes.incident_bodies import IncidentOrderBody, Line, LongText, ShortText, Text
from feeds.plans.yaml_table import MOST_BYTES

Holder = Annotated[str, StringConstraints(pattern=r"^(unit|post|role):[\w.-]+$", max_length=69)]


class PlanDraftBody(IncidentOrderBody):
    """A plan as YAML or JSON: a new version of the plan that its `id` names."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MOST_BYTES)]


class PlanRetireBody(IncidentOrderBody):
    """Take a version out of use; incidents that run on it go on."""

    reason: LongText


class ProposalBody(IncidentOrderBody):
    """Bring a plan of an incident to a level, "" to end it; `version` is left out for the one in use.

    In an exercise `people` take the place of holders: {"unit:gaj": account}.
    """

    incident: ShortText
    plan: ShortText
    level: Literal["", "I", "II", "III", "IV"] = ""
    version: Annotated[str, StringConstraints(max_length=80)] = ""
    people: dict[Holder, ShortText] = Field(default_factory=dict, max_length=100)


class PlanDrillBody(IncidentOrderBody):
    """A drill at a level in an exercise of its own, with what is assumed (`text`) and where.

    `people` take the place of holders ({"unit:gaj": account}); for the others who asks stands in. `speed` is that of
    the exercise's clock: the terms of its tasks are divided by it.
    """

    level: Literal["I", "II", "III", "IV"]
    text: Text = ""
    place: Line = ""
    region: Line = ""
    people: dict[Holder, ShortText] = Field(default_factory=dict, max_length=100)
    speed: Annotated[float, Field(ge=1, le=60, allow_inf_nan=False)] = 1.0


class ConfirmBody(IncidentOrderBody):
    """Yes to a proposal. Where the level falls, `decisions` has each task that is left, to keep or to withdraw."""

    decisions: dict[ShortText, Literal["keep", "withdraw"]] = Field(default_factory=dict, max_length=500)


class DeclineBody(IncidentOrderBody):
    """No to a proposal, with the reason."""

    reason: LongText
