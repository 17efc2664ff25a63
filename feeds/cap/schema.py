"""The content model of CAP 1.2 (OASIS CAP-V1.2, clause 3.2 and its XSD): elements, order, values."""

from __future__ import annotations

import re
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
REALITY = ("Actual", "System", "Draft", "Test", "Exercise")
"""CAP statuses from the real to the unreal; an envelope may only make a message less real."""
DATES = ("sent", "effective", "onset", "expires")
PROSE = ("event", "audience", "senderName", "headline", "description", "instruction", "contact", "areaDesc", "note")
COLOUR_SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
"""Profile cn-12379: the colour sent in place of a severity."""
COLOUR_WORDS = {
    "红": "red",
    "紅": "red",
    "橙": "orange",
    "黄": "yellow",
    "黃": "yellow",
    "蓝": "blue",
    "藍": "blue",
    "amber": "orange",
}
"""Words for colours beside those in English: simplified and traditional characters, and the British amber."""
NOT_REQUIRED_BEFORE_12 = frozenset(("category", "mimeType"))
"""Elements that older versions do not require."""


def colour_of(text: str) -> str:
    """red, orange, yellow, blue or "" for a word such as 橙, 橙色 or Orange."""
    word = text.strip().lower()
    word = COLOUR_WORDS.get(word, word)
    if word in COLOUR_SEVERITY:
        return word
    if len(word) <= 4 and word[:1] in COLOUR_WORDS and word.rstrip("预預警")[1:] in ("", "色"):
        return COLOUR_WORDS[word[0]]
    return ""


_NUMERALS = ("i", "ii", "iii", "iv"), ("ⅰ", "ⅱ", "ⅲ", "ⅳ"), ("一", "二", "三", "四"), ("1", "2", "3", "4")
_LEVELS = {numeral: colour for row in _NUMERALS for numeral, colour in zip(row, COLOUR_SEVERITY, strict=True)}
_GRADES = dict(zip(("特别严重", "严重", "较重", "一般"), COLOUR_SEVERITY, strict=True))
"""The four grades of warnings by the emergency response law (突发事件应对法), worst first."""
_LEVEL = re.compile(
    r"(?:level[ -]?(?P<behind>[1-4]|iv|i{1,3})|(?P<level>iv|i{1,3}|[ⅰⅱⅲⅳ一二三四])级?|(?P<digit>[1-4])级)"
)


def level_of(text: str) -> str:
    """The colour of a level of warnings such as Ⅱ级, II, 二级, "level 2" or 严重; "" for another text."""
    word = text.strip().lower()
    if match := _LEVEL.fullmatch(word):
        return _LEVELS[match["behind"] or match["level"] or match["digit"]]
    return _GRADES.get(word, "")
