"""What an asset's metrics were, and how long it was up."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import numpy as np
from fastapi import Query
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.principal import Principal
from api.responses import history as answered
from api.responses.describe import answers
from api.routers import api_router
from feeds.history import HistoryReader, Series, health_spans, seconds_by_health
from feeds.history.availability import apart
from feeds.history.codec import Floats, Ints, Records
from feeds.history.gaps import breaks, with_breaks
from feeds.history.reader import Points
from feeds.history.rollup import DAY, FIVE, HOUR, roll
from feeds.history.uptime import UptimeCalculator
from feeds.model import Asset, Health
from feeds.wire import iso

router = api_router(tags=["history"])

POINTS = 2200
"""Points of a series in one answer: 24 h by minutes, 7 d by 5 min and 90 d by hours are fewer."""
CHUNKS = 2500
"""Hours of points that one answer reads, over all its series."""
SPANS = 1000
LONGEST = 3660 * DAY
STEPS = (10, 30, 60, 120, FIVE, 600, 900, 1800, HOUR, 7200, 10800, 21600, 43200, DAY, 7 * DAY)
_STEP = re.compile(r"([1-9]\d{0,5})(s|m|h|d)")
_UNITS = {"d": DAY, "h": HOUR, "m": 60, "s": 1}

Begin = Annotated[Moment | None, Query(alias="from", description="RFC 3339")]
End = Annotated[Moment | None, Query(description="RFC 3339; now / 默认为现在")]
Metrics = Annotated[list[str], Query(min_length=1, max_length=100, description="As in the asset's readings / 读数名")]
Step = Annotated[str, Query(max_length=8, description="raw, 60s, 5m, 1h …; chosen when absent / 不写则自动选择")]


@router.get("/assets/{asset_id}/metrics", responses=answers(answered.MetricList, "not-ready", "history-lost"))
async def metrics(deps: Deps, principal: Viewer, asset_id: str) -> Response:
    """The metrics of an asset that have a history."""
    recorded = await _recorded(deps, principal, asset_id).series_of(asset_id)
    return Json({"asset": asset_id, "items": [_named(series) for series in recorded]})


@router.get("/assets/{asset_id}/history", responses=answers(answered.HistoryAnswer, "not-ready", "history-lost"))
async def history(
    deps: Deps, principal: Viewer, asset_id: str, metric: Metrics, begin: Begin = None, to: End = None, step: Step = ""
) -> Response:
    """Some of an asset's metrics over time (default: the last 24 h).

    Columns: `at`, `value`, and for rollups `min`, `max`, `count` (then `value` is the mean). A `null` value says that
    from there to the next row nothing was known. 404 also for an asset of another region.
    """
    past = _recorded(deps, principal, asset_id)
    start, end = _interval(deps, begin, to, DAY)
    by_metric = {series.metric: series for series in await past.series_of(asset_id)}
    if not set(metric) <= set(by_metric):
        raise Problem("not-found")
    selected = [by_metric[name] for name in dict.fromkeys(metric)]
    seconds, rows_by_series = await _read(past, selected, start, end, step)
    table = await asyncio.to_thread(
        lambda: [
            _named(series) | _columns(rows, series, seconds, end)
            for series, rows in zip(selected, rows_by_series, strict=True)
        ]
    )
    return Json({"asset": asset_id, "from": iso(start), "to": iso(end), "step": _spelled(seconds), "series": table})


@router.get(
    "/assets/{asset_id}/availability", responses=answers(answered.AssetAvailability, "not-ready", "history-lost")
)
async def availability(deps: Deps, principal: Viewer, asset_id: str, begin: Begin = None, to: End = None) -> Response:
    """How long an asset was what (default: the last 30 days). Unknown is not up, and stands apart; so does time in
    maintenance, whatever the asset was then.

    `up` is the share of the time out of maintenance in which it was ok or degraded, `known` that in which anything was
    known (null: it was in maintenance throughout). `spans` are the newest ones; `more` says that there are older ones.
    """
    past = _recorded(deps, principal, asset_id)
    start, end = _interval(deps, begin, to, 30 * DAY)
    spans = await health_spans(deps.journal, past.store, asset_id, start, end, deps.clock())
    record = deps.pump.mirror.record("asset", asset_id, principal.audience) or {}
    name, kind, region = (str(record.get(key, "")) for key in ("name", "kind", "region"))
    about = Asset(id=asset_id, name=name, kind=kind, region=region)
    windows = await UptimeCalculator(deps.journal, past.store).maintained(about, start, end)
    seconds = seconds_by_health(apart(spans, windows))
    maintenance = sum(high - low for low, high in windows)
    whole = end - start - maintenance
    return Json(
        {
            "asset": asset_id,
            "from": iso(start),
            "to": iso(end),
            "seconds": {health.value: round(length, 3) for health, length in seconds.items()},
            "maintenance": [{"from": iso(low), "to": iso(high)} for low, high in windows],
            "maintenance_seconds": round(maintenance, 3),
            "up": round((seconds[Health.OK] + seconds[Health.DEGRADED]) / whole, 6) if whole > 0 else None,
            "known": round(1.0 - seconds[Health.UNKNOWN] / whole, 6) if whole > 0 else None,
            "spans": [{"from": iso(s.start), "to": iso(s.end), "health": s.health.value} for s in spans[-SPANS:]],
            "more": len(spans) > SPANS,
        }
    )


def _recorded(deps: Dependencies, principal: Principal, asset_id: str) -> HistoryReader:
    """The history, for an asset that one may see."""
    if deps.pump.mirror.record("asset", asset_id, principal.audience) is None:
        raise Problem("not-found")
    if deps.history is None:
        raise Problem("not-ready")
    return deps.history


def _interval(deps: Dependencies, begin: datetime | None, to: datetime | None, usual: float) -> tuple[float, float]:
    """Epoch seconds, not beyond now, at least a second and at most ten years apart."""
    end = min(to.timestamp(), deps.clock()) if to else deps.clock()
    start = begin.timestamp() if begin else end - usual
    if not 1.0 <= end - start <= LONGEST:
        raise Problem("invalid", findings=[finding("query.from", "interval")])
    return start, end


async def _read(
    past: HistoryReader, selected: Sequence[Series], start: float, end: float, step: str
) -> tuple[int, list[Points] | list[Records]]:
    """The rows and their step in seconds (1: points as they came). Raises Problem for a step that cannot be."""
    length, finest = end - start, past.finest(start)
    chunks = len(selected) * (length // HOUR + 2)
    seconds = _seconds(step)
    if seconds and ((seconds > 1 and length / seconds > POINTS) or (seconds < FIVE and chunks > CHUNKS)):
        raise Problem("invalid", findings=[finding("query.step", "step_fine")])
    if not seconds and (finest > 1 or length > DAY or chunks > CHUNKS):
        seconds = _fitting(length, max(finest, FIVE))
    if seconds >= FIVE:
        return seconds, await past.rollups(selected, start, end, seconds)
    points = await past.points(selected, start, end)
    most = max(len(times) for times, _ in points)
    if seconds == 1 and most > POINTS:
        raise Problem("invalid", findings=[finding("query.step", "step_fine")])
    if seconds == 1 or (not seconds and most <= POINTS):
        return 1, points
    seconds = seconds or _fitting(length, STEPS[0])
    return seconds, await asyncio.to_thread(lambda: [roll(times, values, seconds) for times, values in points])


def _fitting(length: float, least: int) -> int:
    return next((step for step in STEPS if step >= least and length / step <= POINTS), STEPS[-1])


def _seconds(step: str) -> int:
    """0 for none, 1 for raw. What is not a multiple of a rollup's step cannot be made of it."""
    if step in ("", "raw"):
        return 1 if step else 0
    match = _STEP.fullmatch(step)
    seconds = int(match[1]) * _UNITS[match[2]] if match else 0
    base = HOUR if seconds >= HOUR else FIVE if seconds >= FIVE else 1
    if seconds < 2 or seconds % base:
        raise Problem("invalid", findings=[finding("query.step", "step")])
    return seconds


