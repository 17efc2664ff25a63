"""`watchfloor run`: a site's supervisor, from its settings."""

from __future__ import annotations

import asyncio
import logging
import os

from watchfloor.runtime import valkey
from watchfloor.runtime.supervisor import AlreadyRunning, Refused, Supervisor
from watchfloor.settings import applied
from watchfloor.settings.site_settings import Settings

log = logging.getLogger(__name__)


def supervisor(settings: Settings) -> Supervisor:
    """The supervisor of a site's data folder, not yet running."""
    return Supervisor(
        data=settings.data, config=settings.path, embedded=settings.redis_url == "embedded", port=settings.web.port
    )


def run(settings: Settings) -> int:
    """Run all roles until SIGTERM; returns the exit code."""

    os.environ[applied.DATA] = str(settings.data)  # for roles that are started while the settings cannot say it

    async def act() -> None:
        await supervisor(settings).run()

    try:
        asyncio.run(act())
    except (AlreadyRunning, Refused, valkey.NoServer) as error:
        log.error("%s", error)
        return 1
    return 0
