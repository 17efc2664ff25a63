"""The colour of a warning as issued: the message's own statement first, its severity next, its headline last.

Headlines of China's observatories name several colours ("橙色预警升级为红色"): the last transition counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feeds.cap.model import CapInfo
from feeds.cap.schema import COLOUR_SEVERITY, COLOUR_WORDS, colour_of, level_of

WORST_FIRST = ("red", "orange", "yellow", "blue")
_PARAMETER = re.compile(
    r"(?:colou?r|level|颜色|颜色级别|预警|预警信号|預警信號)"
    r"|(?:alarm|alert|warn|warning|signal|severity|awareness|event)(?:signal)?(?:colou?r)(?:code|name)?"
    r"|(?:alarm|alert|warn|warning|signal|severity|awareness)(?:signal)?(?:level|grade)(?:name)?"
    r"|(?:气象|灾害)?(?:预警|預警|警报|警報|信号|信號|告警)(?:信号|信號)?(?:的)?(?:颜色|顏色|级别|級別|等级|等級)"
)
"""Names of parameters that state the colour, in lower case and without separators."""
_SEPARATORS = re.compile(r"[\s_\-.:]+")
_WORDS = re.compile(r"[;,\s/|()\[\]（）【】、_\-]+")
_ZH, _EN = "红紅橙黄黃蓝藍", "red|orange|amber|yellow|blue"
_IN_VALUE = re.compile(rf"([{_ZH}])色?|({_EN})", re.IGNORECASE)
_NAMED = re.compile(rf"(?P<zh>[{_ZH}])色|\b(?P<en>{_EN})\b(?=\s+(?:\w+\s+)?(?:warning|alert|signal))", re.IGNORECASE)
_VERBS = "升级|升|降级|降低|降|调整|变更|更改|更新|确认|转|变|改|晋级"
_BECOMES = re.compile(
    rf"(?:{_VERBS})(?:发布|发)?(?:为|至|到|成)[^{_ZH}，。；]{{0,20}}(?P<zh>[{_ZH}])色"
    rf"|(?:{_VERBS})(?:发布|发)[^{_ZH}，。；]{{0,20}}(?P<issued>[{_ZH}])色"
    rf"|(?:升级|降级|晋级)[^{_ZH}，。；]{{0,6}}(?P<direct>[{_ZH}])色"
    rf"|[由从][^{_ZH}，。；]{{0,12}}[{_ZH}][^{_ZH}，。；]{{0,12}}(?:{_VERBS})(?:为|至|到|成)?(?P<turned>[{_ZH}])"
    rf"|[{_ZH}]色[^{_ZH}，。；]{{0,12}}(?:→|->|⇒|➔)[^{_ZH}，。；]{{0,12}}(?P<arrow>[{_ZH}])色"
    rf"|\b(?:upgraded|downgraded|raised|lowered|changed)\s+(?:from\s+\w+\s+)?to\s+(?P<en>{_EN})\b",
    re.IGNORECASE,
)
"""A colour that a warning has become; every form names the new colour last."""
_CLAUSES = re.compile(r"[，,；;。、]|同时|并(?=[^列]?发)")
_ENDS = re.compile(r"解除|取消|撤销|失效|终止|结束")
_FORMER = re.compile(r"原|升级|降级|变更|调整")
"""Words that make a colour beside them one of before, where no new one is named."""


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
        if _PARAMETER.fullmatch(_SEPARATORS.sub("", name).lower()) and (colour := _of_value(value))
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
    for word in (value, *_WORDS.split(value)):
        if colour := level_of(word):
            return colour
    colours = {match[0] for match in _IN_VALUE.finditer(value)}
    return _normal(colours.pop()) if len(colours) == 1 else ""


def _of_code(name: str, value: str) -> str:
    """The colour of an event code such as "11B03_RED" or "暴雨橙色"; any value when the name is that of a colour."""
    if _PARAMETER.fullmatch(_SEPARATORS.sub("", name).lower()):
        return _of_value(value)
    colours = {_normal(match[0]) for match in _IN_VALUE.finditer(value) if _stands_alone(value, match)}
    return colours.pop() if len(colours) == 1 else ""


def _stands_alone(value: str, match: re.Match[str]) -> bool:
    """False for letters within a longer English word ("Predicted")."""
    if match[1]:
        return match[0].endswith("色") or value.endswith(match[0])
    before, after = value[: match.start()][-1:], value[match.end() :][:1]
    return not (before.isascii() and before.isalpha()) and not (after.isascii() and after.isalpha())


def _by_severity(info: CapInfo, profile: str) -> str:
    """The colour of a severity that is a colour word, or, under profile cn-12379, of CAP's own scale."""
    if colour := colour_of(info.severity) or level_of(info.severity):
        return colour
    if profile != "cn-12379":
        return ""
    return next((colour for colour, severity in COLOUR_SEVERITY.items() if severity == info.severity), "")


def _headline(info: CapInfo) -> str:
    """The colour after the last transition in the headline or event, else the only colour that they name."""
    text = f"{info.headline} {info.event}"
    changes = list(_BECOMES.finditer(text))
    if changes:
        return _normal(next(word for word in changes[-1].groups() if word))
    clauses = [clause for clause in _CLAUSES.split(text) if not _ENDS.search(clause) and not _FORMER.search(clause)]
    colours = {_normal(match["zh"] or match["en"]) for clause in clauses for match in _NAMED.finditer(clause)}
    return colours.pop() if len(colours) == 1 else ""


def _normal(word: str) -> str:
    return COLOUR_WORDS.get(word[:1]) or COLOUR_WORDS.get(word.lower(), word.lower())
