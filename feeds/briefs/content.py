"""The content of a brief that is signed, and its hash. Pure."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from feeds.model.briefs import Brief

SIGNED = (
    *("id", "mode", "kind", "step", "ordinal", "incident", "region", "title", "number", "version"),
    *("to", "cc", "urgency", "blocks", "basis", "period_start", "period_end"),
)
"""The fields that a signature covers: everything that is printed."""


def content_of(brief: Brief) -> dict[str, Any]:
    """The signed fields as JSON values."""
    whole = msgspec.to_builtins(brief)
    return {name: whole[name] for name in SIGNED}


def content_hash(brief: Brief) -> str:
    """SHA-256 of the signed fields: JSON with sorted keys and no spaces, in hex."""
    text = json.dumps(content_of(brief), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
