"""Receipts (接报): every report of an event as it arrived, before anybody has decided what it is."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model.times import Time

RECEIPT_STATES = ("new", "attached", "opened", "dismissed")
CHANNELS = ("phone", "sms", "110", "119", "120", "122", "12345", "cap", "system", "alert", "site", "walk-in")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What may be the same event: another receipt, or an incident by its number.

    `score` is 0 to 1, `likely` is True for a high one.
    """

    id: str
    score: float
    distance_m: float
    seconds: float
    likely: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One report of an event. Writer: the command role.

    `id` is "source:external id". `state` is one of RECEIPT_STATES, `channel` one of CHANNELS. `received_at` is when it
    arrived here, `occurred_at` when the event is said to have happened. `event_class` is "" where the sender's word has
    no meaning in our classes; `their_class` is the word. `accuracy_m` is of the point. `unanswered` is True for a new
    one that waits too long. `candidates` are proposals: nothing is merged by the machine. `versions` counts the reports
    under this id. `incident` is what it was attached to or opened as.
    """

    id: str
    source: str
    external_id: str
    channel: str
    state: str = "new"
    mode: str = "real"
    region: str = ""
    received_at: Time
    reported_at: Time
    updated_at: Time
    occurred_at: Time | None = None
    title: str = ""
    text: str = ""
    place: str = ""
    event_class: str = ""
    their_class: str = ""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 0.0
    caller: str = ""
    phone: str = ""
    unanswered: bool = False
    answered_at: Time | None = None
    answered_by: str = ""
    reason: str = ""
    incident: str = ""
    candidates: tuple[Candidate, ...] = ()
    problems: tuple[str, ...] = ()
    versions: int = 1
    rev: int = 1
    digest: str = ""
