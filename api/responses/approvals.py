"""The answers of `/api/v1/approvals`."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec import field as named

from api.responses.common import Share, Time

Day = Annotated[str, Meta(extra_json_schema={"format": "date"}, description="A local date")]


class CaseSummaryRecord(Struct, kw_only=True):
    """A case in a list. `left`: counted days left as of now, below 0 when overdue."""

    id: str
    key: Annotated[int, Meta(description="Its number in the store")]
    system: str
    number: str
    item: str
    item_name: str
    kind: str
    department: str
    department_name: str
    region: str
    state: str
    result: str
    light: str
    step: str
    flags: list[str]
    parent: str
    n: int | None
    unit: str
    left: int | None
    due: Day | None
    limit_at: Time | None
    started_at: Time | None
    ended_at: Time | None
    in_time: bool | None
    used: int | None
    changed_at: Time | None


class CaseWindow(Struct, kw_only=True):
    """One window of the matching cases. `total` counts all matching cases."""

    items: list[CaseSummaryRecord]
    next: str | None
    rev: str
    total: int
    as_of: Time


class CaseClockDay(Struct, kw_only=True):
    """One day of a count (feeds.workdays.sheet)."""

    day: Day
    mark: str
    number: int
    makeup: bool
    name: str
    provisional: bool


class CaseClock(Struct, kw_only=True):
    """The count of a case's limit, day by day from day 0. `if_resumed_today`: due day if the suspension ended today."""

    day0: Day
    n: int
    promised: int | None
    extended_by: int
    unit: str
    due: Day | None
    limit_at: Time | None
    yellow_at: Time | None
    paused: bool
    if_resumed_today: Day | None
    unpublished: int | None
    left: int
    left_most: int
    overdue: int
    days: list[CaseClockDay]


class ApplicantRecord(Struct, kw_only=True):
    """The applicant, masked: the first character of a person's name, and no number."""

    name: str
    company: bool
    has_id: bool
    has_phone: bool
    masked: bool


class CaseDetail(CaseSummaryRecord, kw_only=True):
    """A case without personal values. `parts` are the cases of a joint case; instants are in RFC 3339."""

    applied: Time | None
    accepted: Time | None
    handed_over: Time | None
    decided: Time | None
    submitted_up: Time | None
    delivered: Time | None
    channel: str
    systems: list[str]
    aliases: dict[str, str]
    due_source: str
    disagreements: dict[str, dict[str, str]]
    steps: list[dict[str, Any]]
    suspensions: list[dict[str, Any]]
    extensions: list[dict[str, Any]]
    supplements: list[dict[str, Any]]
    fees: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    clock: CaseClock | None
    events: list[dict[str, Any]]
    parts: list[CaseSummaryRecord]
    applicant: ApplicantRecord


class UnmaskedPerson(Struct, kw_only=True):
    """Personal values of one case, for five minutes on a screen."""

    values: dict[str, str]
    seen_at: Time
    until: Time
    looks_today: int


class CaseSignal(Struct, kw_only=True):
    """A suspicion over several cases of a department: many_returned, on_due_day or handed_in_again.

    `n` cases `of` so many (0: not a share). `keys` are the store's numbers of single cases.
    """

    signal: str
    department: str
    name: str
    n: int
    of: int
    share: float | None
    keys: list[int]


class CaseSignals(Struct, kw_only=True):
    """Suspicions over several cases."""

    items: list[CaseSignal]
    as_of: Time


class PersonSearch(Struct, kw_only=True):
    """The cases of one applicant, at most 50, the latest first; without personal values."""

    items: list[CaseSummaryRecord]
    total: int
    as_of: Time
    looks_today: int


class PeriodFigures(Struct, kw_only=True):
    """Figures of a period. Shares without a denominator are null; `few`: too few cases for a percentile."""

    accepted: int
    done: int
    dropped: int
    completion: Share | None
    due: int
    in_time: int
    in_time_share: Share | None
    settled: int
    settled_in_time_share: Share | None
    promised_in_time_share: Share | None
    mean_days: float | None
    mean_natural_days: float | None
    compression: float | None


class CaseSummary(PeriodFigures, kw_only=True):
    """The figures of a period with those of the month before and of the year before."""

    from_: Day = named(name="from")
    to: Day
    working_days: Annotated[int | None, Meta(description="Of the period up to today")]
    median_days: int | None
    p90_days: int | None
    few: bool
    open_start: int
    open_end: int
    carried_completion: float | None
    compared: dict[str, dict[str, Any]]
    as_of: Time


class FigureRow(PeriodFigures, kw_only=True):
    """The figures of one department, item, kind, region, day or month. `name` is that of a department or an item."""

    key: str
    name: str


class FigureTable(Struct, kw_only=True):
    """Figures by some dimension. Parts of joint cases count for departments; totals count their parents."""

    items: list[FigureRow]
    by: str
    from_: Day = named(name="from")
    to: Day
    as_of: Time


class CaseForecast(Struct, kw_only=True):
    """Cases that fall due within so many working days (null: calendar unknown), the pace, the months of work."""

    open: int
    due: dict[str, int | None]
    per_day: float
    months: float | None


class CaseAgeing(Struct, kw_only=True):
    """Open cases by counted days left, and by natural days since day 0. `due`: first and last due day by bucket."""

    left: dict[str, int]
    due: dict[str, list[Day]]
    age: dict[str, int]
    forecast: CaseForecast
    as_of: Time


class SlowStep(Struct, kw_only=True):
    """A step by the office time of its visits. Visits whose end is unknown are counted and left out.

    `median_days` and `p90_days` are the same figures in working days of the site's office hours.
    """

    item: str
    item_name: str
    step: str
    n: int
    unknown_end: int
    mean_minutes: float
    median_minutes: int | None
    p90_minutes: int | None
    median_days: float | None
    p90_days: float | None
    over_limit: int


class SlowSteps(Struct, kw_only=True):
    """The slowest steps of the last 90 days, of those with at least 20 visits."""

    items: list[SlowStep]
    as_of: Time


class HeldSweep(Struct, kw_only=True):
    """A sweep of a source that would have deleted too many cases. `state`: held, applying, applied, dismissed."""

    id: Annotated[str, Meta(description="The source")]
    system: str
    at: Time
    compared: int
    missing: int
    state: str
    by: str
    reason: str


class SweepList(Struct, kw_only=True):
    """The held sweeps."""

    items: list[HeldSweep]
