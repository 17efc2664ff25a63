"""The bodies of orders about incidents and their reports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.moments import Moment

Line = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Text = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=4000, strip_whitespace=True)]
Title = Annotated[str, StringConstraints(max_length=60, strip_whitespace=True)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Accuracy = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Grade = Literal["", "I", "II", "III", "IV"]


class IncidentOrderBody(BaseModel):
    """`rev` is the revision that the order was made from: another one is a conflict. `reason` is journaled."""

    model_config = ConfigDict(extra="forbid")
    rev: int | None = None
    reason: Text = ""


class ReasonedBody(IncidentOrderBody):
    """An order that needs a reason."""

    reason: LongText


class EditBody(IncidentOrderBody):
    """Fields to change; what is left out stays as it is. Positions are EPSG:4326, `accuracy_m` is in metres."""

    title: Title | None = None
    text: Text | None = None
    event_class: Line | None = None
    nature: Literal["event", "threat"] | None = None
    region: Line | None = None
    place: Line | None = None
    place_unknown: bool | None = None
    lat: Latitude | None = None
    lon: Longitude | None = None
    accuracy_m: Accuracy | None = None
    location_method: Literal["gps", "map", "source", "village", "township", "county"] | None = None
    occurred_at: Moment | None = None
    occurred_precision: Literal["exact", "about", "unknown"] | None = None
    secrecy: Literal["plain", "internal"] | None = None


class CreateBody(EditBody):
    """A new incident. What is left out comes from the first of its `receipts`, which are taken up by it."""

    mode: Literal["real", "exercise"] | None = None
    received_at: Moment | None = None
    receipts: Annotated[list[ShortText], Field(max_length=50)] = []
    warnings: Annotated[list[ShortText], Field(max_length=50)] = []
    alerts: Annotated[list[ShortText], Field(max_length=50)] = []
    assets: Annotated[list[ShortText], Field(max_length=50)] = []


class VerifyBody(IncidentOrderBody):
    """The person or post that was called back to verify the report (Emergency Response Law Art. 60)."""

    called_back: ShortText


class EndBody(IncidentOrderBody):
    """The open tasks that go on without the incident, by their ids: each open one is named."""

    carry_over: Annotated[list[ShortText], Field(max_length=500)] = []


class TransferBody(ReasonedBody):
    """To whom the incident was transferred, and what they confirmed the receipt with."""

    to: ShortText
    receipt: ShortText


class MergeBody(IncidentOrderBody):
    """The incident into which this one is merged."""

    into: ShortText


class ReviewBody(IncidentOrderBody):
    """Cause and lessons of the review."""

    cause: LongText
    lessons: LongText


class GradeBody(IncidentOrderBody):
    """A grade that a person gives ("" for none), on what basis; `criterion` is that of the proposal."""

    grade: Grade
    basis: LongText
    criterion: Line = ""


class RespondBody(IncidentOrderBody):
    """A response: level, matter, measures and expected end are all needed (Emergency Response Law Art. 72)."""

    level: Literal["I", "II", "III", "IV"]
    matters: LongText
    measures: LongText
    expected_end: Moment


class CasualtyBody(IncidentOrderBody):
    """One figure as a source gave it. `corrects` is the number of the report that it replaces."""

    what: Literal[
        "dead", "missing", "grave", "light", "trapped", "evacuated", "sheltered", "loss_yuan", "houses", "hectares"
    ]
    value: Annotated[float, Field(ge=0, le=1e13, allow_inf_nan=False)]
    source: ShortText
    official: bool = False
    valid_at: Moment | None = None
    corrects: int | None = None


class PostBody(IncidentOrderBody):
    """A post and its new holder (left out: the asker). `from_holder` is who holds it now."""

    post: Literal["commander", "on-scene", "reporting", "scribe", "liaison"]
    holder: Line = ""
    from_holder: Line = ""


class LinkBody(IncidentOrderBody):
    """A record of another kind that belongs to the incident."""

    kind: Literal["warnings", "alerts", "assets", "related"]
    id: ShortText


class AttachBody(IncidentOrderBody):
    """The incident to which the receipt belongs."""

    incident: ShortText


class ReportProofBody(IncidentOrderBody):
    """That a report was received: by phone who answered under what number, else the receiver's receipt number.

    `at` is when it was received, left out: now. `nothing_new`: a follow-up report that says so.
    """

    channel: Literal["phone", "network", "fax", "oa", "paper"]
    at: Moment | None = None
    recipient: Line = ""
    number: Line = ""
    note: Text = ""
    nothing_new: bool = False
