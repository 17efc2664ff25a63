"""One series of a metric as a chart needs it: where nothing was known, its band, its limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from feeds import regions

Record = Mapping[str, Any]
STEP_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
FRESH_FOR = 300.0
"""Seconds for which a value holds where the answer does not say."""


def seconds(moment: str) -> float:
    """An RFC 3339 moment as epoch seconds."""
    return datetime.fromisoformat(moment).timestamp()


def step_seconds(step: str) -> float:
    """The length of a step as history answers name it, in seconds: 0 for "raw", 300 for "5m"."""
    unit = STEP_UNITS.get(step[-1:])
    return float(step[:-1]) * unit if unit and step[:-1].isdigit() else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartSeries:
    """Times in epoch seconds. A value of None breaks the line; `gaps` are the stretches in which nothing was known."""

    metric: str
    unit: str
    at: Sequence[float]
    value: Sequence[float | None]
    low: Sequence[float | None]
    high: Sequence[float | None]
    gaps: Sequence[tuple[float, float]]

    @property
    def first(self) -> float | None:
        """When the first value was known; None when there is none."""
        return next((at for at, value in zip(self.at, self.value, strict=True) if value is not None), None)

    @property
    def count(self) -> int:
        """How many values there are."""
        return sum(value is not None for value in self.value)

    def band(self) -> tuple[list[float | None], list[float | None]]:
        """The area from the least to the most of each step as closed shapes, one for each stretch without a gap."""
        x: list[float | None] = []
        y: list[float | None] = []
        stretch: list[int] = []
        for index, value in enumerate([*self.value, None]):
            if value is not None:
                stretch.append(index)
            elif stretch:
                back = stretch[::-1]
                x += [*(self.at[i] for i in stretch), *(self.at[i] for i in back), None]
                y += [*(self.high[i] for i in stretch), *(self.low[i] for i in back), None]
                stretch = []
        return x, y


def chart_series(series: Record, start: float, end: float, step: str) -> ChartSeries:
    """The columns of a history answer's series between `start` and `end`.

    A null says that from there nothing was known. Before the first value and after the last one a stretch is a gap when
    it is longer than a value holds.
    """
    at = [seconds(moment) for moment in series["at"]]
    values: Sequence[float | None] = series["value"]
    room = max(step_seconds(step), float(series.get("fresh_for") or FRESH_FOR))
    gaps: list[tuple[float, float]] = []
    since: float | None = start
    for moment, value in zip(at, values, strict=True):
        if value is None:
            since = moment if since is None else since
            continue
        if since is not None and moment - since > (room if since == start else 0):
            gaps.append((since, moment))
        since = None
    if since is not None and end > since:
        gaps.append((since, end))
    low, high = (series.get(name) or () for name in ("min", "max"))
    unit = str(series.get("unit") or "")
    return ChartSeries(metric=series["metric"], unit=unit, at=at, value=values, low=low, high=high, gaps=gaps)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitLine:
    """A limit that a rule sets. `clear`: the value that ends the alert, where the rule has a deadband.

    `of_station`: it came with the station's values, and `rule` is its name.
    """

    op: str
    value: float
    rule: str
    severity: str
    clear: bool = False
    of_station: bool = False


def limit_lines(rules: Sequence[Record], metric: str, asset: Record) -> list[LimitLine]:
    """The limits of rules for a metric of this asset, as the API reads them out of each rule's expression.

    A rule for other kinds, labels or regions sets none here; a limit of a rate is no value of the chart.
    """
    lines = []
    for rule in rules:
        if not _concerns(rule.get("only") or {}, asset):
            continue
        for limit in rule.get("thresholds") or ():
            if limit["metric"] != metric or limit.get("per_second_over") is not None:
                continue
            op, value, clear = limit["op"], limit["value"], limit.get("clear")
            lines.append(LimitLine(op=op, value=value, rule=rule["id"], severity=rule["severity"]))
            if clear is not None and clear != value:
                back = "<" if op.startswith(">") else ">"
                lines.append(LimitLine(op=back, value=clear, rule=rule["id"], severity="", clear=True))
    return lines


def station_limits(readings: Record, metric: str, words: Mapping[str, str]) -> list[LimitLine]:
    """The limits that came with a station's values: 警戒 (`…_warning`) and 保证 (`…_guarantee`), named by `words`."""
    name, bracket, instance = metric.partition("[")
    lines = []
    for limit, severity in (("warning", "major"), ("guarantee", "critical")):
        value = (readings.get(f"{name}_{limit}{bracket}{instance}") or {}).get("value")
        if isinstance(value, int | float) and not isinstance(value, bool):
            lines.append(LimitLine(op="≥", value=value, rule=words[limit], severity=severity, of_station=True))
    return lines


def _concerns(only: Record, asset: Record) -> bool:
    labels = asset.get("labels") or {}
    kinds, places = only.get("kinds"), only.get("regions")
    return (
        (not kinds or asset["kind"] in kinds)
        and all(labels.get(name) == value for name, value in (only.get("labels") or {}).items())
        and (not places or any(regions.covers(region, asset["region"]) for region in places))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A part of the time shown: an alert with its severity, or a health."""

    start: float
    end: float
    word: str


def alert_stretches(alerts: Sequence[Record], start: float, end: float) -> list[Stretch]:
    """Alerts as parts of the time shown. An active one lasts until its end."""
    stretches = []
    for alert in alerts:
        until = end if alert["active"] or not alert["cleared_at"] else seconds(alert["cleared_at"])
        low, high = max(start, seconds(alert["raised_at"])), min(end, until)
        if high > low:
            stretches.append(Stretch(start=low, end=high, word=alert["severity"]))
    return stretches


def health_stretches(spans: Sequence[Record], start: float, end: float) -> list[Stretch]:
    """The health of the asset as parts of the time shown."""
    clipped = [(max(start, seconds(span["from"])), min(end, seconds(span["to"])), span["health"]) for span in spans]
    return [Stretch(start=low, end=high, word=health) for low, high, health in clipped if high > low]
