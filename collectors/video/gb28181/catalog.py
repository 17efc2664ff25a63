"""Catalogs: items of devices and platforms, from many messages. An incomplete answer removes nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from lxml import etree

from collectors.video.gb28181.manscdp import MansMessage, value_of

FIRST_PART, NEXT_PART, WHOLE = 30.0, 10.0, 600.0
"""Seconds for the first part of an answer, between two parts, and for the whole."""
MAX_ITEMS = 200_000
"""Items of one device or platform."""


class ChannelStatus(StrEnum):
    """The status of a channel as its device reports it."""

    ON = "on"
    OFF = "off"
    VIDEO_LOST = "video-lost"
    DEFECT = "defect"
    UNKNOWN = "unknown"


_STATUSES = dict.fromkeys(("on", "ok", "online", "1"), ChannelStatus.ON)
_STATUSES |= dict.fromkeys(("off", "offline", "error", "0"), ChannelStatus.OFF)
_STATUSES |= {"vlost": ChannelStatus.VIDEO_LOST, "defect": ChannelStatus.DEFECT}


def status_of(text: str) -> ChannelStatus:
    """The status that a word means; case and blanks do not matter."""
    return _STATUSES.get(text.strip().lower(), ChannelStatus.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogItem:
    """One item. `event` is that of a notification: ON, OFF, VLOST, DEFECT, ADD, DEL, UPDATE. Passwords are not read."""

    id: str
    name: str = ""
    maker: str = ""
    model: str = ""
    civil_code: str = ""
    address: str = ""
    parent: str = ""
    parental: bool = False
    status: ChannelStatus = ChannelStatus.UNKNOWN
    lat: float | None = None
    lon: float | None = None
    event: str = ""


def items_of(message: MansMessage) -> tuple[list[CatalogItem], int]:
    """The items of a message, and the number of items without an id."""
    items, broken = [], 0
    for element in message.items():
        item = _item(element)
        if item is None:
            broken += 1
        else:
            items.append(item)
    return items, broken


def _item(element: etree._Element) -> CatalogItem | None:
    id = value_of(element, "DeviceID")
    if not id or len(id) > 64:
        return None
    lat, lon = coordinate(value_of(element, "Latitude"), 90), coordinate(value_of(element, "Longitude"), 180)
    placed = lat is not None and lon is not None
    event = value_of(element, "Event").upper()
    return CatalogItem(
        id=id,
        name=value_of(element, "Name"),
        maker=value_of(element, "Manufacturer"),
        model=value_of(element, "Model"),
        civil_code=value_of(element, "CivilCode"),
        address=value_of(element, "Address"),
        parent=value_of(element, "ParentID").partition("/")[0],
        parental=value_of(element, "Parental") == "1",
        status=status_of(value_of(element, "Status") or (event if event.lower() in _STATUSES else "")),
        lat=lat if placed else None,
        lon=lon if placed else None,
        event=event[:16],
    )


def coordinate(text: str, limit: float) -> float | None:
    """A coordinate in degrees. 0 and what is out of range mean that the device does not know."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 < abs(value) <= limit else None


@dataclass(slots=True)
class CatalogAnswer:
    """The answer to one catalog query, part by part. Times are monotonic.

    `total` is SumNum, the last one given. `duplicates` are ids that came twice with another content.
    """

    device: str
    sn: int
    asked_at: float
    items: dict[str, CatalogItem] = field(default_factory=dict)
    received: int = 0
    total: int | None = None
    totals: int = 0
    heard_at: float | None = None
    duplicates: dict[str, tuple[str, str]] = field(default_factory=dict)

    def take(self, message: MansMessage, now: float) -> None:
        """Take one part."""
        text = message.text("SumNum")
        if text.isascii() and text.isdecimal() and len(text) <= 9:
            self.totals += self.total is not None and self.total != int(text)
            self.total = int(text)
        items, broken = items_of(message)
        self.received += len(items) + broken
        self.heard_at = now
        for item in items:
            old = self.items.get(item.id)
            if old is not None and old != item:
                self.duplicates[item.id] = (old.name, item.name)
            if old is not None or len(self.items) < MAX_ITEMS:
                self.items[item.id] = item

    @property
    def complete(self) -> bool:
        """True when as many items came as were announced, those that came twice or without an id included."""
        return self.total is not None and (len(self.items) >= self.total or self.received >= self.total)

    @property
    def due_at(self) -> float:
        """The time at which the answer counts as broken off unless another part comes."""
        first = self.asked_at + FIRST_PART if self.heard_at is None else self.heard_at + NEXT_PART
        return min(first, self.asked_at + WHOLE)


def tree(items: Sequence[CatalogItem], roots: frozenset[str]) -> Iterator[tuple[str, str]]:
    """(id, parent) of every item. The parent is "" for an item below the device, and for one whose parent is missing,
    itself, or part of a circle. `roots` are ids that mean the device or platform itself.
    """
    parents = {item.id: item.parent for item in items}
    for item in items:
        yield item.id, "" if item.parent in roots or _circular(item.id, parents) else item.parent


def _circular(id: str, parents: dict[str, str]) -> bool:
    """True when an item does not lead to the device within 16 steps over items of the catalog."""
    if parents[id] not in parents:
        return True
    at = id
    for _ in range(16):
        at = parents.get(at, "")
        if at == id:
            return True
        if at not in parents:
            return False
    return True
