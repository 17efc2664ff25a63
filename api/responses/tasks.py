"""Types of what forms about tasks choose from."""

from __future__ import annotations

import msgspec


class UnitChoice(msgspec.Struct):
    """A unit that may be given tasks; nobody acts for one without `people`."""

    id: str
    name: dict[str, str]
    region: str
    people: list[str]


class SheetChoice(msgspec.Struct):
    """A reminder sheet: its colour, what it follows (a light or a colour), and how many seconds later at most."""

    colour: str
    after: str
    seconds: float
    source: str


class TaskChoices(msgspec.Struct):
    """The units, kinds and words that orders about tasks take."""

    units: list[UnitChoice]
    kinds: list[str]
    evidence: list[str]
    written_on: list[str]
    posts: list[str]
    sheets: list[SheetChoice]


TASK_CHOICES = {
    "units": [{"id": "gaj", "name": {"zh-CN": "州公安局"}, "region": "532300", "people": ["gaj-wang"]}],
    "kinds": ["order"],
    "evidence": ["none", "photo"],
    "written_on": ["paper"],
    "posts": ["commander"],
    "sheets": [{"colour": "blue", "after": "yellow", "seconds": 0.0, "source": "S"}],
}
