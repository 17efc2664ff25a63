"""CAP 1.2, the Common Alerting Protocol (OASIS CAP-V1.2): bytes to a message, a message to a warning. Pure.

`parse` applies every rule that concerns one document; what concerns several (references,
duplicates, lives) is the warnings registry's.
"""

from __future__ import annotations

import hashlib
import re

from lxml import etree

from feeds import wire
from feeds.cap.findings import finding
from feeds.cap.model import CapArea, CapDocument, CapInfo, CapMessage, CapRefused
from feeds.cap.reader import REFERENCES, Reader, moment
from feeds.cap.schema import colour_of
from feeds.cap.xml import SIZE_LIMIT, read, upgrade_pairs
from feeds.findings import Finding, InMessage
from feeds.model import Area, EmergencyWarning, Remark

__all__ = [
    "SIZE_LIMIT",
    "CapArea",
    "CapDocument",
    "CapInfo",
    "CapMessage",
    "CapRefused",
    "finding",
    "parse",
    "reference_key",
    "to_warning",
]

wire.register_item("cap", CapDocument)

_ESSENTIAL = {"identifier", "sender", "sent", "status", "msgType"}
"""Without these even lenient mode cannot tell what a message is, or whether it is real."""
_NEVER = frozenset(("XML_NOT_WELL_FORMED", "TOO_LARGE", "TOO_COMPLEX", "DTD_FORBIDDEN", "NAMESPACE_UNKNOWN"))
_FORBIDDEN = re.compile(r"[\s,<&]")
_COLOUR_PARAMETERS = frozenset(
    ("level", "color", "colour", "awareness_level", "alertlevel", "warninglevel", "预警级别", "预警颜色", "预警等级")
)
_COLOUR_IN_TEXT = re.compile(r"(红|橙|黄|蓝)色|\b(red|orange|yellow|blue)\b(?= (?:warning|alert))", re.IGNORECASE)
_CHINESE_CODES = re.compile(r"CPEAS|GB/?T ?2260|GB2260|^adcode$|^areacode$|行政区划", re.IGNORECASE)


def parse(raw: bytes, mode: str = "strict", profile: str = "") -> CapMessage:
    """The message in `raw`, with its findings. Raises CapRefused.

    "strict" refuses whatever has an error; "lenient" keeps it (`faulty` is then True) unless
    nobody could tell what it is. `profile` "cn-12379" reads China's relays as they write.
    """
    root, version = read(raw)
    reader = Reader(version, lenient=mode == "lenient", profile=profile)
    if version == "1.0":
        upgrade_pairs(root, str(etree.QName(root).namespace))
        for password in reader.all(root, "password"):  # dropped from CAP with 1.1
            root.remove(password)
    reader.check(root)
    message = _message(root, reader, raw)
    _refuse(reader.findings, mode)
    if message is None:
        raise CapRefused(tuple(reader.findings))
    return message


def reference_key(reference: str) -> tuple[str, str, float] | None:
    """(sender, identifier, sent as epoch seconds) of "sender,identifier,sent", None when it is none.

    Two ways to write the same moment give the same key.
    """
    parts = reference.split(",")
    if len(parts) != 3 or not all(parts):
        return None
    sent = moment(re.sub(r"Z$", "-00:00", parts[2]))
    return None if sent is None else (parts[0], parts[1], sent)


def to_warning(message: CapMessage, source: str, received_at: float) -> EmergencyWarning:
    """The warning that a message means: its zh-CN info, else zh, else the first. `expires` None when it has none.

    `received_at` (epoch seconds) decides between pending, active and expired.
    """
    info = _chosen(message.infos)
    begins = info.onset if info.onset is not None else info.effective
    state = "pending" if begins is not None and begins > received_at else "active"
    if info.expires is not None and info.expires <= received_at:
        state = "expired"
    return EmergencyWarning(
        id=message.id,
        source=source,
        status=message.status,
        msg_type=message.msg_type,
        scope=message.scope,
        state=state,
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
        colour=_colour(info, message.infos),
        onset=begins,
        expires=info.expires,
        references=message.references,
        areas=tuple(_area(one) for one in info.areas),
        findings=tuple(map(Remark.of, message.findings)),
        digest=message.digest,
    )


