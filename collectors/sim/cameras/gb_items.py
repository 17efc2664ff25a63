"""Channels of a simulated device of GB/T 28181, and the items about them in its answers. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedChannel:
    """A channel of a simulated device. `status` is as the catalog says it."""

    id: str
    name: str
    status: str = "ON"


def catalog_item(channel: SimulatedChannel, parent: str, event: str = "") -> str:
    """A channel in a catalog, or in a notification of an event (ADD, UPDATE)."""
    event_field = f"<Event>{event}</Event>" if event else ""
    return (
        f"<Item><DeviceID>{channel.id}</DeviceID>{event_field}<Name>{channel.name}</Name><Manufacturer>模拟</Manufacturer>"
        f"<CivilCode>{channel.id[:6]}</CivilCode><Parental>0</Parental><ParentID>{parent}</ParentID>"
        f"<Status>{channel.status}</Status></Item>"
    )


def recordings(query: bytes, unrecorded: Collection[str]) -> tuple[str, str]:
    """The channel that a query for recordings asks about, and the list of its pieces: two halves of the span.

    Of `unrecorded` channels there is the first half alone.
    """
    channel, begin, end = (_field(query, name) for name in ("DeviceID", "StartTime", "EndTime"))
    start, finish = datetime.fromisoformat(begin), datetime.fromisoformat(end)
    middle = start + (finish - start) / 2
    pieces = [(start, middle)] if channel in unrecorded else [(start, middle), (middle, finish)]
    items = "".join(
        f"<Item><DeviceID>{channel}</DeviceID><StartTime>{start.isoformat()}</StartTime>"
        f"<EndTime>{finish.isoformat()}</EndTime><Type>time</Type></Item>"
        for start, finish in pieces
    )
    return channel, f'<SumNum>{len(pieces)}</SumNum><RecordList Num="{len(pieces)}">{items}</RecordList>'


def _field(query: bytes, name: str) -> str:
    match = re.search(rf"<{name}>([^<]*)</{name}>".encode(), query)
    return match[1].decode() if match else ""
