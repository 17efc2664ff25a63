"""Exercises apart from what is real: records with a `mode`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_exercise(record: Mapping[str, Any]) -> bool:
    """True for a public record of an exercise: the plain feed, the snapshot and the search leave it out."""
    return bool(record["mode"] != "real")
