"""Readings that the projector derives from a camera's other readings: its level, what fails, and every rung.

| reading | value |
|---|---|
| `camera.level` | 0 to 6, None while no rung is ok |
| `camera.fails` | the failing rung, "" without one; its text says why |
| `camera.conflict` | "false-online", "false-offline" or "" |
| `camera.rung[path]`, … | "ok", "failed" or "unknown" of each rung that readings are about; the text names one |

Each has the source of the reading that decided it, so that a silent source explains them as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from feeds.cameras.ladder import Ladder, RungResult, RungState, ladder
from feeds.model import Health, Reading, Value

CAMERA = "camera"
"""The kind of assets that have a ladder."""
PREFIX = "camera."
"""The beginning of the names of derived readings."""


def is_derived(key: str) -> bool:
    """True for a reading that the projector itself has made."""
    return key.startswith(PREFIX)


def derived(readings: Mapping[str, Reading], probes: Iterable[str], now: float) -> tuple[Health, dict[str, Reading]]:
    """A camera's health, and its derived readings. Readings that did not change are those of `readings`."""
    result = ladder({key: reading for key, reading in readings.items() if not is_derived(key)}, probes, now)
    ladder_readings = dict(_readings(result, now))
    return result.health, {key: _unchanged(readings.get(key), reading) for key, reading in ladder_readings.items()}


def _readings(result: Ladder, now: float) -> Iterator[tuple[str, Reading]]:
    decided = [rung for rung in result.rungs if rung.decided_at is not None]
    if not decided:
        return
    failing = result.failing
    deciding = failing or max(decided, key=lambda rung: (rung.state is RungState.OK, rung.rung.level))
    fresh_until = min((rung.fresh_until for rung in decided if rung.fresh_until > now), default=deciding.fresh_until)
    yield "camera.level", _reading(result.level, deciding, fresh_until)
    yield "camera.fails", _reading(str(failing.rung) if failing else "", deciding, fresh_until, deciding.why)
    yield "camera.conflict", _reading(str(result.conflict or ""), deciding, fresh_until)
    for rung in decided:
        text = f"{rung.by}: {rung.why}" if rung.why else rung.by
        yield f"camera.rung[{rung.rung}]", _reading(str(rung.state), rung, rung.fresh_until, text)


def _reading(value: Value, by: RungResult, fresh_until: float, text: str = "") -> Reading:
    at = by.decided_at or 0.0
    return Reading(value=value, observed_at=at, received_at=at, source=by.source, fresh_until=fresh_until, text=text)


def _unchanged(old: Reading | None, new: Reading) -> Reading:
    return old if old == new and old is not None else new
