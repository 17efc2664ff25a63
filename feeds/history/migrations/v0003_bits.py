"""Chunks in bits (feeds.history.codec): nothing is rewritten, but an older version could not read what comes now."""

from __future__ import annotations

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """The tables stay as they are."""
