"""Instants and local dates of China: +08:00 all year, without summer time since 1991."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

ZONE = timezone(timedelta(hours=8))
_EPOCH = date(1970, 1, 1).toordinal()
_DAY, _OFFSET = 86_400, 28_800


def local_date(at: float) -> date:
    """The local date of an instant (epoch seconds)."""
    return date.fromordinal(_EPOCH + int((at + _OFFSET) // _DAY))


def midnight(day: date) -> float:
    """The instant at which a local day begins, epoch seconds."""
    return float((day.toordinal() - _EPOCH) * _DAY - _OFFSET)


def local_datetime(at: float) -> datetime:
    """The local time of an instant."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZONE)


def instant(day: date, minute: int) -> float:
    """The instant of a local day at a minute of the day (24:00 is 1440)."""
    return midnight(day) + 60.0 * minute
