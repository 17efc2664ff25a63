"""The committed map files (see maps/data/SOURCES.md), read once."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def raw(name: str) -> bytes:
    """A file of maps/data, unchanged. Raises FileNotFoundError for an unknown name."""
    return (files("maps") / "data" / name).read_bytes()


def features(layer: str) -> list[dict[str, Any]]:
    """The GeoJSON features of a layer."""
    document: dict[str, Any] = json.loads(raw(f"{layer}.geojson"))
    return list(document["features"])
