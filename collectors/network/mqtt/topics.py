"""Matching of MQTT topics with topic filters. Pure."""

from __future__ import annotations

SHARED = "$share/"


def unshared(pattern: str) -> str:
    """The filter by which a shared subscription `$share/GROUP/FILTER` receives (5.0, 4.8.2); others as they are."""
    if not pattern.startswith(SHARED):
        return pattern
    group, _, rest = pattern.removeprefix(SHARED).partition("/")
    return rest if group else ""


def matches(pattern: str, topic: str) -> list[str] | None:
    """The topic's levels at each "+" of the filter `pattern`, None when they do not match (3.1.1, 4.7)."""
    pattern_levels, levels = pattern.split("/"), topic.split("/")
    if pattern_levels[-1] == "#":
        pattern_levels = pattern_levels[:-1]
        levels, more = levels[: len(pattern_levels)], levels[len(pattern_levels) :]
        if not more and len(levels) < len(pattern_levels):
            return None
    if len(pattern_levels) != len(levels) or (topic.startswith("$") and pattern[:1] in "+#"):
        return None
    if any(want not in ("+", level) for want, level in zip(pattern_levels, levels, strict=True)):
        return None
    return [level for want, level in zip(pattern_levels, levels, strict=True) if want == "+"]
