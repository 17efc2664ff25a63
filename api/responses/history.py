"""Answers about the past of one asset, and availability over months."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec import field as named

from api.responses.common import Interval, ListPage, Share, Time


class MetricDescription(Struct, kw_only=True):
    """A metric that has a history. `fresh_for`: seconds for which one value holds."""

    metric: str
    unit: str
    fresh_for: float


class MetricList(Struct, kw_only=True):
    """The metrics of an asset."""

    asset: str
    items: list[MetricDescription]


Numbers = list[float | None]


class HistorySeries(MetricDescription, kw_only=True):
    """One metric as columns. A null value says that nothing was known until the next row."""

    at: list[Time]
    value: Annotated[Numbers, Meta(description="The value; for rollups the mean")]
    min: Numbers | UnsetType = UNSET
    max: Numbers | UnsetType = UNSET
    count: Numbers | UnsetType = UNSET


class HistoryAnswer(Struct, kw_only=True):
    """Metrics of an asset over an interval."""

    asset: str
    from_: Time = named(name="from")
    to: Time
    step: Annotated[str, Meta(description="raw, or a number with s, m or h")]
    series: list[HistorySeries]


class HealthSpan(Interval, kw_only=True):
    """An interval of one health."""

    health: str


class AssetAvailability(Struct, kw_only=True):
    """How long an asset was in each health, seconds."""

    asset: str
    from_: Time = named(name="from")
    to: Time
    seconds: dict[str, float]
    maintenance: list[Interval]
    maintenance_seconds: float
    up: Share | None
    known: Share | None
    spans: list[HealthSpan]
    more: Annotated[bool, Meta(description="There are older spans")]


class AvailabilityFigures(Struct, kw_only=True):
    """Seconds in each state, and shares of them; a share is null when no time counts."""

    key: dict[str, str]
    name: str
    assets: int
    seconds: dict[str, float]
    availability: Share | None
    of_known: Share | None
    coverage: Share | None


class AvailabilityTable(ListPage, kw_only=True):
    """Availability in rows."""

    items: list[AvailabilityFigures]
    by: list[str]
    timezone: str
    total: AvailabilityFigures
    hidden: int
    complete: bool
    from_: Time = named(name="from")
    to: Time


class OutageSpan(Interval, kw_only=True):
    """A time span in which an asset was not well."""

    kind: Annotated[str, Meta(description="degraded, down, unknown or maintenance")]


class AssetOutages(Struct, kw_only=True):
    """The outages of one asset, oldest first, and the seconds of each kind."""

    asset: str
    name: str
    region: str
    owner: str
    kind: str
    seconds: dict[str, float]
    spans: list[OutageSpan]
    more: Annotated[bool, Meta(description="There are later spans")]


class OutageTable(ListPage, kw_only=True):
    """Outages by asset, the longest down first."""

    items: list[AssetOutages]
    timezone: str
    assets: Annotated[int, Meta(description="Assets that the question covers, well ones included")]
    hidden: int
    from_: Time = named(name="from")
    to: Time


class MonthAvailability(Struct, kw_only=True):
    """Availability of the month so far, all assets together."""

    from_: Time = named(name="from")
    to: Time
    assets: int
    availability: Share | None
    of_known: Share | None
    coverage: Share | None
