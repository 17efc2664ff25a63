"""The committed map files (see maps/data/SOURCES.md), read once, and which of them turned out to be damaged."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

log = logging.getLogger(__name__)

_WORDS = {
    "zh-CN": "随程序安装的地图文件 {names} 已损坏：相应图层不显示，距离按直线计算。请重新安装。",
    "en": "The installed map files {names} are damaged: no such layers, distances by line only. Install again.",
}
_damaged: set[str] = set()


@cache
def raw(name: str) -> bytes:
    """A file of maps/data, unchanged. Raises FileNotFoundError for an unknown name."""
    from importlib.resources import files  # most roles need no map, and it takes a while to load

    return (files("maps") / "data" / name).read_bytes()


def features(layer: str) -> list[dict[str, Any]]:
    """The GeoJSON features of a layer."""
    document: dict[str, Any] = json.loads(raw(f"{layer}.geojson"))
    return list(document["features"])


def note_damaged(name: str, error: Exception) -> None:
    """Record that a file cannot be used, and log it the first time."""
    if name not in _damaged:
        _damaged.add(name)
        log.error("the map file %s is damaged: %s: %s", name, type(error).__name__, error)


def words(language: str) -> str:
    """The damaged files and what follows from it, as a text for people; "" when none is known to be damaged."""
    return _WORDS[language].format(names=", ".join(sorted(_damaged))) if _damaged else ""
