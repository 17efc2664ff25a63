"""Warnings as valid CAP 1.2 documents (OASIS CAP-V1.2 and its XSD). Pure.

CAP writes times with an offset and never Z, coordinates as latitude,longitude, and closes its polygons. Whatever CAP
needs and the warning does not know becomes "Unknown", or for the area the name of its regions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from lxml import etree

from feeds.cap.schema import ENUMS
from feeds.model import Area, EmergencyWarning
from feeds.regions import is_code

CAP = "urn:oasis:names:tc:emergency:cap:1.2"
LOCAL = timezone(timedelta(hours=8))
POINT_KM = "0"
_FORBIDDEN = re.compile(r"[\s,<&]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def cap_time(seconds: float) -> str:
    """CAP's notation of a moment (clause 3.3.2), in China's time zone."""
    return datetime.fromtimestamp(round(seconds), LOCAL).isoformat(timespec="seconds")


def cap_document(warning: EmergencyWarning, *, note: str = "") -> bytes:
    """The warning as a CAP 1.2 document. `note` is added to its own, as by somebody who passes it on."""
    root = etree.Element(f"{{{CAP}}}alert", nsmap={None: CAP})  # type: ignore[dict-item]  # lxml: the default namespace
    notes = "\n".join(filter(None, (warning.note, note)))
    _texts(
        root,
        ("identifier", _FORBIDDEN.sub("_", warning.identifier)),
        ("sender", _FORBIDDEN.sub("_", warning.sender)),
        ("sent", cap_time(warning.sent)),
        ("status", _enum("status", warning.status, "Actual")),
        ("msgType", _enum("msgType", warning.msg_type, "Alert")),
        ("scope", _enum("scope", warning.scope, "Public")),
        ("restriction", warning.restriction if warning.scope == "Restricted" else ""),
        ("addresses", warning.addresses if warning.scope == "Private" else ""),
        ("note", notes),
        ("references", " ".join(filter(None, map(_reference, warning.references)))),
    )
    languages = warning.texts or {warning.language or "zh-CN": {}}
    for language, texts in languages.items():
        _info(root, warning, language, texts)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _reference(reference: str) -> str:
    """The reference with its time in CAP's notation; "" for one that has another form."""
    parts = reference.split(",")
    return re.sub(r"Z$", "-00:00", reference) if len(parts) == 3 else ""


def _info(root: etree._Element, warning: EmergencyWarning, language: str, texts: Mapping[str, str]) -> None:
    info = etree.SubElement(root, f"{{{CAP}}}info")

    def text(name: str) -> str:
        return texts.get(name, "") or (getattr(warning, name) if not warning.texts else "")

    categories = [name for name in warning.category if name in ENUMS["category"]] or ["Other"]
    responses = [name for name in warning.response_type if name in ENUMS["responseType"]]
    _texts(
        info,
        ("language", language),
        *(("category", name) for name in categories),
        ("event", text("event") or warning.event or "Unknown"),
        *(("responseType", name) for name in responses),
        ("urgency", _enum("urgency", warning.urgency, "Unknown")),
        ("severity", _enum("severity", warning.severity, "Unknown")),
        ("certainty", _enum("certainty", warning.certainty, "Unknown")),
        ("onset", cap_time(warning.onset) if warning.onset is not None else ""),
        ("expires", _expires(warning)),
        ("senderName", warning.sender_name),
        ("headline", text("headline")),
        ("description", text("description")),
        ("instruction", text("instruction")),
        ("web", warning.web),
        ("contact", warning.contact),
    )
    for name, value in _parameters(warning):
        _pair(info, "parameter", name, value)
    for area in warning.areas:
        _area(info, area)


def _expires(warning: EmergencyWarning) -> str:
    """The end, when it is later than the message itself."""
    if warning.expires is None or round(warning.expires) <= round(warning.sent):
        return ""
    return cap_time(warning.expires)


def _parameters(warning: EmergencyWarning) -> Iterable[tuple[str, str]]:
    if warning.colour:
        yield "AlarmColor", warning.colour.capitalize()
    if warning.quake is not None:
        quake = warning.quake
        if quake.magnitude is not None:
            yield "Magnitude", f"{quake.magnitude:g}"
        if quake.depth_km is not None:
            yield "DepthKm", f"{quake.depth_km:g}"
        yield "EventTime", cap_time(quake.occurred_at)
        for id in quake.event_ids:
            yield "EventId", id


def _area(info: etree._Element, area: Area) -> None:
    element = etree.SubElement(info, f"{{{CAP}}}area")
    _texts(element, ("areaDesc", area.text or ", ".join((*area.geocodes, *area.regions)) or "Unknown"))
    for kind, text in sorted(_shapes(area.geometry), key=lambda shape: shape[0], reverse=True):
        _texts(element, (kind, text))
    for code in dict.fromkeys((*area.geocodes, *area.regions)):
        name, equals, value = code.partition("=")
        if equals and name and value:
            _pair(element, "geocode", name, value)
        elif is_code(code):
            _pair(element, "geocode", "CPEAS Geographic Code", code.ljust(12, "0"))


def _shapes(geometry: Mapping[str, Any] | None) -> Iterable[tuple[str, str]]:
    """CAP's polygons and circles of a GeoJSON geometry. CAP has no holes: the outer rings are written."""
    match (geometry or {}).get("type"):
        case "Polygon":
            yield "polygon", _ring(geometry["coordinates"][0])  # type: ignore[index]
        case "MultiPolygon":
            for polygon in geometry["coordinates"]:  # type: ignore[index]
                yield "polygon", _ring(polygon[0])
        case "Point":
            lon, lat = geometry["coordinates"][:2]  # type: ignore[index]
            yield "circle", f"{lat:.6g},{lon:.7g} {POINT_KM}"
        case "GeometryCollection":
            for part in geometry["geometries"]:  # type: ignore[index]
                yield from _shapes(part)


def _ring(points: Iterable[Iterable[float]]) -> str:
    return " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat, *_ in (tuple(point) for point in points))


def _texts(parent: etree._Element, *fields: tuple[str, str]) -> None:
    """Children with text; empty ones are left out."""
    for name, text in fields:
        if text:
            etree.SubElement(parent, f"{{{CAP}}}{name}").text = _CONTROL.sub("", text)


def _pair(parent: etree._Element, name: str, key: str, value: str) -> None:
    _texts(etree.SubElement(parent, f"{{{CAP}}}{name}"), ("valueName", key), ("value", value))


def _enum(name: str, value: str, otherwise: str) -> str:
    return value if value in ENUMS[name] else otherwise
