"""Addresses with {cursor}, {page} and {now}: the requests of one round to a mapped system. Pure."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

CURSOR, PAGE, NOW = "{cursor}", "{page}", "{now}"
OVERLAP = 60.0
"""Seconds by which a cursor of time goes back behind the newest row: a system may store rows out of order."""
NAMED_FORMATS = ("iso", "epoch_s", "epoch_ms")


def filled(url: str, *, cursor: str, page: int, now: str) -> str:
    """The address of one request."""
    values = {CURSOR: quote(cursor, safe=""), PAGE: str(page), NOW: quote(now, safe="")}
    for name, value in values.items():
        url = url.replace(name, value)
    return url


def written(seconds: float, form: str, zone: ZoneInfo) -> str:
    """A moment in the form that the system expects: one of NAMED_FORMATS or a strftime pattern."""
    if form == "epoch_s":
        return str(int(seconds))
    if form == "epoch_ms":
        return str(int(seconds * 1000))
    moment = datetime.fromtimestamp(seconds, zone)
    return moment.isoformat(timespec="seconds") if form == "iso" else moment.strftime(form)
