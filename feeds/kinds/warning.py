"""Public warnings (CAP 1.2), also from earthquakes and other sources. Written by the command role."""

from __future__ import annotations

from feeds.kinds.audience import ByCoverage
from feeds.kinds.filters import Sort, Words
from feeds.kinds.kind import RecordKind
from feeds.kinds.places import areas
from feeds.kinds.subject import RuleName, SubjectKind, Thing, texts
from feeds.model import WARNING_STATES, EmergencyWarning, Kind
from feeds.regions import common_region

_CAP = {
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    "status": ("Actual", "Exercise", "System", "Test", "Draft"),
    "scope": ("Public", "Restricted", "Private"),
    "colour": ("red", "orange", "yellow", "blue", ""),
    "state": WARNING_STATES,
}


def _region(thing: Thing) -> str:
    return common_region(thing.record.regions)


def _title(thing: Thing, language: str) -> str:
    return str(thing.record.headline or thing.record.event or thing.id)


WARNING = RecordKind(
    name=Kind.WARNING,
    plural="warnings",
    record=EmergencyWarning,
    writer="command",
    visible=ByCoverage(),
    confidential=lambda record: bool(record["scope"] != "Public"),
    faces={
        "map": ("id", "state", "status", "severity", "colour", "event", "regions", "areas"),
        "row": (
            "id",
            "source",
            "status",
            "scope",
            "state",
            "event",
            "headline",
            "severity",
            "colour",
            "sent",
            "expires",
            "ended_at",
            "regions",
            "affected",
        ),
    },
    entries=("warning",),
    filters=(
        Words(name="state", words=WARNING_STATES, longest=500),
        Words(name="status", words=tuple(sorted(_CAP["status"])), longest=500),
        Words(name="source"),
    ),
    sort=Sort(("sent", "id"), down=True, page=100),
    slashes=True,
    subject=SubjectKind(
        name=Kind.WARNING,
        names={
            **texts("id", "event", "source"),
            "regions": RuleName("list"),
            **{name: RuleName("string", frozenset(words)) for name, words in _CAP.items()},
        },
        region=_region,
        title=_title,
        feed=lambda thing: "emergency",
        functions=frozenset(("touches",)),
        gone="warning_over",
    ),
    place=areas,
)
