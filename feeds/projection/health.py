"""The document of an asset's last journaled health."""

from __future__ import annotations

import msgspec

from feeds.journal.forms import register_fields
from feeds.model import Health

KIND = "health"


class HealthDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The health of an asset, since when it holds (epoch seconds), and the one before ("" for none)."""

    health: Health
    since: float
    before: str = ""


register_fields(KIND, HealthDocument)
