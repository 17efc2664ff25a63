"""Request bodies for the duty roster, receivers and escalation policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.durations import Seconds
from api.http.numbers import Number
from feeds.model import Severity

# A counted repetition of \w costs a megabyte in every model that uses the pattern, so the length is a bound of its own.
Id = Annotated[str, StringConstraints(pattern=r"^[\w.\-]+$", max_length=64)]
Line = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
CommentText = Annotated[str, StringConstraints(max_length=2000)]
Template = Annotated[str, StringConstraints(max_length=2000)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
Region = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})?$")]
Feed = Literal["network", "video", "approvals", "emergency"]
Language = Literal["", "zh-CN", "en"]
Team = Annotated[list[Id], Field(max_length=10)]
MaybeId = Annotated[str, StringConstraints(pattern=r"^[\w.\-]*$", max_length=64)]


class RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PersonBody(RequestBody):
    """A person who may be on duty. `contacts`: the address on each receiver, by the receiver's id."""

    id: Id
    name: Name
    phone: Line = ""
    mail: Line = ""
    contacts: Annotated[dict[Id, Line], Field(max_length=20)] = {}
    language: Language = ""
    region: Region = ""
    account: Line = ""


class ShiftBody(RequestBody):
    """A shift: a part of every day. It ends the next day when its end is not after its start."""

    id: Id
    name: dict[Literal["zh-CN", "en"], Name] = {}
    start: Clock
    end: Clock


class TeamBody(RequestBody):
    """The persons who do a shift together."""

    officers: Team = []
    leader: MaybeId = ""


class PatternBody(RequestBody):
    """A rotation: the teams of a shift take turns, daily or weekly."""

    shift: Id
    first: date
    last: date | Literal[""] = ""
    every: Literal["day", "week"] = "day"
    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    teams: Annotated[list[TeamBody], Field(min_length=1, max_length=100)]


class AssignmentBody(TeamBody):
    """The team of one shift on one date, in place of the rotation's."""

    date: date
    shift: Id


class SubstitutionBody(RequestBody):
    """A substitution: one person does one shift in place of another."""

    date: date
    shift: Id
    person: Id
    substitute: Id
    reason: Line = ""


class NewSubstitutionBody(SubstitutionBody):
    """A substitution that somebody on duty makes. `rev`: the version of the roster it was made from."""

    rev: Number | None = None


class LeaveBody(RequestBody):
    """A person's leave, both days included. `deputy` acts for the person meanwhile."""

    person: Id
    first: date
    last: date
    reason: Line = ""
    deputy: MaybeId = ""


class VersionedBody(RequestBody):
    """A new version of a document, made from the version `rev`. Refused (409) when that is not the present one.

    A version that would remove much is held (409 `removal-held`) until it is sent again with `accept` set to
    `held.accept` of the problem. The digest names this very removal.
    """

    rev: Number
    comment: CommentText = ""
    accept: Annotated[str, StringConstraints(max_length=64)] = ""


class RosterBody(VersionedBody):
    """The whole roster."""

    persons: Annotated[list[PersonBody], Field(max_length=500)] = []
    shifts: Annotated[list[ShiftBody], Field(max_length=24)] = []
    patterns: Annotated[list[PatternBody], Field(max_length=100)] = []
    assignments: Annotated[list[AssignmentBody], Field(max_length=3000)] = []
    substitutes: Annotated[list[SubstitutionBody], Field(max_length=1000)] = []
    leave: Annotated[list[LeaveBody], Field(max_length=1000)] = []

    def doc(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"rev", "comment", "accept"})


class UndoBody(VersionedBody):
    """A return to an older version: `to`, else the one before the present."""

    to: Number | None = None


class MatcherBody(RequestBody):
    """The alerts that a receiver or policy is for. An empty list means all."""

    severities: Annotated[list[Severity], Field(min_length=1)] = list(Severity)
    regions: Annotated[list[Region], Field(max_length=100)] = []
    feeds: list[Feed] = []
    kinds: Annotated[list[Id], Field(max_length=50)] = []


class TemplatesBody(RequestBody):
    """Templates of one receiver by language."""

    subject: dict[Literal["zh-CN", "en"], Template] = {}
    text: dict[Literal["zh-CN", "en"], Template] = {}


class SmsBody(RequestBody):
    """The HTTP request that a gateway takes for a short message."""

    method: Literal["POST", "GET", "PUT"] = "POST"
    encoding: Literal["form", "json", "query"] = "form"
    fields: Annotated[dict[Line, Line], Field(max_length=30)]
    headers: Annotated[dict[Line, Line], Field(max_length=30)] = {}
    success: Line = ""


class ReceiverBody(MatcherBody):
    """A receiver of notifications."""

    id: Id
    url: Annotated[str, StringConstraints(min_length=5, max_length=2000)]
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    language: Language = ""
    rate: Annotated[str, StringConstraints(pattern=r"^([1-9][0-9]{0,4}/(s|min|h))?$")] = ""
    reserve: Annotated[int, Field(ge=-1, le=10_000)] = -1
    to: Line = ""
    direct: bool = True
    templates: TemplatesBody = TemplatesBody()
    sms: SmsBody | None = None


class ReceiversBody(VersionedBody):
    """All receivers but those of the settings file."""

    items: Annotated[list[ReceiverBody], Field(max_length=200)]

    def doc(self) -> dict[str, Any]:
        return {"items": [item.model_dump(mode="json") for item in self.items]}


class EscalationStepBody(RequestBody):
    """A step of a policy: who is notified, and how, after `after` seconds without an acknowledgement."""

    after: Seconds = 0.0
    who: Annotated[list[Line], Field(max_length=20)]
    channels: Annotated[list[Id], Field(max_length=20)] = []
    repeat: Annotated[Seconds, Field(gt=0)] | None = None
    times: Number = 3


class PolicyBody(MatcherBody):
    """An escalation policy: steps over the duty roster."""

    id: Id
    steps: Annotated[list[EscalationStepBody], Field(max_length=20)]


class EscalationsBody(VersionedBody):
    """All policies but those of the settings file, in the order in which they are tried."""

    items: Annotated[list[PolicyBody], Field(max_length=100)]

    def doc(self) -> dict[str, Any]:
        return {"items": [item.model_dump(mode="json") for item in self.items]}


class ReceiverTestBody(RequestBody):
    """The recipient of a test notification: a person of the roster or an address. Some receivers need neither."""

    person: MaybeId = ""
    to: Line = ""
    language: Language = ""
