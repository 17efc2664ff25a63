"""`watchfloor collect --once`: run one probe and print its measurements."""

from __future__ import annotations

import asyncio
from pathlib import Path

from collectors import once
from watchfloor.settings.site_settings import load

BESIDE = Path("watchfloor.toml")
"""The settings that a URI with a credential is looked up in when none are named."""


def run(uri: str, timeout: float, config: Path | None, language: str, *, as_json: bool) -> tuple[str, bool]:
    """The rendered measurements of the probe, and True when its target is up.

    Credentials and the default language come from the settings file `config`, if there is one.
    """
    config = config or (BESIDE if "cred=" in uri and BESIDE.is_file() else None)
    settings = load(config) if config else None
    credentials, data = (settings.credentials, settings.data) if settings else (None, None)
    attempt = asyncio.run(once.collect_once(uri, timeout, credentials, data=data))
    shown = once.render(
        attempt, as_json=as_json, language=language or (settings.site.language if settings else "zh-CN")
    )
    return shown, once.fine(attempt)
