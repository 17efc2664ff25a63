"""The clock of an ONVIF device: GetSystemDateAndTime to epoch seconds. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from lxml import etree

from collectors.video.onvif.soap import find, text

UNSET_YEARS = (1970, 1979, 1980, 2000)
_POSIX = re.compile(r"^(?:<[^>]+>|[A-Za-z]{3,})([+-]?)(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?")


@dataclass(frozen=True, slots=True)
class DeviceClock:
    """A device's time in epoch seconds. `certain` is False where its zone had to be guessed. `unset`: never set."""

    at: float | None
    certain: bool = True
    unset: bool = False


def device_clock(answer: etree._Element, site_zone: tzinfo) -> DeviceClock:
    """The time in a GetSystemDateAndTimeResponse."""
    utc = _moment(find(answer, "UTCDateTime"))
    if utc is not None:
        return DeviceClock(utc.replace(tzinfo=UTC).timestamp(), unset=utc.year in UNSET_YEARS)
    local_time = _moment(find(answer, "LocalDateTime"))
    if local_time is None:
        present = find(answer, "UTCDateTime") is not None or find(answer, "LocalDateTime") is not None
        return DeviceClock(None, unset=present)
    zone = posix_zone(text(answer, "TimeZone", "TZ"))
    at = local_time.replace(tzinfo=zone or site_zone).timestamp()
    return DeviceClock(at, certain=zone is not None, unset=local_time.year in UNSET_YEARS)


def _moment(element: etree._Element | None) -> datetime | None:
    """A tt:DateTime, None for one that is absent or no date."""
    if element is None:
        return None
    try:
        date, clock = (
            [int(text(element, part, name)) for name in names]
            for part, names in (("Date", ("Year", "Month", "Day")), ("Time", ("Hour", "Minute", "Second")))
        )
        return datetime(date[0], date[1], date[2], clock[0], clock[1], min(clock[2], 59))
    except ValueError:
        return None


def posix_zone(text: str) -> tzinfo | None:
    """The fixed offset of a POSIX time zone such as "CST-8" (its sign is inverted), None for other text."""
    match = _POSIX.match(text.strip())
    if match is None:
        return None
    sign, hours, minutes = match[1], int(match[2]), int(match[3] or 0)
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(offset if sign == "-" else -offset)
