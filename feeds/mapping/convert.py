"""Conversion of a text or number of another system to a value of ours: dates, instants, days, money.

Every form was seen in the field. What is impossible (2026-02-30, the year 2206) is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any

FIRST_YEAR, LAST_YEAR = 1970, 2100
"""Years outside are typing errors."""
EPOCH_S, EPOCH_MS, EXCEL = "epoch_s", "epoch_ms", "excel"
"""Formats that are no strptime patterns: seconds and milliseconds since 1970, and Excel's days since 1899-12-30."""
NO_DATE = frozenset({"0000-00-00", "0000-00-00 00:00:00", "1900-01-01", "9999-12-31"})
"""Dates by which other systems mean that there is none."""
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?")
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE)
_DAYS = re.compile(r"(\d{1,4})(?:\.0+)?\s*(?:个?(?:工作日|自然日|天|日))?")
_MINUTES = re.compile(r"(\d{1,6})(?:\.0+)?\s*(?:分钟|分|min)?")
_HOURS = re.compile(r"(\d{1,4})(?:\.0+)?\s*(?:个?小时|h)")
_TRUE, _FALSE = frozenset({"1", "true", "t", "yes", "y", "是"}), frozenset({"0", "false", "f", "no", "n", "否"})


class Unconvertible(ValueError):
    """A value cannot be converted; the text says why."""


def to_datetime(value: Any, zone: tzinfo, formats: tuple[str, ...] = ()) -> float:
    """Epoch seconds of an instant; a text without a zone is in `zone`. Raises Unconvertible."""
    moment = value if isinstance(value, datetime) else _parsed(value, zone, formats)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise Unconvertible(f"the year {moment.year} is unlikely")
    return moment.timestamp()


def to_date(value: Any, zone: tzinfo, formats: tuple[str, ...] = ()) -> date:
    """A local date; the time of an instant is dropped. Raises Unconvertible."""
    return datetime.fromtimestamp(to_datetime(value, zone, formats), zone).date()


def _parsed(value: Any, zone: tzinfo, formats: tuple[str, ...]) -> datetime:
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)
    text = str(value).strip()
    try:
        if formats:
            return _by_formats(text, zone, formats)
        return _by_form(text)
    except (ValueError, OverflowError) as error:
        raise Unconvertible(f"no such date: {error}") from error


def _by_formats(text: str, zone: tzinfo, formats: tuple[str, ...]) -> datetime:
    for form in formats:
        try:
            if form in (EPOCH_S, EPOCH_MS):
                return datetime.fromtimestamp(float(text) / (1000 if form == EPOCH_MS else 1), UTC)
            if form == EXCEL:
                return datetime(1899, 12, 30) + timedelta(days=float(text))
            return datetime.strptime(text, form)
        except ValueError as error:
            last = error
    raise last


def _by_form(text: str) -> datetime:
    if match := _COMPACT.fullmatch(text):
        year, month, day_, *clock_ = (int(part or 0) for part in match.groups())
        return datetime(year, month, day_, clock_[0], clock_[1], clock_[2])
    match = _DATE.match(text)
    if match is None:
        raise ValueError("unknown form")
    day = datetime(int(match[1]), int(match[2]), int(match[3]))
    rest = text[match.end() :].lstrip("T ").strip()
    if not rest:
        return day
    time = _TIME.fullmatch(rest)
    if time is None:
        raise ValueError("unknown form of the time")
    clock = (int(time[1]), int(time[2]), int(time[3] or 0))
    fraction, offset = time[4], time[5]
    if clock == (24, 0, 0):
        moment = day + timedelta(days=1)
    else:
        moment = day.replace(hour=clock[0], minute=clock[1], second=clock[2])
    if fraction:
        moment += timedelta(microseconds=int(fraction[:6].ljust(6, "0")))
    return moment.replace(tzinfo=_offset(offset)) if offset else moment


def _offset(text: str) -> tzinfo:
    if text in ("Z", "z"):
        return UTC
    digits = text[1:].replace(":", "")
    by = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-by if text[0] == "-" else by)


def to_days(value: Any, *_: Any) -> int:
    """A number of days: 20, "20", "20个工作日". Raises Unconvertible for "二十" and 7.5."""
    return _whole(value, _DAYS)


def to_minutes(value: Any, *_: Any) -> int:
    """A number of minutes: 30, "30分钟", "2小时". Raises Unconvertible."""
    if hours := _HOURS.fullmatch(str(value).strip()):
        return int(hours[1]) * 60
    return _whole(value, _MINUTES)


def _whole(value: Any, form: re.Pattern[str]) -> int:
    match = form.fullmatch(str(value).strip())
    if match is None or isinstance(value, bool):
        raise Unconvertible("no whole number")
    return int(match[1])


def to_money(value: Any, *_: Any) -> int:
    """Money in fen: 12.5, "￥1,200.00", "12.50元". Raises Unconvertible."""
    text = str(value).strip().lstrip("￥¥").removesuffix("元").replace(",", "").replace("，", "").strip()
    try:
        fen = Decimal(text) * 100
    except InvalidOperation as error:
        raise Unconvertible("no sum of money") from error
    if not fen.is_finite() or abs(fen) >= 10**15 or fen != fen.to_integral_value():
        raise Unconvertible("no sum of money in fen")
    return int(fen)


def to_number(value: Any, *_: Any) -> float:
    """A finite number. Raises Unconvertible."""
    try:
        number = float(str(value).strip().replace(",", ""))
    except ValueError as error:
        raise Unconvertible("no number") from error
    if isinstance(value, bool) or number != number or abs(number) == float("inf"):
        raise Unconvertible("no number")
    return number


def to_bool(value: Any, *_: Any) -> bool:
    """True or false: 1, "true", "是", "Y" and their opposites. Raises Unconvertible."""
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Unconvertible("neither true nor false")


CONVERSIONS: dict[str, Callable[[Any, tzinfo, tuple[str, ...]], Any]] = {
    "date": to_date,
    "datetime": to_datetime,
    "days": to_days,
    "minutes": to_minutes,
    "money": to_money,
    "number": to_number,
    "bool": to_bool,
}
"""The values of the operator `as`."""