def _spelled(seconds: int) -> str:
    if seconds == 1:
        return "raw"
    unit, size = next((unit, size) for unit, size in _UNITS.items() if seconds % size == 0)
    return f"{seconds // size}{unit}"


def _named(series: Series) -> dict[str, Any]:
    return {"metric": series.metric, "unit": series.unit, "fresh_for": series.fresh_for}


def _columns(rows: Any, series: Series, seconds: int, end: float) -> dict[str, list[Any]]:
    """Rows as columns for a chart, with a row without values wherever nothing was known."""
    if seconds == 1:
        names, times, columns = ["value"], rows[0], [rows[1]]
    else:
        names = ["value", "min", "max", "count"]
        times = rows["at"].astype(np.int64) * 1000
        columns = [rows[name].astype(np.float64) for name in ("mean", "min", "max", "count")]
    lasting = max(series.fresh_for, float(seconds)) if seconds > 1 and series.fresh_for else series.fresh_for
    times, columns = with_breaks(times, breaks(times, lasting, end), *columns)
    return {"at": _stamps(times)} | {name: _numbers(column) for name, column in zip(names, columns, strict=True)}


def _stamps(times: Ints) -> list[str]:
    """RFC 3339 in UTC with milliseconds."""
    stamps: list[str] = np.datetime_as_string(times.astype("M8[ms]"), unit="ms", timezone="UTC").tolist()
    return stamps


def _numbers(column: Floats) -> list[float | None]:
    return [None if number != number else number for number in column.tolist()]
