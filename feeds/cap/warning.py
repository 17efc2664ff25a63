"""A checked CAP message as a warning: chosen language, colour, areas, all-clear. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from feeds.cap.colour import issued_colour
from feeds.cap.findings import remark
from feeds.cap.model import CapArea, CapInfo, CapMessage
from feeds.cap.schema import REALITY
from feeds.model import Area, EmergencyWarning, Remark

_CHINESE_CODES = re.compile(r"CPEAS|GB/?T ?2260|GB2260|^adcode$|^areacode$|行政区划", re.IGNORECASE)
_LANGUAGE_TESTS: tuple[Callable[[str], bool], ...] = (
    lambda code: code == "zh-cn",
    lambda code: code.split("-")[0] == "zh",
    lambda code: True,
)


def to_warning(message: CapMessage, source: str, received_at: float, *, profile: str = "") -> EmergencyWarning:
    """The warning of a message, from its zh-CN infos, else zh, else the first. `expires` is None when absent.

    `received_at` (epoch seconds) decides between pending, active and expired. `profile` "cn-12379" takes the colour
    from the severity where the message states none.
    """
    infos = _chosen(message.infos)
    info = infos[0] if infos else CapInfo()
    begins, expires = _times(infos)
    colour, differing = issued_colour(info, message.infos, profile)
    return EmergencyWarning(
        id=message.id,
        source=source,
        status=message.status,
        msg_type=message.msg_type,
        scope=message.scope,
        state=_state(begins, expires, received_at),
        sender=message.sender,
        identifier=message.identifier,
        sent=message.sent,
        received_at=received_at,
        event=info.event,
        headline=info.headline or info.event,
        description=info.description,
        instruction=info.instruction,
        sender_name=info.sender_name or message.sender,
        language=info.language if message.infos else "",
        category=info.category,
        urgency=info.urgency,
        severity=info.severity,
        certainty=info.certainty,
        colour=colour,
        onset=begins,
        expires=expires,
        references=message.references,
        areas=_areas(infos, message.infos),
        findings=_findings(message, differing),
        digest=message.digest,
        note=message.note,
        restriction=message.restriction,
        addresses=message.addresses,
        response_type=info.response_type,
        all_clear=_all_clear(message),
        web=info.web,
        contact=info.contact,
        signature=message.signature,
        texts=_texts(message.infos),
    )


def _findings(message: CapMessage, differing: tuple[str, ...]) -> tuple[Remark, ...]:
    findings = tuple(map(Remark.of, message.findings))
    if not differing:
        return findings
    return (*findings, remark("COLOUR_DIFFERS", xpath="/alert/info", value=" ".join(differing)))


def _times(infos: tuple[CapInfo, ...]) -> tuple[float | None, float | None]:
    """The first onset and the last end; None when an info has none."""
    onsets = [block.effective if block.onset is None else block.onset for block in infos]
    starts = [at for at in onsets if at is not None]
    ends = [block.expires for block in infos if block.expires is not None]
    return (
        min(starts) if starts and len(starts) == len(infos) else None,
        max(ends) if ends and len(ends) == len(infos) else None,
    )


def in_envelope(warning: EmergencyWarning, status: str) -> EmergencyWarning:
    """The warning with the status of its envelope where that is less real than its own."""
    if status not in REALITY or REALITY.index(status) <= REALITY.index(warning.status):
        return warning
    finding = remark("ENVELOPE_STATUS", xpath="/alert/status", value=f"{warning.status}, {status}")
    return replace(warning, status=status, findings=(*warning.findings, finding))


def _state(begins: float | None, expires: float | None, received_at: float) -> str:
    if expires is not None and expires <= received_at:
        return "expired"
    return "pending" if begins is not None and begins > received_at else "active"


def _all_clear(message: CapMessage) -> bool:
    """True when every info says that the danger is over (responseType AllClear, urgency Past)."""
    return (
        bool(message.infos)
        and message.msg_type in ("Alert", "Update")
        and all("AllClear" in info.response_type or info.urgency == "Past" for info in message.infos)
    )


def _chosen(infos: tuple[CapInfo, ...]) -> tuple[CapInfo, ...]:
    """The infos in zh-CN, else any zh, else those in the language of the first."""
    for matches in _LANGUAGE_TESTS:
        chosen = tuple(info for info in infos if matches(info.language.lower()))
        if chosen:
            language = chosen[0].language.lower()
            return tuple(info for info in chosen if info.language.lower() == language)
    return ()


def _texts(infos: tuple[CapInfo, ...]) -> dict[str, dict[str, str]]:
    """The texts by language; several infos of one language are joined without repetition."""
    texts: dict[str, dict[str, str]] = {}
    for info in infos:
        language = texts.setdefault(info.language, {})
        for name in ("event", "headline", "description", "instruction"):
            value, present = getattr(info, name), language.get(name, "")
            if value and value not in present:
                language[name] = f"{present}\n{value}" if present else value
    return texts


def _areas(infos: tuple[CapInfo, ...], everything: tuple[CapInfo, ...]) -> tuple[Area, ...]:
    """The areas of the chosen infos, each once; those of all infos when the chosen ones have none."""
    for blocks in (infos, everything):
        areas: list[Area] = []
        for info in blocks:
            areas += [area for cap_area in info.areas if (area := _area(cap_area)) not in areas]
        if areas:
            return tuple(areas)
    return ()


def _area(area: CapArea) -> Area:
    """Codes of China's regions as plain digits; codes of other systems as NAME=CODE, so that they are not confused."""
    codes = tuple(value if _CHINESE_CODES.search(name) else f"{name}={value}" for name, value in area.geocodes)
    return Area(text=area.text, geometry=area.geometry, geocodes=codes)
