"""What may be put about people: the duty roster, receivers, escalation policies. Shapes and bounds."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.http.durations import Seconds
from api.http.numbers import Number
from feeds.model import Severity

Id = Annotated[str, StringConstraints(pattern=r"^[\w.\-]{1,64}$")]
Line = Annotated[str, StringConstraints(max_length=200)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=100, strip_whitespace=True)]
Remark = Annotated[str, StringConstraints(max_length=2000)]
Template = Annotated[str, StringConstraints(max_length=2000)]
Clock = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Region = Annotated[str, StringConstraints(pattern=r"^(\d{6}|\d{9}|\d{12})?$")]
Feed = Literal["network", "video", "approvals", "emergency"]
Language = Literal["", "zh-CN", "en"]
Team = Annotated[list[Id], Field(max_length=10)]
MaybeId = Annotated[str, StringConstraints(pattern=r"^[\w.\-]{0,64}$")]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(Body):
    """Somebody who may be on duty; `contacts`: the address on each receiver, by its id."""

    id: Id
    name: Name
    phone: Line = ""
    mail: Line = ""
    contacts: Annotated[dict[Id, Line], Field(max_length=20)] = {}
    language: Language = ""
    region: Region = ""
    account: Line = ""


class Shift(Body):
    """A part of every day; with an end that is not after the start it ends the next day."""

    id: Id
    name: dict[Literal["zh-CN", "en"], Name] = {}
    start: Clock
    end: Clock


class Turn(Body):
    """Those who do a shift together."""

    officers: Team = []
    leader: MaybeId = ""


class Pattern(Body):
    """A shift's teams take turns, every day or every week."""

    shift: Id
    first: date
    last: date | Literal[""] = ""
    every: Literal["day", "week"] = "day"
    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = []
    teams: Annotated[list[Turn], Field(min_length=1, max_length=100)]


class Assignment(Turn):
    """Who does one shift on one date."""

    date: date
    shift: Id


class Swap(Body):
    """Somebody does one shift in another's place."""

    date: date
    shift: Id
    person: Id
    substitute: Id
    reason: Line = ""


class NewSwap(Swap):
    """The same, made by somebody on duty."""

    rev: Number | None = None


class Leave(Body):
    """Somebody is away, both days included."""

    person: Id
    first: date
    last: date
    reason: Line = ""


class Put(Body):
    """`rev` is the version that it was made from: an older one is refused (409)."""

    rev: Number
    comment: Remark = ""


class PutRoster(Put):
    """The whole roster."""

    persons: Annotated[list[Person], Field(max_length=500)] = []
    shifts: Annotated[list[Shift], Field(max_length=24)] = []
    patterns: Annotated[list[Pattern], Field(max_length=100)] = []
    assignments: Annotated[list[Assignment], Field(max_length=3000)] = []
    substitutes: Annotated[list[Swap], Field(max_length=1000)] = []
    leave: Annotated[list[Leave], Field(max_length=1000)] = []

    def doc(self) -> dict[str, Any]:
        return self.model_dump(mode="json", exclude={"rev", "comment"})


class Undo(Put):
    """Back to an older version, the one before when none is named."""

    to: Number | None = None


class Concern(Body):
    """Which alerts are meant; a list without an item means all."""

    severities: Annotated[list[Severity], Field(min_length=1)] = list(Severity)
    regions: Annotated[list[Region], Field(max_length=100)] = []
    feeds: list[Feed] = []
    kinds: Annotated[list[Id], Field(max_length=50)] = []


class Wording(Body):
    """A receiver's own templates by language."""

    subject: dict[Literal["zh-CN", "en"], Template] = {}
    text: dict[Literal["zh-CN", "en"], Template] = {}


class Sms(Body):
    """How a gateway wants to be asked."""

    method: Literal["POST", "GET", "PUT"] = "POST"
    encoding: Literal["form", "json", "query"] = "form"
    fields: Annotated[dict[Line, Line], Field(max_length=30)]
    headers: Annotated[dict[Line, Line], Field(max_length=30)] = {}
    success: Line = ""


class Receiver(Concern):
    """Who is told and how."""

    id: Id
    url: Annotated[str, StringConstraints(min_length=5, max_length=2000)]
    timeout: Annotated[float, Field(gt=0, le=60)] = 5.0
    language: Language = ""
    rate: Annotated[str, StringConstraints(pattern=r"^([1-9]\d{0,4}/(s|min|h))?$")] = ""
    reserve: Annotated[int, Field(ge=-1, le=10_000)] = -1
    to: Line = ""
    direct: bool = True
    templates: Wording = Wording()
    sms: Sms | None = None


class PutReceivers(Put):
    """All receivers that are not the file's."""

    items: Annotated[list[Receiver], Field(max_length=200)]

    def doc(self) -> dict[str, Any]:
        return {"items": [one.model_dump(mode="json") for one in self.items]}


class Step(Body):
    """Who is told after so many seconds without anybody taking the alert, and how."""

    after: Seconds = 0.0
    who: Annotated[list[Line], Field(max_length=20)]
    channels: Annotated[list[Id], Field(max_length=20)] = []
    repeat: Annotated[Seconds, Field(gt=0)] | None = None
    times: Number = 3


class Policy(Concern):
    """Steps over the duty roster."""

    id: Id
    steps: Annotated[list[Step], Field(max_length=20)]


class PutEscalations(Put):
    """All policies that are not the file's, in the order in which they are tried."""

    items: Annotated[list[Policy], Field(max_length=100)]

    def doc(self) -> dict[str, Any]:
        return {"items": [one.model_dump(mode="json") for one in self.items]}


class Test(Body):
    """To whom a test message goes: a person of the roster, or an address; nobody for a receiver that needs none."""

    person: MaybeId = ""
    to: Line = ""
    language: Language = ""
