"""Incidents (突发事件) and the reports that are due about them. Written by the command role."""

from __future__ import annotations

from typing import Any

from feeds.incidents.grading import is_grave, rank
from feeds.incidents.phases import DRAWN_ON, orders_of
from feeds.incidents.policies import proofs_for
from feeds.kinds.filters import Exact, Flag, From, Search, Sort, Within, Words
from feeds.kinds.kind import Derived, RecordKind
from feeds.kinds.modes import is_exercise
from feeds.kinds.places import point
from feeds.kinds.searchable import Searchable
from feeds.kinds.subject import RuleName, SubjectKind, SubjectState, field_value, texts
from feeds.model.incidents import MODES, NATURES, OBLIGATION_STATES, PHASES, Incident, Obligation
from feeds.model.times import Time

MODE = Words(name="mode", words=MODES, default="real", about="Left out: real; * for all")
COUNTED = ("dead", "missing", "grave")


def _title(subject: SubjectState, language: str) -> str:
    return str(subject.record.title or subject.id)


def _real(record: Incident | Obligation) -> bool:
    """True for what rules are asked about: no exercise."""
    return record.mode == "real"


def _incident_value(subject: SubjectState, name: str) -> Any:
    if name == "grade_rank":
        return rank(subject.record.grade)
    if name in COUNTED:
        figure = subject.record.figures.get(name)
        return int(figure.value) if figure is not None else 0
    return field_value(subject, name)


def _obligation_value(subject: SubjectState, name: str) -> Any:
    return rank(subject.record.grade) if name == "grade_rank" else field_value(subject, name)


def _commander(incident: Incident) -> str:
    """Who commands it, "" while nobody does."""
    return next((held.holder for held in incident.posts if held.post == "commander"), "")


def _response_since(incident: Incident) -> Time | None:
    """When the response that runs was started."""
    running = [response.started_at for response in incident.responses if response.ended_at is None]
    return running[-1] if incident.response and running else None


INCIDENT = RecordKind(
    name="incident",
    plural="incidents",
    record=Incident,
    writer="command",
    apart=is_exercise,
    live=lambda incident: incident.phase not in ("merged", "archived"),
    derived=(
        Derived("open", bool, lambda incident: incident.open),
        Derived("grade_rank", int, lambda incident: rank(incident.grade)),
        Derived("orders", dict[str, list[str]], orders_of),
        Derived("grave", bool, lambda incident: is_grave(incident.grade, incident.response)),
        Derived("drawable", bool, lambda incident: incident.phase in DRAWN_ON),
        Derived("commander", str, _commander),
        Derived("response_since", Time | None, _response_since),
    ),
    faces={
        "map": ("id", "title", "phase", "grade", "response", "mode", "event_class", "region"),
        "row": (
            "id",
            "mode",
            "title",
            "event_class",
            "region",
            "received_at",
            "phase",
            "open",
            "drawable",
            "grade",
            "grade_rank",
            "grave",
            "grade_proposal",
            "response",
            "response_since",
            "place",
            "lat",
            "lon",
            "accuracy_m",
            "figures",
            "commander",
            "commander_missing",
            "rev",
        ),
    },
    place=point,
    redact=(
        "created_by",
        "commander",
        "posts",
        "posts_before",
        "casualties",
        "grades",
        "responses",
        "review_signed_by",
    ),
    archive="incident",
    entries=("incident",),
    filters=(
        Words(name="phase", words=PHASES),
        Words(name="grade", words=("I", "II", "III", "IV")),
        Words(name="class", field="event_class"),
        Words(name="nature", words=NATURES),
        MODE,
        Within(),
        Search(name="q", fields=("id", "title", "text", "place")),
        From(name="since", field="received_at"),
    ),
    sort=Sort(("received_at", "id"), down=True, page=100),
    subject=SubjectKind(
        name="incident",
        names={
            **texts("id", "region", "event_class", "place", "text", "title"),
            "phase": RuleName("string", frozenset(PHASES)),
            "nature": RuleName("string", frozenset(NATURES)),
            "grade": RuleName("string", frozenset(("", "I", "II", "III", "IV"))),
            "grade_rank": RuleName("int"),
            "response": RuleName("string", frozenset(("", "I", "II", "III", "IV"))),
            "commander_missing": RuleName("bool"),
            **{name: RuleName("int") for name in COUNTED},
        },
        value=_incident_value,
        title=_title,
        feed=lambda subject: "emergency",
        evaluated=_real,
    ),
    search=Searchable(names=("title", "place")),
)


OBLIGATION = RecordKind(
    name="obligation",
    plural="obligations",
    record=Obligation,
    writer="command",
    apart=is_exercise,
    derived=(
        Derived("unmet", bool, lambda due: due.unmet),
        Derived("proofs", dict[str, list[str]], lambda due: proofs_for(due.channel)),
    ),
    redact=("proof.by", "proof.recipient", "proof.number", "proof.note"),
    archive="obligation",
    entries=("obligation",),
    filters=(Words(name="state", words=OBLIGATION_STATES), Exact(name="incident"), Flag(name="late"), MODE, Within()),
    sort=Sort(("created_at", "id"), down=True, page=200),
    slashes=True,
    subject=SubjectKind(
        name="obligation",
        names={
            **texts("id", "incident", "region", "step", "channel", "sender", "recipient"),
            "state": RuleName("string", frozenset(OBLIGATION_STATES)),
            "late": RuleName("bool"),
            "grade": RuleName("string", frozenset(("", "I", "II", "III", "IV"))),
            "grade_rank": RuleName("int"),
        },
        value=_obligation_value,
        title=lambda subject, language: str(subject.id),
        feed=lambda subject: "emergency",
        evaluated=_real,
    ),
)
INCIDENTS = (INCIDENT, OBLIGATION)
