"""Fire hydrants: where they stand and under what pressure. Written by the command role."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.kinds import RecordKind
from feeds.kinds.filters import Search, Within, Words
from feeds.kinds.kind import Derived
from feeds.kinds.places import point
from feeds.kinds.subject import RuleName, SubjectKind, texts
from feeds.model.times import Time

STATES = ("ready", "low", "broken", "removed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hydrant:
    """A fire hydrant. `pressure` is in MPa; `inspector` last looked at it, at `checked_at`."""

    id: str
    name: str
    region: str
    lat: float | None = None
    lon: float | None = None
    state: str
    pressure: float
    checked_at: Time
    inspector: str = ""


HYDRANT = RecordKind(
    name="hydrant",
    plural="hydrants",
    record=Hydrant,
    writer="command",
    live=lambda hydrant: hydrant.state != "removed",
    derived=(Derived("usable", bool, lambda hydrant: hydrant.state == "ready"),),
    faces={"map": ("id", "region", "state", "usable")},
    place=point,
    redact=("inspector",),
    entries=("hydrant",),
    filters=(Words(name="state", words=STATES), Within(), Search(name="q", fields=("id", "name"))),
    subject=SubjectKind(
        name="hydrant",
        names={
            **texts("id", "name", "region"),
            "state": RuleName("string", frozenset(STATES)),
            "pressure": RuleName("double"),
        },
        feed=lambda subject: "emergency",
    ),
)
