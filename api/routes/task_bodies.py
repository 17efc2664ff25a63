"""The bodies of orders about tasks."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from api.http.moments import Moment
from api.routes.incident_bodies import IncidentOrderBody, Line, LongText, ReasonedBody, ShortText, Text

Seconds = Annotated[float, Field(gt=0, le=31_622_400, allow_inf_nan=False)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class TaskBody(IncidentOrderBody):
    """A new task for one of `unit`, `person` (account), `post` of the incident and `role`.

    `due_at`, `due_within` (seconds from the issue) or `due_workdays` (working days after its day). `sign_within` is in
    seconds, left out: the limit of the response.
    `issue`: give it out at once. `author` and `written_on` are those of a leader's instruction.
    """

    title: Annotated[str, Field(min_length=1, max_length=200)]
    kind: Literal["order", "duty", "supervision", "instruction", "improvement", "petition"] = "order"
    text: Text = ""
    checklist: list[ShortText] = Field(default_factory=list, max_length=50)
    incident: Line = ""
    region: Line = ""
    unit: Line = ""
    person: Line = ""
    post: Literal["", "commander", "on-scene", "reporting", "scribe", "liaison"] = ""
    role: Literal["", "duty", "leader", "operator"] = ""
    due_at: Moment | None = None
    due_within: Seconds | None = None
    due_workdays: Annotated[int, Field(ge=1, le=250)] | None = None
    sign_within: Seconds | None = None
    evidence: Literal["none", "text", "photo", "file"] = "none"
    depends: list[ShortText] = Field(default_factory=list, max_length=50)
    parent: Line = ""
    author: Line = ""
    written_on: Literal["", "paper", "phone", "system"] = ""
    issue: bool = False


class HolderBody(IncidentOrderBody):
    """An action of the holder. The issuing side names in `on_behalf` who asked for it by phone."""

    on_behalf: Line = ""


class SignBody(HolderBody):
    """A signature for the task, or for one reminder `sheet` by its number."""

    sheet: Line = ""


class RefuseBody(HolderBody):
    """A refusal, with its reason; the task goes back to the issuer."""

    reason: LongText


class FeedbackBody(HolderBody):
    """What was done so far: words, or evidence of the task by its hashes."""

    text: Text = ""
    evidence: list[Hash] = Field(default_factory=list, max_length=50)


class AskDoneBody(HolderBody):
    """What was done in the end."""

    text: Text = ""


class ExtendBody(RefuseBody):
    """A later due time, asked for before the present one."""

    until: Moment


class AnswerExtensionBody(IncidentOrderBody):
    """The answer to an extension; a refusal has a reason."""

    granted: bool


class DoneBody(IncidentOrderBody):
    """What was asked is accepted. `seen_by`: who of the author's office has seen the answer to an instruction."""

    seen_by: Line = ""


class ReassignBody(ReasonedBody):
    """The new holder: one of unit, person, post and role."""

    unit: Line = ""
    person: Line = ""
    post: Literal["", "commander", "on-scene", "reporting", "scribe", "liaison"] = ""
    role: Literal["", "duty", "leader", "operator"] = ""
