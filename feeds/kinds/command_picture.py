"""Marks on the map of an incident, and counts of what it reaches. Written by the command role; for views and lists."""

from __future__ import annotations

from feeds.kinds.audience import Record
from feeds.kinds.filters import Exact, Flag, Sort, Within, Words
from feeds.kinds.incidents import MODE
from feeds.kinds.kind import RecordKind
from feeds.kinds.places import Geometry
from feeds.model.impacts import Impact
from feeds.model.marks import MARK_KINDS, MapMark


def _geometry(record: Record) -> Geometry | None:
    geometry: Geometry = record["geometry"]
    return geometry


MARK = RecordKind(
    name="mark",
    plural="marks",
    record=MapMark,
    writer="command",
    live=lambda mark: not mark.withdrawn,
    faces={"map": ("id", "incident", "kind", "text", "mode", "region", "author", "at", "stale")},
    place=_geometry,
    redact=("author", "versions"),
    archive="mark",
    entries=("mark",),
    plain=False,
    filters=(Exact(name="incident"), Words(name="kind", words=MARK_KINDS), Flag(name="stale"), MODE, Within()),
    sort=Sort(("id",), page=500),
    slashes=True,
)
IMPACT = RecordKind(
    name="impact",
    plural="impacts",
    record=Impact,
    writer="command",
    live=lambda impact: impact.current,
    archive="impact",
    entries=("impact",),
    plain=False,
    filters=(Exact(name="incident"), MODE, Within()),
    sort=Sort(("id",), page=100),
    slashes=True,
)
COMMAND_PICTURE = (MARK, IMPACT)
