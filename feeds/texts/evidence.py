"""The evidence of an alert in words of people. Rules write evidence as "magnitude=5.1, state=active"."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from feeds.texts.catalogue import LANGUAGES, catalogue

_PART = re.compile(r"([A-Za-z][\w.]*)(\[[^\]]*\])?=(.*)", re.DOTALL)
_NEXT = re.compile(r", (?=[A-Za-z][\w.]*(?:\[[^\]]*\])?=|(?:age|rate)\()")
_COMPUTED = re.compile(r"(?:age|rate)\(")
_JOINT = {"zh-CN": "，", "en": ", "}
_REASONS = {word.replace("_", " "): f"reason.{word}" for word in ("timeout", "refused", "unreachable", "unresolved")}


def explanation(text: str) -> dict[str, str]:
    """The evidence by language.

    Names and values have their words of the catalogue. A name without a word is left out: it is for those who write
    rules. Text that is no list of `name=value` (a rule's own words, another tool's text) stays as it is.
    """
    if "=" in text or "(" in text or text in _worded():
        return _of_list(text)
    return dict.fromkeys(LANGUAGES, text)


@cache
def _worded() -> frozenset[str]:
    """The texts that the catalogue has words for as a whole."""
    return frozenset(key.removeprefix("evidence.") for key in catalogue(LANGUAGES[0]) if key.startswith("evidence."))


@lru_cache(maxsize=4096)
def _of_list(text: str) -> dict[str, str]:
    parts = _NEXT.split(text)
    listed = all(_PART.fullmatch(part) or _COMPUTED.match(part) for part in parts)
    return {language: _words(text, parts if listed else None, language) for language in LANGUAGES}


def _words(text: str, parts: list[str] | None, language: str) -> str:
    """The evidence in a language. `parts`: its list of `name=value`; None when it is no such list."""
    if (words := catalogue(language).get(f"evidence.{text}")) is not None:
        return words
    if parts is None:
        return text
    return _JOINT[language].join(filter(None, (_part(part, language) for part in parts)))


def _part(part: str, language: str) -> str:
    match = _PART.fullmatch(part)
    if match is None:
        return ""
    name, member, value = match[1], match[2] or "", match[3]
    texts = catalogue(language)
    if name == "warning":
        return value
    label = texts.get(f"metric.{name}") or texts.get(f"fact.{name}")
    if label is None:
        return ""
    if "." not in name:
        words = texts.get(f"fact.{name}.{value}", value)
        return f"{label} {words}" if words else ""
    answer, _, why = value.partition(" ")
    answer = texts.get(f"fact.{answer}", answer)
    if name.endswith(".up"):
        answer = texts.get(f"reading.{value.partition(' ')[0]}", answer)
    return " ".join(filter(None, (f"{label}{member}", answer, texts.get(_REASONS.get(why, ""), why))))
