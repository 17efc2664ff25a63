"""`watchfloor run`: the supervisor of a site."""

from __future__ import annotations

import asyncio
import logging
import os

from watchfloor.runtime import valkey
from watchfloor.runtime.supervisor import AlreadyRunning, StartRefused, Supervisor
from watchfloor.settings import applied
from watchfloor.settings.site_settings import Settings

log = logging.getLogger(__name__)


def supervisor(settings: Settings) -> Supervisor:
    """The supervisor of a site's data folder, not yet running."""
    return Supervisor(
        data=settings.data, config=settings.path, embedded=settings.redis_url == "embedded", port=settings.web.port
    )


def run(settings: Settings) -> int:
    """Run all roles until SIGTERM. Returns the exit code."""
    os.environ[applied.DATA] = str(settings.data)  # for roles that start while the settings are unreadable

    async def supervise() -> None:
        await supervisor(settings).run()

    try:
        asyncio.run(supervise())
    except (AlreadyRunning, StartRefused, valkey.NoServer) as error:
        log.error("%s", error)
        return 1
    return 0
