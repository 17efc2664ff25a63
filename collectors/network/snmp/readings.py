"""From an agent's answers to readings: pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from collectors.contract import Measurement
from collectors.network.snmp.rates import Counters
from collectors.network.snmp.session import Raw
from collectors.network.snmp.tables import Cell, text

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_DIGITS = 3
SMALLEST = 512.0
"""Bits of the smallest Ethernet frame (IEEE 802.3): errors and discards are counted in frames."""


def readings(cell: Cell, answer: Mapping[str, Raw], counters: Counters, at: float) -> Iterator[Measurement]:
    """The cell's reading (and the share of the speed, where it is asked for); none when the value means none.

    `at` is when the answer came, in monotonic seconds.
    """
    metric = cell.metric
    raw = answer[cell.oids[0]]
    value: int | float | str | None
    if metric.kind in ("counter32", "counter64"):
        value = _rate(cell, raw, counters, at)
    elif metric.kind == "words":
        value = (metric.words or {}).get(raw, str(raw)) if isinstance(raw, int) else None
    elif metric.kind == "text":
        value = text(raw)
    else:
        value = _number(cell, raw, answer)
    if value is None:
        return
    yield Measurement(
        metric=metric.metric, value=value, unit=metric.unit, instance=cell.instance, text=cell.note, index=cell.index
    )
    if metric.share and cell.speed and isinstance(value, int | float):
        share = round(100 * value / cell.speed, 2)
        yield Measurement(metric=metric.share, value=share, unit="%", instance=cell.instance, text=cell.note)


def _rate(cell: Cell, raw: Raw, counters: Counters, at: float) -> float | None:
    if not isinstance(raw, int) or raw < 0:
        return None
    bits = 64 if cell.metric.kind == "counter64" or raw >= 1 << 32 else 32
    # Octets are bounded by the speed, and so are packets: none is shorter than SMALLEST.
    most = cell.speed / (cell.metric.scale if cell.metric.share else SMALLEST)
    rate = counters.rate(cell.oids[0], raw, at, bits, most)
    return None if rate is None else round(rate * cell.metric.scale, _DIGITS)


def _number(cell: Cell, raw: Raw, answer: Mapping[str, Raw]) -> float | int | None:
    metric = cell.metric
    number = _plain(raw, in_text=metric.kind == "number")
    if number is None or number in metric.unknown:
        return None
    if metric.of or metric.rest:
        number = _unsigned(number)
        second_value = _plain(answer[cell.oids[1]], in_text=False)
        second_value = None if second_value is None else _unsigned(second_value)
        whole = 0 if second_value is None else second_value if metric.of else number + second_value
        return None if whole <= 0 else round(100 * number / whole, 2)
    return number if metric.scale == 1 else round(number * metric.scale, _DIGITS)


def _unsigned(number: float) -> float:
    """A size that an agent gave as a negative Integer32: sizes beyond 2^31 units wrap (RFC 2790 has them signed)."""
    return number + (1 << 32) if -(1 << 31) <= number < 0 else number


def _plain(raw: Raw, *, in_text: bool) -> float | int | None:
    if isinstance(raw, int | float):
        return raw
    number = _NUMBER.search(text(raw)) if in_text else None
    return float(number[0]) if number else None
