"""An alert's document: the alert, who was told of it, how far it is escalated, and what another tool said of it.

The JSON is flat: the fields of `Alert` beside those of `Bookkeeping`. It is read by type and in bulk: after a kill in
a storm some ten thousand documents stand between the role and its work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from feeds.model import Alert, Severity

KIND = "alert"
FIRST = "first_raised_at"
"""The field that documents of earlier versions lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EscalationRun:
    """How far an alert has been escalated. `step` counts the steps done, `repeats` how often the last was repeated.

    `reached`: somebody was told at all. `promised` is the promise that was told as broken. `next_at` is when the next
    step falls due, as of the moment at which the document was written.
    """

    policy: str = ""
    number: int = 0
    running: bool = False
    began: float = 0.0
    last: float = 0.0
    step: int = 0
    repeats: int = 0
    reached: bool = False
    promised: float | None = None
    next_at: float | None = None


class ToolGrade(msgspec.Struct, array_like=True, gc=False):
    """One of another tool's own names for the alert (`face`), how bad that is, and whether another came since."""

    face: str
    severity: Severity
    doubtful: bool


class ToolState(msgspec.Struct, gc=False):
    """What another tool said of the alert last, and when; `lease` in seconds, 0 for none."""

    lease: float
    at: float
    faces: list[ToolGrade]


class Bookkeeping(msgspec.Struct, gc=False):
    """What the document holds beside the alert.

    Contacts, as their targets: `notified` were sent a message of the alert at any time (`told` in JSON). `firing` were
    sent last that it fires; None in a document written before there was that field. The message to those in
    `cancelled` was taken back before it was sent. `people` gives the address at which each person was notified.
    """

    notified: tuple[str, ...] = msgspec.field(default=(), name="told")
    firing: tuple[str, ...] | None = None
    cancelled: tuple[str, ...] = ()
    people: dict[str, dict[str, str]] = {}
    run: EscalationRun | None = None
    foreign: ToolState | None = None


class AlertDocument(msgspec.Struct, gc=False):
    """One document."""

    alert: Alert
    beside: Bookkeeping


_alert = msgspec.json.Decoder(Alert)
_beside = msgspec.json.Decoder(Bookkeeping)
_alerts = msgspec.json.Decoder(list[Alert])
_besides = msgspec.json.Decoder(list[Bookkeeping])
_FIRST_FIELD = b'"first_raised_at":'


def dump(alert: Alert, beside: Bookkeeping) -> dict[str, Any]:
    """The document's body, times in epoch seconds. A field of the bookkeeping that says nothing is left out."""
    body: dict[str, Any] = msgspec.to_builtins(alert)
    body["told"], body["firing"] = list(beside.notified), list(beside.firing or ())
    if beside.cancelled:
        body["cancelled"] = list(beside.cancelled)
    if beside.people:
        body["people"] = beside.people
    if beside.run is not None:
        body["run"] = msgspec.to_builtins(beside.run)
    if beside.foreign is not None:
        body["foreign"] = msgspec.to_builtins(beside.foreign)
    return body


def read_one(body: str | bytes) -> AlertDocument:
    """One document from its JSON; unknown fields are passed over."""
    alert, beside = _alert.decode(body), _beside.decode(body)
    if alert.active and alert.since > alert.raised_at:  # rare: only these may be of an earlier version
        knows_first = FIRST in body if isinstance(body, str) else FIRST.encode() in body
        if not knows_first:
            alert = _with_occurrence(alert, foreign=beside.foreign is not None)
    return AlertDocument(alert, beside)


def read_all(array: bytes, ids: Sequence[str]) -> list[AlertDocument]:
    """The documents of a JSON array. Raises ValueError unless they are those with these ids, or one is of a version
    that knew one beginning only: such are read one by one.
    """
    alerts, besides = _alerts.decode(array), _besides.decode(array)
    if [alert.id for alert in alerts] != ids or array.count(_FIRST_FIELD) < len(alerts):
        raise ValueError("not the documents that were joined")
    return list(map(AlertDocument, alerts, besides))


def alert_of(body: Mapping[str, Any]) -> Alert:
    """The alert of a document's body."""
    alert = msgspec.convert(dict(body), Alert)
    return alert if FIRST in body else _with_occurrence(alert, foreign=bool(body.get("foreign")))


def _with_occurrence(alert: Alert, *, foreign: bool) -> Alert:
    """An alert of a version whose `raised_at` was that of the first occurrence.

    The present occurrence of an alert that was raised again began when it became active. Another tool may give an
    earlier beginning, so that the two moments differ without a second occurrence: its own is left as it is.
    """
    if not alert.active or foreign or alert.since <= alert.raised_at:
        return alert
    return msgspec.structs.replace(
        alert, first_raised_at=alert.raised_at, raised_at=alert.since, count=max(2, alert.count)
    )


def run_of(body: Mapping[str, Any]) -> EscalationRun | None:
    """The escalation of a document's body."""
    run = body.get("run")
    return msgspec.convert(run, EscalationRun) if run else None
