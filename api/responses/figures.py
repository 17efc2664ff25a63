"""The answer of `GET /api/v1/kpi`: the load that alerts put on people (EEMUA 191, ISA-18.2 clause 16)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec import field as named

from api.responses.common import Interval, Share, Texts, Time
from api.responses.history import MonthAvailability

Out = Literal["", "degraded", "down"]


class Rate(Struct, kw_only=True):
    """Alerts that came into sight, with their targets."""

    ten_minutes: int
    per_operator: float
    target: int
    day: int
    day_per_operator: float
    day_target: int
    day_too_many: int
    raised_day: int


class FloodFigures(Struct, kw_only=True):
    """Alert floods of the last day."""

    on: bool
    since: Time | None
    in_ten_minutes: int
    starts_above: int
    ends_below: int
    share_of_day: Share
    target: float
    last: Interval | None


class Peak(Struct, kw_only=True):
    """The most alerts within an hour and within a minute."""

    hour: int
    hour_at: Time | None
    hour_target: int
    minute: int
    minute_at: Time | None
    minute_target: int


class StaleAlert(Struct, kw_only=True):
    """An alert that has been active for more than a day."""

    id: str
    rule: str
    asset: str
    severity: str
    raised_at: Time
    title: Texts


class Stale(Struct, kw_only=True):
    """Stale alerts, the oldest first."""

    count: int
    target: int
    limit: int
    after_s: float
    items: list[StaleAlert]


class ChatteringAlert(Struct, kw_only=True):
    """An alert that changes three times a minute or more often."""

    id: str
    rule: str
    asset: str
    changes: int


class Chattering(Struct, kw_only=True):
    """Chattering alerts, the worst first; `day`: how many chattered within a day."""

    count: int
    target: int
    changes_a_minute: int
    items: list[ChatteringAlert]
    day: int


class Priorities(Struct, kw_only=True):
    """Alerts by severity, and their shares by priority; null without any alert."""

    counts: dict[str, int]
    low: Share | None
    medium: Share | None
    high: Share | None
    target: dict[str, float]


class FrequentAlert(Struct, kw_only=True):
    """One of the most frequent alerts."""

    id: str
    rule: str
    asset: str
    title: Texts
    count: int
    share: Share


class Frequent(Struct, kw_only=True):
    """The ten most frequent alerts and their share of all."""

    share: Share | None
    target: float
    items: list[FrequentAlert]


class HourCount(Struct, kw_only=True):
    """Alerts of one clock hour."""

    at: Time
    shown: int
    raised: int


class AlertLoad(Struct, kw_only=True):
    """The load of the last day with its targets."""

    since: Time
    complete: Annotated[bool, Meta(description="False: a part of the day is not known")]
    rate: Rate
    flood: FloodFigures
    peak: Peak
    stale: Stale
    chattering: Chattering
    priorities: Priorities
    frequent: Frequent
    per_hour: list[HourCount]
    operators: int
    operators_from: Annotated[str, Meta(description="roster or assumed")]


class ResponseTimes(Struct, kw_only=True):
    """Median and 90th percentile of a time, seconds."""

    median_s: float | None
    p90_s: float | None
    count: int
    waiting: int
    target: float | None


class LoadOuts(Struct, kw_only=True):
    """How far each figure is out of its target: "" within it, `degraded` out of it, `down` far out of it."""

    rate: Out
    day: Out
    flood: Out
    peak_hour: Out
    peak_minute: Out
    stale: Out
    chattering: Out
    frequent: Out
    priorities: Out
    mtta: Out
    mttr: Out


class ShiftLoad(Struct, kw_only=True):
    """The load of one shift."""

    id: str
    name: Texts
    from_: Time = named(name="from")
    to: Time
    current: bool
    operators: int
    shown: int
    per_operator_10min: float
    mtta: ResponseTimes
    mttr: ResponseTimes
    flood_s: float


class AlertCounts(Struct, kw_only=True):
    """Open alerts now."""

    open: int
    active: int
    unacknowledged: int
    suppressed: int
    active_over_24h: int
    active_by_severity: dict[str, int]


class Kpi(Struct, kw_only=True):
    """Every figure of the asker's region."""

    rev: str
    at: Time
    alerts: AlertCounts
    health: dict[str, int]
    health_by_region: dict[str, dict[str, int]]
    hidden: dict[str, int]
    load: AlertLoad
    mtta: ResponseTimes
    mttr: ResponseTimes
    outs: LoadOuts
    shifts: list[ShiftLoad]
    availability: MonthAvailability | None
