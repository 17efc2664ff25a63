"""Mapped rows as receipt reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feeds.mapped.source import RowProblem, RowReader
from feeds.model import CHANNELS
from feeds.receipts import ReceiptReport
from feeds.regions import is_code

RAW_LIMIT = 64 * 1024
"""Characters of a row that are kept as received."""
EXERCISE_WORDS = frozenset(("exercise", "drill", "演练", "演习", "推演", "test", "测试", "true", "1", "是"))
"""By what other systems say that something is not real."""


def receipt_report(
    reader: RowReader, row: Mapping[str, Any], source: str, number: int, now: float
) -> ReceiptReport | RowProblem:
    """The report of a row. `number` is its position, `now` the time of receipt."""
    mapped, missing, problems = reader.apply(row)
    values = mapped.values
    if missing:
        why = "; ".join(problems) or "no value"
        return RowProblem(number, f"{', '.join(missing)}: {why}")
    lat, lon, wrong = reader.position(values)
    theirs = _text(values, "class")
    event_class, unknown = reader.event_class(theirs)
    channel = _text(values, "channel") or reader.source.channel
    region = _text(values, "region")
    at = float(values["at"])
    return ReceiptReport(
        source=source,
        external_id=_text(values, "id"),
        channel=channel if channel in CHANNELS else "system",
        received_at=now,
        at=at,
        updated_at=float(values.get("updated", at)),
        occurred_at=values.get("occurred"),
        text=_text(values, "text"),
        title=_text(values, "title")[:60],
        place=_text(values, "place"),
        region=region if is_code(region) else "",
        event_class=event_class,
        their_class=theirs,
        lat=lat,
        lon=lon,
        accuracy_m=float(values.get("accuracy", reader.source.accuracy_m)),
        caller=_text(values, "caller"),
        phone=_text(values, "phone"),
        mode="exercise" if _text(values, "mode").lower() in EXERCISE_WORDS else "real",
        problems=(*problems, *wrong, *unknown, *_region_problem(region)),
        raw=json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)[:RAW_LIMIT],
    )


def _region_problem(region: str) -> tuple[str, ...]:
    return (f"region: {region[:80]}",) if region and not is_code(region) else ()


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
