"""Mapped rows as warnings: weather services that answer in JSON, public health, floods, work safety, sea, prices."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feeds import wire
from feeds.cap.colour import issued_colour
from feeds.cap.geometry import circle_ring
from feeds.cap.model import CapInfo
from feeds.cap.schema import COLOUR_SEVERITY, ENUMS
from feeds.cap.writer import cap_time
from feeds.mapped.receipts import EXERCISE_WORDS, RAW_LIMIT
from feeds.mapped.source import RowProblem, RowReader
from feeds.model import Area, EmergencyWarning, Remark
from feeds.regions import is_code

LARGEST_KM = 2_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedWarning:
    """One warning of a mapped source. Its `references` are the source's own ids; `raw` is the row as received."""

    warning: EmergencyWarning
    raw: str


wire.register_item("mapped_warning", MappedWarning)


def mapped_warning(
    reader: RowReader, row: Mapping[str, Any], source: str, number: int, now: float
) -> MappedWarning | RowProblem:
    """The warning of a row. `number` is its position, `now` the time of receipt."""
    mapped, missing, problems = reader.apply(row)
    values = mapped.values
    if missing:
        return RowProblem(number, f"{', '.join(missing)}: {'; '.join(problems) or 'no value'}")
    area, wrong = _area(reader, values)
    problems += wrong
    raw = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)[:RAW_LIMIT]
    sent = float(values.get("updated", values["at"]))
    identifier, sender = (_key(values, name, source) for name in ("id", "sender"))
    headline, event = _text(values, "headline"), _text(values, "event")
    severity = _enum(values, "severity", problems)
    colour = _colour(values, headline, event)
    warning = EmergencyWarning(
        id=f"{sender},{identifier},{cap_time(sent)}",
        source=source,
        status=_status(values, problems),
        msg_type=_enum(values, "type", problems, "msgType") or "Alert",
        sender=sender,
        identifier=identifier,
        sent=float(int(sent)),
        received_at=now,
        event=event,
        headline=headline or event,
        description=_text(values, "text"),
        instruction=_text(values, "instruction"),
        sender_name=_text(values, "sender") or source,
        language=_text(values, "language") or "zh-CN",
        urgency=_enum(values, "urgency", problems),
        severity=severity or COLOUR_SEVERITY.get(colour, ""),
        certainty=_enum(values, "certainty", problems),
        colour=colour,
        onset=values.get("onset"),
        expires=values.get("expires"),
        references=_references(values),
        areas=(area,),
        findings=tuple(_remark(problem) for problem in problems),
        digest=hashlib.sha256(raw.encode()).hexdigest(),
        web=_text(values, "web"),
    )
    return MappedWarning(warning=warning, raw=raw)


def _area(reader: RowReader, values: Mapping[str, Any]) -> tuple[Area, list[str]]:
    lat, lon, problems = reader.position(values)
    region = _text(values, "region")
    codes = (region,) if is_code(region) else ()
    if region and not codes:
        problems.append(f"region: {region[:80]}")
    text = _text(values, "area")
    if lat is None or lon is None:
        return Area(text=text, geocodes=codes), problems
    radius = min(float(values.get("radius", 0.0)), LARGEST_KM)
    if radius <= 0:
        return Area(text=text, geometry={"type": "Point", "coordinates": [lon, lat]}, geocodes=codes), problems
    ring = [[east, north] for east, north in circle_ring(lon, lat, radius)]
    return Area(text=text, geometry={"type": "Polygon", "coordinates": [ring]}, geocodes=codes), problems


def _colour(values: Mapping[str, Any], headline: str, event: str) -> str:
    stated = _text(values, "colour")
    parameters = (("colour", stated),) if stated else ()
    info = CapInfo(headline=headline, event=event, severity=_text(values, "severity"), parameters=parameters)
    return issued_colour(info, (info,), "")[0]


def _references(values: Mapping[str, Any]) -> tuple[str, ...]:
    named = values.get("references")
    names = named if isinstance(named, list) else str(named).replace(",", " ").split() if named else []
    return tuple(dict.fromkeys(str(name) for name in names if name))


def _status(values: Mapping[str, Any], problems: list[str]) -> str:
    """CAP's status; "Exercise" for another system's word for one."""
    word = _text(values, "status").lower()
    cap_statuses = {status.lower() for status in ENUMS["status"]}
    return "Exercise" if word in EXERCISE_WORDS - cap_statuses else _enum(values, "status", problems) or "Actual"


def _enum(values: Mapping[str, Any], name: str, problems: list[str], cap: str = "") -> str:
    """CAP's word in its own spelling, "" for an unknown one, which is a problem."""
    text = _text(values, name)
    by_lower = {term.lower(): term for term in ENUMS[cap or name]}
    if text and text.lower() not in by_lower:
        problems.append(f"{name}: UNKNOWN_WORD {text[:80]}")
    return by_lower.get(text.lower(), "")


def _key(values: Mapping[str, Any], name: str, otherwise: str) -> str:
    """A part of a message's key: CAP allows no white space, comma, < or & there."""
    text = _text(values, name) or otherwise
    return "".join("_" if char.isspace() or char in ",<&" else char for char in text)


def _remark(problem: str) -> Remark:
    message = {"zh-CN": f"映射问题：{problem}", "en": f"a value could not be mapped: {problem}"}
    return Remark(code="MAPPING", xpath=problem.partition(":")[0], value=problem, message=message, error=False)


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "" if value is None else str(value)
