"""QuakeML (BED 1.0 to 1.2) to reports. Pure.

The preferred origin and magnitude count, else the first. Depth is in metres; a time without a zone is UTC.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime

from lxml import etree

from collectors.emergency.quakes.usgs import LONGEST, NoQuakes
from feeds.quakes import QuakeReport, is_reported_time
from feeds.xml_bounds import XmlBounds, beyond

BOUNDS = XmlBounds(size=16 << 20, tags=800_000, attributes=400_000, namespaces=5_000)
RAW_LIMIT = 64 * 1024
"""Bytes of one event that are kept as received; picks and arrivals of a detailed one are cut off."""


def reports(body: bytes, source: str, received_at: float) -> list[QuakeReport]:
    """The reports of a QuakeML document; events without an origin in time and place are left out. Raises NoQuakes."""
    if bound := beyond(body, BOUNDS):
        raise NoQuakes(f"beyond a bound: {bound}")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise NoQuakes("a DTD is refused")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise NoQuakes("no XML") from error
    if etree.QName(root).localname != "quakeml":
        raise NoQuakes(f"XML of another kind (<{etree.QName(root).localname}>)")
    events = [event for parameters in _named(root, "eventParameters") for event in _named(parameters, "event")]
    parsed = [_report(event, source, received_at) for event in events]
    return [report for report in parsed if report is not None]


def _report(event: etree._Element, source: str, received_at: float) -> QuakeReport | None:
    origin, preferred = _preferred(event, "origin", "preferredOriginID")
    magnitude, _ = _preferred(event, "magnitude", "preferredMagnitudeID")
    if origin is None:
        return None
    occurred = _time(_value(origin, "time"))
    lat, lon = _number(_value(origin, "latitude")), _number(_value(origin, "longitude"))
    if occurred is None or lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None
    depth = _number(_value(origin, "depth"))
    kind = _text(event, "type").lower()
    rejected = any(_text(part, "evaluationStatus") == "rejected" for part in (event, origin))
    created = [_created(part) for part in (event, origin, magnitude) if part is not None]
    return QuakeReport(
        source=source,
        received_at=received_at,
        agency=_agency(event, origin),
        event_ids=_ids(event),
        updated_at=max((at for at in created if at is not None), default=occurred),
        occurred_at=occurred,
        lat=lat,
        lon=lon,
        magnitude=_number(_value(magnitude, "mag")) if magnitude is not None else None,
        magnitude_type=_text(magnitude, "type") if magnitude is not None else "",
        depth_km=None if depth is None else depth / 1000,
        place=_place(event),
        event_type="" if kind in ("null", "none", "not reported") else kind,
        withdrawn=rejected or kind == "not existing",
        preferred=preferred,
        raw=etree.tostring(event, encoding="utf-8", with_tail=False)[:RAW_LIMIT],
    )


def _preferred(event: etree._Element, name: str, pointer: str) -> tuple[etree._Element | None, bool]:
    """The element that the pointer names, else the first; and whether the pointer named it."""
    elements = list(_named(event, name))
    preferred_id = _text(event, pointer)
    for element in elements:
        if preferred_id and element.get("publicID") == preferred_id:
            return element, True
    return (elements[0] if elements else None), False


def _ids(event: etree._Element) -> tuple[str, ...]:
    """The event's ids: that of the agency's catalogue ("ci37285320"), and its public id."""
    attributes = {etree.QName(name).localname: str(value) for name, value in event.attrib.items()}
    catalogue = attributes.get("eventsource", "") + attributes.get("eventid", "")
    public = attributes.get("publicID", "")[:LONGEST]
    return tuple(dict.fromkeys(id for id in (catalogue, public) if id)) or ("unnamed",)


def _agency(event: etree._Element, origin: etree._Element) -> str:
    for part in (origin, event):
        for info in _named(part, "creationInfo"):
            name = _text(info, "agencyID") or _text(info, "agencyURI").rpartition("/")[2]
            if name:
                return name[:LONGEST]
    return next((str(value) for name, value in event.attrib.items() if str(name).endswith("eventsource")), "quakeml")


def _place(event: etree._Element) -> str:
    descriptions = list(_named(event, "description"))
    descriptions.sort(key=lambda description: _text(description, "type") not in ("region name", "nearest cities"))
    return _text(descriptions[0], "text")[:LONGEST] if descriptions else ""


def _created(part: etree._Element) -> float | None:
    return max(
        (at for info in _named(part, "creationInfo") if (at := _time(_text(info, "creationTime"))) is not None),
        default=None,
    )


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    return (child for child in parent.iterchildren(etree.Element) if etree.QName(child).localname == name)


def _text(parent: etree._Element, name: str) -> str:
    return next(((child.text or "").strip() for child in _named(parent, name)), "")


def _value(parent: etree._Element, name: str) -> str:
    return next((_text(child, "value") for child in _named(parent, name)), "")


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _time(text: str) -> float | None:
    """Epoch seconds, None out of range; a time without a zone is UTC (QuakeML 1.2, section 3)."""
    if not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    seconds = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if is_reported_time(seconds) else None
