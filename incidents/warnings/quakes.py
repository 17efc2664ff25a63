"""Earthquake reports as messages of the warnings registry: an alert, its updates, its retraction. Pure.

One event is one chain of messages, whoever reports it: reports are joined when their ids meet, or when they are close
in time and place. The agency that reported first leads; the figures of others stand in the text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from feeds.cap.geometry import circle_ring
from feeds.cap.writer import cap_time
from feeds.model import Area, EmergencyWarning, Quake
from feeds.quakes import FELT, SAME_KM, SAME_SECONDS, QuakeReport, distance_km, felt_km, intensity
from feeds.texts.catalogue import catalogue

LIFE = 86_400.0
"""Seconds after the event for which its warning is in force."""
ESTIMATE = "estimate"
"""`Area.resolved` of a felt area that is an estimate."""
SEVERITIES = ((7.0, "Extreme"), (6.0, "Severe"), (5.0, "Moderate"))
LANGUAGES = ("zh-CN", "en")


def message_of(report: QuakeReport, held: Iterable[EmergencyWarning], now: float) -> EmergencyWarning | None:
    """The message that a report makes: None when it changes nothing.

    `held` are the newest messages of known events. A blast makes no message, and retracts an event that was first
    reported as an earthquake. A retracted, an outdated and an old report make none.
    """
    before = next((warning for warning in held if warning.quake is not None and _same(report, warning.quake)), None)
    if before is None or before.quake is None:
        too_old = report.occurred_at + LIFE <= now
        return None if report.withdrawn or not report.is_quake or too_old else _message(report, None, _first(report))
    reported_at = before.quake.reported_at.get(report.agency)
    if reported_at is not None and report.updated_at <= reported_at:
        return None
    if report.withdrawn or not report.is_quake:
        return _retraction(report, before) if report.agency == before.quake.agencies[0] else None
    after = _joined(before.quake, report)
    same = replace(after, updated_at=before.quake.updated_at, reported_at=before.quake.reported_at) == before.quake
    return None if same else _message(report, before, after)


def _same(report: QuakeReport, quake: Quake) -> bool:
    if set(report.event_ids) & set(quake.event_ids):
        return True
    if report.agency in quake.agencies:
        return False  # one agency tells its own events apart
    near = distance_km(report.lat, report.lon, quake.lat, quake.lon) <= SAME_KM
    return near and abs(report.occurred_at - quake.occurred_at) <= SAME_SECONDS


def _first(report: QuakeReport) -> Quake:
    return Quake(
        occurred_at=report.occurred_at,
        lat=report.lat,
        lon=report.lon,
        magnitude=report.magnitude,
        magnitude_type=report.magnitude_type,
        depth_km=report.depth_km,
        event_type=report.event_type,
        event_ids=report.event_ids,
        agencies=(report.agency,),
        updated_at=report.updated_at,
        preferred=report.preferred,
        magnitudes={report.agency: report.magnitude} if report.magnitude is not None else {},
        reported_at={report.agency: report.updated_at},
    )


def _joined(quake: Quake, report: QuakeReport) -> Quake:
    """The event with one more report. Figures are those of the leading agency."""
    base = _first(report) if report.agency == quake.agencies[0] else quake
    figures = {report.agency: report.magnitude} if report.magnitude is not None else {}
    return replace(
        base,
        event_ids=tuple(dict.fromkeys((*quake.event_ids, *report.event_ids))),
        agencies=tuple(dict.fromkeys((*quake.agencies, report.agency))),
        updated_at=max(quake.updated_at, report.updated_at),
        magnitudes=quake.magnitudes | figures,
        reported_at=quake.reported_at | {report.agency: report.updated_at},
    )


def _message(report: QuakeReport, before: EmergencyWarning | None, quake: Quake) -> EmergencyWarning:
    identifier = before.identifier if before is not None else quake.event_ids[0].replace(",", "_").replace(" ", "_")
    # Two messages of one chain never have the same time: their ids would be one.
    sent = max(float(int(quake.updated_at)), before.sent + 1 if before is not None else 0.0)
    sender = (before.sender if before is not None else quake.agencies[0]).replace(",", "_").replace(" ", "_")
    place = report.place if before is None or report.agency == quake.agencies[0] else _place(before)
    texts = {language: _texts(language, place, quake) for language in LANGUAGES}
    level = next((name for least, name in SEVERITIES if (quake.magnitude or 0.0) >= least), "Minor")
    return EmergencyWarning(
        id=f"{sender},{identifier},{cap_time(sent)}",
        source=report.source,
        status=report.status,
        msg_type="Alert" if before is None else "Update",
        sender=sender,
        identifier=identifier,
        sent=sent,
        received_at=report.received_at,
        event=texts["zh-CN"]["event"],
        headline=texts["zh-CN"]["headline"],
        description=texts["zh-CN"]["description"],
        sender_name=", ".join(quake.agencies),
        language="zh-CN",
        category=("Geo",),
        urgency="Immediate",
        severity=level if quake.magnitude is not None else "Unknown",
        certainty="Observed",
        expires=quake.occurred_at + LIFE,
        references=(before.id,) if before is not None else (),
        areas=(_area(place, quake),),
        digest=hashlib.sha256(report.raw or repr(quake).encode()).hexdigest(),
        web=report.url,
        texts=texts,
        quake=quake,
    )


def _retraction(report: QuakeReport, before: EmergencyWarning) -> EmergencyWarning:
    sent = max(float(int(report.updated_at)), before.sent + 1)
    return replace(
        before,
        id=f"{before.sender},{before.identifier},{cap_time(sent)}",
        msg_type="Cancel",
        sent=sent,
        received_at=report.received_at,
        references=(before.id,),
        digest=hashlib.sha256(report.raw or repr(report).encode()).hexdigest(),
    )


def _place(before: EmergencyWarning) -> str:
    return before.areas[0].text if before.areas else ""


def _area(place: str, quake: Quake) -> Area:
    """The estimated felt area as a circle, a point when nothing can be estimated."""
    radius = felt_km(quake.magnitude, quake.depth_km)
    if radius < 1.0:
        return Area(text=place, geometry={"type": "Point", "coordinates": [quake.lon, quake.lat]})
    ring = [[lon, lat] for lon, lat in circle_ring(quake.lon, quake.lat, radius)]
    return Area(text=place, geometry={"type": "Polygon", "coordinates": [ring]}, resolved=ESTIMATE)


def _texts(language: str, place: str, quake: Quake) -> dict[str, str]:
    texts = catalogue(language)
    size = "?" if quake.magnitude is None else f"{quake.magnitude:.1f}"
    depth = "?" if quake.depth_km is None else f"{quake.depth_km:.0f}"
    lines = [texts["quake.figures"].format(size=size, kind=quake.magnitude_type, depth=depth, agency=quake.agencies[0])]
    lines += [
        texts["quake.other"].format(agency=agency, size=f"{quake.magnitudes[agency]:.1f}")
        for agency in quake.agencies[1:]
        if agency in quake.magnitudes
    ]
    if (radius := felt_km(quake.magnitude, quake.depth_km)) >= 1.0 and quake.magnitude is not None:
        most = f"{intensity(quake.magnitude):.0f}"
        lines.append(texts["quake.estimate"].format(radius=f"{radius:.0f}", felt=f"{FELT:.0f}", most=most))
    if not quake.preferred:
        lines.append(texts["quake.not_preferred"])
    return {
        "event": texts["quake.event"],
        "headline": texts["quake.headline"].format(place=place or f"{quake.lat:.2f}, {quake.lon:.2f}", size=size),
        "description": "\n".join(lines),
    }
