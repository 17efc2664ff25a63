"""Public warnings (CAP 1.2), also from earthquakes and other sources. Written by the command role."""

from __future__ import annotations

from typing import Any

from feeds.kinds.audience import ByCoverage
from feeds.kinds.filters import Sort, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.places import areas
from feeds.kinds.searchable import Searchable, page_at
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, field_value, texts
from feeds.model import BY_CODES, WARNING_STATES, EmergencyWarning, Kind
from feeds.regions import common_region
from feeds.texts.catalogue import catalogue

COLOURS = ("red", "orange", "yellow", "blue", "")
"""Worst first; "" was issued without one."""
STATES_BY_FORCE = ("active", "pending", "expired", "cancelled", "superseded")
"""WARNING_STATES in the order of lists: in force first."""
LEVELS = {"red": 1, "orange": 2, "yellow": 3, "blue": 4, "Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 4}
"""The level, from 1 (worst) to 4, of each colour and each CAP severity."""
_CAP = {
    "severity": ("Extreme", "Severe", "Moderate", "Minor", "Unknown"),
    "urgency": ("Immediate", "Expected", "Future", "Past", "Unknown"),
    "certainty": ("Observed", "Likely", "Possible", "Unlikely", "Unknown"),
    "status": ("Actual", "Exercise", "System", "Test", "Draft"),
    "scope": ("Public", "Restricted", "Private"),
    "colour": COLOURS,
    "state": WARNING_STATES,
}


def _region(subject: SubjectState) -> str:
    return common_region(subject.record.regions)


def _title(subject: SubjectState, language: str) -> str:
    """The headline; what a restricted or private message says must not travel in an alert's title."""
    if subject.record.scope != "Public":
        return catalogue(language).get("warning.confidential", subject.id)
    texts_ = subject.record.texts.get(language, {})
    return str(texts_.get("headline") or subject.record.headline or subject.record.event or subject.id)


def _place(warning: EmergencyWarning) -> str:
    """The area in the sender's words: those of its first two areas."""
    return "、".join([area.text for area in warning.areas if area.text][:2])


def _shapes(warning: EmergencyWarning) -> list[dict[str, Any]]:
    """Geometries of the areas that were drawn; those that follow from region codes are drawn from `regions`."""
    drawn = [area for area in warning.areas if area.geometry is not None and area.resolved not in BY_CODES]
    return [area.geometry for area in drawn if area.geometry is not None]


def may_trigger(warning: EmergencyWarning) -> bool:
    """True for a warning that rules are asked about: an actual one without an invalid signature."""
    return warning.status == "Actual" and warning.signature != "invalid"


def _value(subject: SubjectState, name: str) -> Any:
    """A name's value; a warning that is no earthquake has magnitude and depth 0."""
    quake = subject.record.quake
    if name == "magnitude":
        return float(quake.magnitude or 0.0) if quake is not None else 0.0
    if name == "depth_km":
        return float(quake.depth_km or 0.0) if quake is not None else 0.0
    return field_value(subject, name)


WARNING = RecordKind(
    name=Kind.WARNING,
    plural="warnings",
    record=EmergencyWarning,
    writer="command",
    visible=ByCoverage(),
    confidential=lambda record: bool(record["scope"] != "Public"),
    derived=(
        Derived("faulty", bool, lambda warning: any(remark.error for remark in warning.findings)),
        Derived("place", str, _place),
        Derived("shapes", list[dict[str, Any]], _shapes),
        Derived("lapsed", bool, lambda warning: warning.state == "expired" and not warning.ended_by),
    ),
    apart=lambda record: bool(record["status"] != "Actual"),
    redact=("addresses", "contact"),
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
            "sender_name",
            "sent",
            "onset",
            "expires",
            "ended_at",
            "regions",
            "place",
            "shapes",
            "affected",
            "places",
            "signature",
            "faulty",
            "lapsed",
            "all_clear",
        ),
    },
    entries=("warning",),
    filters=(
        Words(name="state", words=WARNING_STATES, longest=500),
        Words(
            name="status",
            words=tuple(sorted(_CAP["status"])),
            longest=500,
            default="Actual",
            about="Left out: Actual. Exercise, Test, System and Draft only when asked for; * for all",
        ),
        Words(name="source"),
        Words(name="colour", words=tuple(filter(None, _CAP["colour"]))),
    ),
    sort=Sort(("sent", "id"), down=True, page=100),
    slashes=True,
    search=Searchable(
        names=("headline", "event", "sender_name"),
        state="state",
        detail=("source",),
        page=page_at("/warnings?warning="),
    ),
    subject=SubjectKind(
        name=Kind.WARNING,
        names={
            **texts("id", "event", "source"),
            "regions": RuleName("list"),
            **dict.fromkeys(("magnitude", "depth_km"), RuleName("double")),
            **{name: RuleName("string", frozenset(words)) for name, words in _CAP.items()},
        },
        value=_value,
        region=_region,
        evaluated=may_trigger,
        title=_title,
        feed=lambda subject: "emergency",
        functions=frozenset(("touches",)),
        gone="warning_over",
    ),
    place=areas,
)
