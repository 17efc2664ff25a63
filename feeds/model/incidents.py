"""Incidents (突发事件): what happened, how grave it is, how the site responds; three fields that never become one.

Nothing is overwritten: grades, responses, casualties and posts are versions with who, when and on what basis.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.model.times import Time

PHASES = ("received", "verifying", "active", "ended", "reviewing", "archived", "false", "transferred", "merged")
OPEN_PHASES = ("received", "verifying", "active")
NATURES = ("event", "threat")
MODES = ("real", "exercise")
POSTS = ("commander", "on-scene", "reporting", "scribe", "liaison")
"""指挥长, 现场指挥, 信息报送, 记录, 联络."""
FIGURES = ("dead", "missing", "grave", "light", "trapped", "evacuated", "sheltered", "loss_yuan", "houses", "hectares")
OBLIGATION_STATES = ("pending", "warned", "late", "met", "skipped", "void")
UNMET = ("pending", "warned", "late")
"""States of a report that is still due."""
PROOF_CHANNELS = ("phone", "network", "fax", "oa", "paper")


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeVersion:
    """A grade that a person gave: "I" to "IV", or "" for none, on what basis. `at` is when."""

    grade: str
    basis: str
    criterion: str = ""
    by: str
    at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeProposal:
    """A grade that the figures give and that no person has given yet.

    `if_missing_dead` is the grade if everybody who is missing is dead, "" where that is no graver.
    """

    grade: str
    criterion: str = ""
    table: str = ""
    source: str = ""
    if_missing_dead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A response level (响应) that a leader declared: matter, level, expected end, measures (Art. 72)."""

    level: str
    matters: str
    measures: str
    expected_end: Time
    by: str
    started_at: Time
    ended_at: Time | None = None
    ended_by: str = ""
    acting_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CasualtyReport:
    """One figure (`what`, one of FIGURES) as a source gave it. `number` counts the reports of the incident from 1.

    `valid_at` is the moment of which it is true, `at` when it was entered. `corrects` is the number of a report that
    this one replaces, 0 for none.
    """

    number: int
    what: str
    value: float
    source: str
    official: bool
    valid_at: Time
    at: Time
    by: str
    corrects: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureSource:
    """What one source says of a figure."""

    value: float
    source: str
    official: bool
    valid_at: Time


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentFigure:
    """The value that is shown of a figure: the newest official one, else the newest. `others` differ; never added."""

    value: float
    source: str
    official: bool
    valid_at: Time
    others: tuple[FigureSource, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHolder:
    """Who holds a post (one of POSTS) since when."""

    post: str
    holder: str
    since: Time
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident. Writer: the command role. `id` is "{site}:{yyyymmdd}-{nnnn}", of an exercise "{site}:X…".

    `phase` is one of PHASES, `phase_before` the one that a merge, a false report or a transfer left. `grade` is the
    newest of `grades`, `response` the level of the response that runs ("" for none). `figures` follow from
    `casualties`. `lead_region` is who leads (Art. 18). `merged_into` is another incident, `merged` are those that were
    merged into this one. `commander_missing`: a grave one has had no commander for ten minutes. `watched_until`: until
    then deaths still change the grade. `outside`: its position lies outside the site, so that it may have to be
    transferred. `rev` counts its changes.
    """

    id: str
    mode: str = "real"
    nature: str = "event"
    event_class: str = ""
    title: str = ""
    text: str = ""
    region: str
    regions: tuple[str, ...] = ()
    lead_region: str = ""
    place: str = ""
    place_unknown: bool = False
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float = 0.0
    location_method: str = ""
    occurred_at: Time | None = None
    occurred_precision: str = "unknown"
    received_at: Time
    created_at: Time
    created_by: str
    phase: str = "received"
    phase_before: str = ""
    phase_at: Time
    phase_reason: str = ""
    verified_at: Time | None = None
    opened_at: Time | None = None
    ended_at: Time | None = None
    grade: str = ""
    grades: tuple[GradeVersion, ...] = ()
    grade_proposal: GradeProposal | None = None
    response: str = ""
    responses: tuple[Response, ...] = ()
    casualties: tuple[CasualtyReport, ...] = ()
    figures: dict[str, IncidentFigure] = field(default_factory=dict)
    posts: tuple[PostHolder, ...] = ()
    posts_before: tuple[PostHolder, ...] = ()
    commander_missing: bool = False
    receipts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    alerts: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    merged_into: str = ""
    merged: tuple[str, ...] = ()
    transferred_to: str = ""
    cause: str = ""
    lessons: str = ""
    review_signed_by: str = ""
    watched_until: Time | None = None
    secrecy: str = "plain"
    outside: bool = False
    rev: int = 1

    @property
    def open(self) -> bool:
        """Received, being verified, or being handled."""
        return self.phase in OPEN_PHASES


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportProof:
    """That a report was received: by whom, how, under what number, when (`at`), entered when and by whom.

    `retroactive`: entered more than ten minutes after it happened (补录).
    """

    channel: str
    at: Time
    recipient: str
    number: str = ""
    note: str = ""
    by: str
    entered_at: Time
    retroactive: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Obligation:
    """One report that is due (信息报送). Writer: the command role. `id` is "{incident}/{policy}/{n}".

    `due_at` is None where the source says "at once". `state` is one of OBLIGATION_STATES. `late_seconds` stays for ever
    once it was late. `because_regraded`: born late by a regrade. `nothing_new`: a follow-up report that says so.
    `merged_into` is the obligation of the same kind that is due earlier and stands for this one after a merge.
    """

    id: str
    incident: str
    mode: str
    region: str
    grade: str
    step: str
    sender: str
    recipient: str
    channel: str
    policy: str
    source: str
    starts_at: Time
    due_at: Time | None
    warn_at: Time | None = None
    state: str = "pending"
    late: bool = False
    late_seconds: float = 0.0
    because_regraded: bool = False
    nothing_new: bool = False
    met_at: Time | None = None
    proof: ReportProof | None = None
    merged_into: str = ""
    reason: str = ""
    created_at: Time
    rev: int = 1

    @property
    def unmet(self) -> bool:
        """Still due: pending, warned or late."""
        return self.state in UNMET