def _message(root: etree._Element, reader: Reader, raw: bytes) -> CapMessage | None:
    """What the alert says, judged; None when its key cannot be made."""
    one = {
        name: reader.one(root, name)
        for name in (
            "identifier",
            "sender",
            "sent",
            "status",
            "msgType",
            "scope",
            "source",
            "restriction",
            "addresses",
            "note",
            "incidents",
        )
    }
    sent = reader.time(root, "sent")
    _envelope(root, reader, one)
    references = _references(root, reader, (one["sender"], one["identifier"], sent))
    signature = _signature(root, raw, reader)
    alive = one["msgType"] not in ("Cancel", "Ack", "Error")
    infos = tuple(reader.info(info, sent, alive=alive) for info in reader.all(root, "info"))
    if sent is None:
        return None
    return CapMessage(
        identifier=one["identifier"],
        sender=one["sender"],
        sent=sent,
        sent_text=one["sent"],
        status=one["status"],
        msg_type=one["msgType"],
        scope=one["scope"] or "Public",
        source=one["source"],
        restriction=one["restriction"],
        addresses=one["addresses"],
        codes=tuple(code.text.strip() for code in reader.all(root, "code") if code.text),
        note=one["note"],
        references=references,
        incidents=one["incidents"],
        infos=infos,
        version=reader.version,
        signature=signature,
        digest=hashlib.sha256(raw).hexdigest(),
        findings=tuple(reader.findings),
    )


def _envelope(root: etree._Element, reader: Reader, one: dict[str, str]) -> None:
    """Rules between the elements of `alert` itself (clause 3.2.1)."""
    if _FORBIDDEN.search(one["identifier"]):
        reader.say("INVALID_IDENTIFIER", root, child="identifier", value=one["identifier"])
    if _FORBIDDEN.search(one["sender"]):
        reader.say("INVALID_SENDER", root, child="sender", value=one["sender"])
    if one["scope"] == "Restricted" and not one["restriction"]:
        reader.say("RESTRICTION_REQUIRED", root, child="restriction")
    if one["scope"] != "Restricted" and one["restriction"]:
        detail = one["scope"]
        reader.say("RESTRICTION_SCOPE_MISMATCH", root, child="restriction", value=one["restriction"], detail=detail)
    if one["scope"] == "Private" and not one["addresses"]:
        reader.say("ADDRESSES_REQUIRED", root, child="addresses")
    if one["msgType"] in ("Update", "Cancel", "Ack", "Error") and not reader.one(root, "references"):
        reader.say("REFERENCES_REQUIRED", root, child="references", detail=one["msgType"])
    if one["status"] == "Exercise" and not one["note"]:
        reader.say("EXERCISE_WITHOUT_NOTE", root, child="note")


def _references(root: etree._Element, reader: Reader, own: tuple[str, str, float | None]) -> tuple[str, ...]:
    """The references that can be read, without itself."""
    kept: list[str] = []
    words = reader.one(root, "references").split()
    reader.spend("references", len(words), REFERENCES)
    for word in words:
        key = reference_key(word)
        if key is None:
            reader.say("INVALID_REFERENCES", root, child="references", value=word)
        elif key == own:
            reader.say("CIRCULAR_REFERENCE", root, child="references", value=word)
        else:
            if own[2] is not None and key[2] > own[2]:
                reader.say("POSTDATED_REFERENCE", root, child="references", value=word)
            kept.append(word)
    return tuple(dict.fromkeys(kept))


def _signature(root: etree._Element, raw: bytes, reader: Reader) -> str:
    from feeds.cap.signature import state  # most messages have none

    found = state(root, raw)
    if found == "invalid":
        reader.say("SIGNATURE_INVALID", root, child="Signature")
    return found


def _refuse(findings: list[Finding[InMessage]], mode: str) -> None:
    """Raises CapRefused when the mode does not let this through."""
    errors = [one for one in findings if one.error]
    if mode == "lenient":
        errors = [one for one in errors if one.code in _NEVER or _essential(one)]
    if errors:
        raise CapRefused(tuple(findings))


def _essential(one: Finding[InMessage]) -> bool:
    name = one.where.xpath.removeprefix("/alert/")
    return name in _ESSENTIAL and one.code in ("MISSING_REQUIRED", "INVALID_ENUM", "INVALID_DATE", "DUPLICATE_ELEMENT")


def _chosen(infos: tuple[CapInfo, ...]) -> CapInfo:
    """zh-CN, then any zh, then the first; an empty one for a message without info."""
    for matches in (lambda code: code == "zh-cn", lambda code: code.split("-")[0] == "zh", lambda code: True):
        for info in infos:
            if matches(info.language.lower()):
                return info
    return CapInfo()


def _colour(info: CapInfo, infos: tuple[CapInfo, ...]) -> str:
    """As issued: by a parameter, else by the words of the headline or the event, of this info before the others."""
    for one in (info, *infos):
        for name, value in one.parameters:
            if name.strip().lower() in _COLOUR_PARAMETERS:
                for word in re.split(r"[;,\s/]+", value):
                    if colour := colour_of(word):
                        return colour
    for one in (info, *infos):
        if found := _COLOUR_IN_TEXT.search(f"{one.headline} {one.event}"):
            return colour_of(found[1] or found[2])
    return ""


def _area(area: CapArea) -> Area:
    """Codes of China's regions as plain digits; those of other systems as NAME=CODE, so that none is mistaken."""
    codes = tuple(value if _CHINESE_CODES.search(name) else f"{name}={value}" for name, value in area.geocodes)
    return Area(text=area.text, geometry=area.geometry, geocodes=codes)
