"""The readings that SNMP profiles give: their types and their words."""

from __future__ import annotations

from collectors.network.snmp import profile
from collectors.readings import NUMBER, TEXT


def types() -> dict[str, str]:
    """Every reading of a profile, shipped ones and the site's, with its type (see collectors.readings)."""
    types: dict[str, str] = {}
    for metric in profile.objects():
        types[metric.metric] = TEXT if metric.kind in ("words", "text") else NUMBER
        if metric.share:
            types[metric.share] = NUMBER
    return types


def words() -> dict[str, frozenset[str]]:
    """The words that a reading of named integers may have, by the reading's name."""
    words: dict[str, frozenset[str]] = {}
    for metric in profile.objects():
        if metric.kind == "words":
            words[metric.metric] = words.get(metric.metric, frozenset()) | frozenset((metric.words or {}).values())
    return words
