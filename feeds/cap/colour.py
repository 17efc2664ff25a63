"""The colour of a warning as issued: the message's own statement first, its severity next, its headline last.

Headlines of China's observatories name several colours ("橙色预警升级为红色"): the last transition counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feeds.cap.model import CapInfo
from feeds.cap.schema import COLOUR_SEVERITY, COLOUR_WORDS, colour_of

WORST_FIRST = ("red", "orange", "yellow", "blue")
_PARAMETERS = frozenset(
    (
        "level",
        "color",
        "colour",
        "alarmcolor",
        "alarmcolour",
        "alertcolor",
        "alertcolour",
        "alarmlevel",
        "alertlevel",
        "warningcolor",
        "warningcolour",
        "warninglevel",
        "severitycolor",
        "severitycolour",
        "eventcolor",
        "signalcolor",
        "awarenesslevel",
        "预警颜色",
        "预警级别",
        "预警等级",
        "预警信号颜色",
        "信号颜色",
        "颜色",
        "颜色级别",
    )
)
"""Names of parameters that state the colour, in lower case and without separators."""
_SEPARATORS = re.compile(r"[\s_\-.:]+")
_WORDS = re.compile(r"[;,\s/|()\[\]（）【】、_\-]+")
_IN_VALUE = re.compile(r"(红|橙|黄|蓝)色?|(red|orange|yellow|blue)", re.IGNORECASE)
_COLOUR = r"(?P<{}>红|橙|黄|蓝)色"
_NAMED = re.compile(
    _COLOUR.format("zh") + r"|\b(?P<en>red|orange|yellow|blue)\b(?=\s+(?:\w+\s+)?(?:warning|alert|signal))", re.I
)
_BECOMES = re.compile(
    r"(?:升级|升|降级|降低|降|调整|变更|更改|更新|转|改)(?:发布)?(?:为|至|到|成)[^红橙黄蓝，。；]{0,20}"
    + _COLOUR.format("zh")
    + r"|\b(?:upgraded|downgraded|raised|lowered|changed)\s+to\s+(?P<en>red|orange|yellow|blue)\b",
    re.IGNORECASE,
)
_ENDS = re.compile(r"解除|取消")
_NUMERALS = ("i", "ii", "iii", "iv"), ("ⅰ", "ⅱ", "ⅲ", "ⅳ"), ("一", "二", "三", "四")
_LEVELS = {numeral: colour for row in _NUMERALS for numeral, colour in zip(row, WORST_FIRST, strict=True)}
_LEVEL = re.compile(r"^(?:level\s*)?(iv|i{1,3}|[ⅰⅱⅲⅳ一二三四])\s*(?:级)?$", re.IGNORECASE)


def issued_colour(info: CapInfo, infos: tuple[CapInfo, ...], profile: str) -> tuple[str, tuple[str, ...]]:
    """The colour, "" without any, and all colours that the message states when they differ (else none).

    `info` is the chosen one of `infos`. The worse of two statements that differ is the colour.
    """
    blocks = (info, *(other for other in infos if other is not info))
    own = set(_stated(blocks))
    named = next((colour for block in blocks if (colour := _headline(block))), "")
    if own:
        differing = own | ({named} if named else set())
        worst = min(differing, key=WORST_FIRST.index)
        return worst, tuple(sorted(differing, key=WORST_FIRST.index)) if len(differing) > 1 else ()
    return _by_severity(info, profile) or named, ()


def _stated(blocks: tuple[CapInfo, ...]) -> Iterator[str]:
    """The colours of parameters, or of event codes when no parameter states one."""
    by_parameter = [
        colour
        for block in blocks
        for name, value in block.parameters
        if _SEPARATORS.sub("", name).lower() in _PARAMETERS and (colour := _of_value(value))
    ]
    if by_parameter:
        yield from by_parameter
        return
    for block in blocks:
        for name, value in block.event_codes:
            if colour := _of_code(name, value):
                yield colour


def _of_value(value: str) -> str:
    """The colour of "2; yellow; Moderate", "橙色", "Ⅱ级" or "II级/橙色"."""
    for word in _WORDS.split(value):
        if colour := colour_of(word):
            return colour
    for word in _WORDS.split(value):
        if level := _LEVEL.match(word):
            return _LEVELS[level[1].lower()]
    colours = {match[0] for match in _IN_VALUE.finditer(value)}
    return _normal(colours.pop()) if len(colours) == 1 else ""


def _of_code(name: str, value: str) -> str:
    """The colour of an event code such as "11B03_RED" or "暴雨橙色"; any value when the name is that of a colour."""
    if _SEPARATORS.sub("", name).lower() in _PARAMETERS:
        return _of_value(value)
    colours = {_normal(match[0]) for match in _IN_VALUE.finditer(value) if _stands_alone(value, match)}
    return colours.pop() if len(colours) == 1 else ""


def _stands_alone(value: str, match: re.Match[str]) -> bool:
    """False for letters within a longer English word ("Predicted")."""
    if match[1]:
        return match[0].endswith("色") or value == match[0]
    before, after = value[: match.start()][-1:], value[match.end() :][:1]
    return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())


def _by_severity(info: CapInfo, profile: str) -> str:
    """The colour of a severity that is a colour word, or, under profile cn-12379, of CAP's own scale."""
    if colour := colour_of(info.severity):
        return colour
    if profile != "cn-12379":
        return ""
    return next((colour for colour, severity in COLOUR_SEVERITY.items() if severity == info.severity), "")


def _headline(info: CapInfo) -> str:
    """The colour after the last transition in the headline or event, else the only colour that they name."""
    text = f"{info.headline} {info.event}"
    changes = list(_BECOMES.finditer(text))
    if changes:
        return _normal(changes[-1]["zh"] or changes[-1]["en"])
    if _ENDS.search(text):
        return ""
    colours = {_normal(match["zh"] or match["en"]) for match in _NAMED.finditer(text)}
    return colours.pop() if len(colours) == 1 else ""


def _normal(word: str) -> str:
    return COLOUR_WORDS.get(word[:1], word.lower())
