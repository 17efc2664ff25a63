"""The content model of CAP 1.2 (OASIS CAP-V1.2, clause 3.2 and its XSD): elements, order, values."""

from __future__ import annotations

from dataclasses import dataclass

NAMESPACES = {
    "urn:oasis:names:tc:emergency:cap:1.2": "1.2",
    "urn:oasis:names:tc:emergency:cap:1.1": "1.1",
    "http://www.incident.com/cap/1.0": "1.0",
}
DSIG = "http://www.w3.org/2000/09/xmldsig#"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Number of times an element may occur in its parent."""

    required: bool = False
    many: bool = False


_EXACTLY_ONE, _OPTIONAL, _AT_LEAST_ONE, _ANY = (
    Occurrence(required=True),
    Occurrence(),
    Occurrence(required=True, many=True),
    Occurrence(many=True),
)

PAIR = {"valueName": _EXACTLY_ONE, "value": _EXACTLY_ONE}
AREA = {
    "areaDesc": _EXACTLY_ONE,
    "polygon": _ANY,
    "circle": _ANY,
    "geocode": _ANY,
    "altitude": _OPTIONAL,
    "ceiling": _OPTIONAL,
}
RESOURCE = {
    "resourceDesc": _EXACTLY_ONE,
    "mimeType": _EXACTLY_ONE,
    "size": _OPTIONAL,
    "uri": _OPTIONAL,
    "derefUri": _OPTIONAL,
    "digest": _OPTIONAL,
}
INFO = {
    "language": _OPTIONAL,
    "category": _AT_LEAST_ONE,
    "event": _EXACTLY_ONE,
    "responseType": _ANY,
    "urgency": _EXACTLY_ONE,
    "severity": _EXACTLY_ONE,
    "certainty": _EXACTLY_ONE,
    "audience": _OPTIONAL,
    "eventCode": _ANY,
    "effective": _OPTIONAL,
    "onset": _OPTIONAL,
    "expires": _OPTIONAL,
    "senderName": _OPTIONAL,
    "headline": _OPTIONAL,
    "description": _OPTIONAL,
    "instruction": _OPTIONAL,
    "web": _OPTIONAL,
    "contact": _OPTIONAL,
    "parameter": _ANY,
    "resource": _ANY,
    "area": _ANY,
}
ALERT = {
    "identifier": _EXACTLY_ONE,
    "sender": _EXACTLY_ONE,
    "sent": _EXACTLY_ONE,
    "status": _EXACTLY_ONE,
    "msgType": _EXACTLY_ONE,
    "source": _OPTIONAL,
    "scope": _EXACTLY_ONE,
    "restriction": _OPTIONAL,
    "addresses": _OPTIONAL,
    "code": _ANY,
    "note": _OPTIONAL,
    "references": _OPTIONAL,
    "incidents": _OPTIONAL,
    "info": _ANY,
}
CHILDREN: dict[str, dict[str, Occurrence]] = {
    "alert": ALERT,
    "info": INFO,
    "area": AREA,
    "resource": RESOURCE,
    "eventCode": PAIR,
    "parameter": PAIR,
    "geocode": PAIR,
}

ENUMS: dict[str, frozenset[str]] = {
    "status": frozenset(("Actual", "Exercise", "System", "Test", "Draft")),
    "msgType": frozenset(("Alert", "Update", "Cancel", "Ack", "Error")),
    "scope": frozenset(("Public", "Restricted", "Private")),
    "category": frozenset(
        ("Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE", "Other")
    ),
    "responseType": frozenset(
        ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
    ),
    "urgency": frozenset(("Immediate", "Expected", "Future", "Past", "Unknown")),
    "severity": frozenset(("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    "certainty": frozenset(("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
}
DATES = ("sent", "effective", "onset", "expires")
PROSE = ("event", "audience", "senderName", "headline", "description", "instruction", "contact", "areaDesc", "note")
COLOUR_SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
"""Profile cn-12379: the colour sent in place of a severity."""
COLOUR_WORDS = {"红": "red", "橙": "orange", "黄": "yellow", "蓝": "blue"}
NOT_REQUIRED_BEFORE_12 = frozenset(("category", "mimeType"))
"""Elements that older versions do not require."""


def colour_of(text: str) -> str:
    """red, orange, yellow, blue or "" for a word such as 橙, 橙色 or Orange."""
    word = text.strip().lower()
    if word in COLOUR_SEVERITY:
        return word
    if len(word) <= 4 and word[:1] in COLOUR_WORDS and word.rstrip("预警")[1:] in ("", "色"):
        return COLOUR_WORDS[word[0]]
    return ""
