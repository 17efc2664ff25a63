"""Orders about one incident: each a pure function from the incident and the order to its next form.

`ORDERS` names them as the API does. Whether the phase and the role allow an order is asked in one place,
`carried_out`; what an order needs is asked in the order itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from feeds.incidents.classes import event_classes
from feeds.incidents.grading import GRADES
from feeds.model import Command, Outcome
from feeds.model.incidents import FIGURES, POSTS, CasualtyReport, GradeVersion, Incident, PostHolder, Response
from feeds.receipts import FUTURE
from feeds.regions import covers, is_code
from incidents.handling.casualties import proposed, with_casualty
from incidents.handling.phases import permitted
from incidents.handling.titles import title_after
from incidents.refusals import OrderRefused, required

DAY = 86_400.0
MOST = 1e7
"""The greatest number of people that a report of casualties may name."""
EDITABLE = frozenset(
    (
        *("title", "text", "event_class", "nature", "region", "secrecy"),
        *("place", "place_unknown", "lat", "lon", "accuracy_m", "location_method"),
        *("occurred_at", "occurred_precision"),
    )
)
LINKS = ("warnings", "alerts", "assets", "related")


def carried_out(incident: Incident, order: str, command: Command, now: float) -> Incident:
    """The incident after an order. Raises OrderRefused."""
    allowed = permitted(incident, order, command.role, command.reason, now)
    return replace(ORDERS[order](allowed, command, now), rev=incident.rev + 1)


def _verify(incident: Incident, command: Command, now: float) -> Incident:
    required(command.args, "called_back")
    return replace(incident, verified_at=now)


def _open(incident: Incident, command: Command, now: float) -> Incident:
    edited = _edit(incident, command, now)
    if not edited.event_class:
        raise OrderRefused("missing:event_class")
    if not edited.place and edited.lat is None and not edited.place_unknown:
        raise OrderRefused("missing:place")
    return replace(edited, opened_at=now, verified_at=edited.verified_at or now)


def _transfer(incident: Incident, command: Command, now: float) -> Incident:
    required(command.args, "to", "receipt")
    return replace(incident, transferred_to=str(command.args["to"]))


def _end(incident: Incident, command: Command, now: float) -> Incident:
    if incident.response:
        raise OrderRefused("response_running", Outcome.CONFLICT)
    return replace(incident, ended_at=now, posts_before=(*incident.posts_before, *incident.posts), posts=())


def _reopen(incident: Incident, command: Command, now: float) -> Incident:
    return replace(incident, ended_at=None)


def _review(incident: Incident, command: Command, now: float) -> Incident:
    required(command.args, "cause", "lessons")
    return replace(incident, cause=str(command.args["cause"]), lessons=str(command.args["lessons"]))


def _archive(incident: Incident, command: Command, now: float) -> Incident:
    return replace(incident, review_signed_by=command.actor)


def _restore(incident: Incident, command: Command, now: float) -> Incident:
    return replace(incident, transferred_to="")


def check_region(command: Command, region: str) -> None:
    """Raises OrderRefused unless the region is a code that the actor reaches."""
    if not is_code(region):
        raise OrderRefused("unknown_region")
    if not covers(command.actor_region, region):
        raise OrderRefused("region", Outcome.FORBIDDEN)


def _edit(incident: Incident, command: Command, now: float) -> Incident:
    changes = {name: value for name, value in command.args.items() if name in EDITABLE}
    if "region" in changes:
        check_region(command, changes["region"])
    if changes.get("event_class") and changes["event_class"] not in event_classes():
        raise OrderRefused("unknown_class")
    occurred_at = changes.get("occurred_at")
    if occurred_at is not None and occurred_at > now + FUTURE:
        raise OrderRefused("future")
    edited = replace(incident, **changes)
    if "title" not in changes:
        edited = replace(edited, title=title_after(incident, edited.place, edited.region, edited.event_class))
    event_class = event_classes().get(edited.event_class)
    watch = event_class.watch_days * DAY if event_class is not None else 0.0
    started = edited.occurred_at or edited.received_at
    return proposed(replace(edited, watched_until=started + watch if watch else None))


def _grade(incident: Incident, command: Command, now: float) -> Incident:
    grade = str(command.args.get("grade", ""))
    if grade not in (*GRADES, ""):
        raise OrderRefused("unknown_grade")
    required(command.args, "basis")
    version = GradeVersion(
        grade=grade,
        basis=str(command.args["basis"]),
        criterion=str(command.args.get("criterion", "")),
        by=command.actor,
        at=now,
    )
    return proposed(replace(incident, grade=grade, grades=(*incident.grades, version)))


def _respond(incident: Incident, command: Command, now: float) -> Incident:
    """Start a response, or change its level: matter, level, expected end and measures are all given (Art. 72)."""
    args = command.args
    required(args, "level", "matters", "expected_end", "measures")
    if args["level"] not in GRADES:
        raise OrderRefused("unknown_level")
    if float(args["expected_end"]) <= now:
        raise OrderRefused("past:expected_end")
    started = Response(
        level=str(args["level"]),
        matters=str(args["matters"]),
        measures=str(args["measures"]),
        expected_end=float(args["expected_end"]),
        by=command.actor,
        acting_for=command.acting_for,
        started_at=now,
    )
    before = _response_ended(incident, command.actor, now)
    return replace(before, response=started.level, responses=(*before.responses, started))


def _end_response(incident: Incident, command: Command, now: float) -> Incident:
    return _response_ended(incident, command.actor, now)


def _response_ended(incident: Incident, actor: str, now: float) -> Incident:
    """The incident whose running response, if any, has ended."""
    if not incident.response:
        return incident
    *past, running = incident.responses
    return replace(incident, response="", responses=(*past, replace(running, ended_at=now, ended_by=actor)))


def _casualties(incident: Incident, command: Command, now: float) -> Incident:
    args = command.args
    required(args, "what", "source")
    value, valid_at = float(args["value"]), float(args.get("valid_at") or now)
    if args["what"] not in FIGURES:
        raise OrderRefused("unknown_figure")
    if value < 0 or (value > MOST and args["what"] != "loss_yuan"):
        raise OrderRefused("figure_out_of_range")
    if valid_at > now + FUTURE:
        raise OrderRefused("future")
    corrects = int(args.get("corrects") or 0)
    corrected = next((report for report in incident.casualties if report.number == corrects), None)
    if corrects and (corrected is None or corrected.what != args["what"]):
        raise OrderRefused("corrects_nothing")
    report = CasualtyReport(
        number=len(incident.casualties) + 1,
        what=str(args["what"]),
        value=value,
        source=str(args["source"]),
        official=bool(args.get("official")),
        valid_at=valid_at,
        at=now,
        by=command.actor,
        corrects=corrects,
    )
    return with_casualty(incident, report)


def _post(incident: Incident, command: Command, now: float) -> Incident:
    """Take a post over: exactly one holder each. Who takes over names the holder that they know of."""
    post, holder = str(command.args.get("post", "")), str(command.args.get("holder") or command.actor)
    if post not in POSTS:
        raise OrderRefused("unknown_post")
    before = next((held for held in incident.posts if held.post == post), None)
    if before is not None and command.args.get("from_holder") != before.holder:
        raise OrderRefused("post_taken", Outcome.CONFLICT)
    other_holders = tuple(held for held in incident.posts if held.post != post)
    taken = PostHolder(post=post, holder=holder, since=now, by=command.actor)
    gone = (before,) if before is not None else ()
    missing = incident.commander_missing and post != "commander"
    return replace(
        incident, posts=(*other_holders, taken), posts_before=(*incident.posts_before, *gone), commander_missing=missing
    )


def _link(incident: Incident, command: Command, now: float) -> Incident:
    return _linked(incident, command, add=True)


def _unlink(incident: Incident, command: Command, now: float) -> Incident:
    return _linked(incident, command, add=False)


def _linked(incident: Incident, command: Command, *, add: bool) -> Incident:
    name, id = str(command.args.get("kind", "")), str(command.args.get("id", ""))
    if name not in LINKS or not id:
        raise OrderRefused("unknown_link")
    others = tuple(linked for linked in getattr(incident, name) if linked != id)
    changes: dict[str, Any] = {name: (*others, id) if add else others}
    return replace(incident, **changes)


def _unchanged(incident: Incident, command: Command, now: float) -> Incident:
    return incident


ORDERS: Mapping[str, Callable[[Incident, Command, float], Incident]] = {
    "edit": _edit,
    "verify": _verify,
    "open": _open,
    "false": _unchanged,
    "transfer": _transfer,
    "merge": _unchanged,
    "unmerge": _unchanged,
    "end": _end,
    "reopen": _reopen,
    "restore": _restore,
    "review": _review,
    "archive": _archive,
    "grade": _grade,
    "respond": _respond,
    "end-response": _end_response,
    "casualties": _casualties,
    "post": _post,
    "link": _link,
    "unlink": _unlink,
}
