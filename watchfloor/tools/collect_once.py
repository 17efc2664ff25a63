"""`watchfloor collect --once`: one probe, now."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collectors import once
from watchfloor.settings.site_settings import load


def run(uri: str, timeout: float, config: Path | None, language: str, *, as_json: bool) -> tuple[str, bool]:
    """The measurements of the probe, and True when it is up. Credentials and language are from the settings."""
    settings = load(config) if config else None
    credentials, data = (settings.credentials, settings.data) if settings else (None, None)
    observations = asyncio.run(once.collect_once(uri, timeout, credentials, data=data))
    shown = once.render(
        observations, as_json=as_json, language=language or (settings.site.language if settings else "zh-CN")
    )
    return shown, once.fine(observations)
