"""Documents of maintenance windows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def window_document(id: str, match: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a window's document that hides what matches; it says nothing of when."""
    return {
        "id": id,
        "kind": "maintenance",
        "by": "ops",
        "comment": "",
        "match": match,
        "at": 0,
        "starts": 0,
        "until": 1,
    }
