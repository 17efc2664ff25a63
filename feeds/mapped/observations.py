"""Mapped rows as observations of stations: rain gauges, river and reservoir levels, air, radiation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from feeds.mapped.source import RowProblem, RowReader
from feeds.model import Observation, Quality
from feeds.receipts import FUTURE

REPORTED = "report.up"
_QUALITIES = {"good": Quality.GOOD, "uncertain": Quality.UNCERTAIN, "bad": Quality.BAD}


def observations(
    reader: RowReader, row: Mapping[str, Any], source: str, number: int, now: float, fresh_for: float
) -> list[Observation] | RowProblem:
    """The observation of a row, those of the limits that it names (`…_warning`, `…_guarantee`), and `report.up`.

    A report is the station's sign of life: when no more come, its readings are stale and its health is unknown.
    """
    mapped, missing, problems = reader.apply(row)
    values = mapped.values
    if missing:
        return RowProblem(number, f"{', '.join(missing)}: {'; '.join(problems) or 'no value'}")
    metric = str(values.get("metric") or reader.source.metric)
    if not metric or "." not in metric:
        return RowProblem(number, f"metric: {metric!r} is no family.name")
    value, quality, text = _value(values["value"])
    if "quality" in values and quality is Quality.GOOD:
        quality = _QUALITIES.get(str(values["quality"]).lower(), Quality.UNCERTAIN)
    common: dict[str, Any] = {
        "asset": str(values["asset"]),
        "observed_at": min(float(values["at"]), now + FUTURE),
        "received_at": now,
        "source": source,
        "unit": str(values.get("unit") or reader.source.unit),
        "fresh_for": fresh_for,
    }
    measured = [Observation(metric=metric, value=value, quality=quality, text=text, **common)]
    for limit in ("warning", "guarantee"):
        if limit in values:
            measured.append(Observation(metric=f"{metric}_{limit}", value=float(values[limit]), **common))
    return [*measured, Observation(metric=REPORTED, value=True, **common | {"unit": ""})]


def _value(value: Any) -> tuple[float | bool | None, Quality, str]:
    """A finite number or a truth value; anything else is bad, with its words."""
    if isinstance(value, bool):
        return value, Quality.GOOD, ""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number):
        return number, Quality.GOOD, ""
    return None, Quality.BAD, f"no number: {str(value)[:80]}"
