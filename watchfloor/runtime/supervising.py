"""The process of `watchfloor run`: the fork server at once, then the settings, then the supervisor.

It imports no settings, which would be half of its memory for as long as the site runs. Another process reads them and
writes a plan; meanwhile the fork server imports the modules of the roles.
"""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from watchfloor.runtime import logs, valkey
from watchfloor.runtime.data_lock import AlreadyRunning
from watchfloor.runtime.prefork import ForkServer
from watchfloor.runtime.process import die_with_parent
from watchfloor.runtime.supervisor import StartRefused, Supervisor

log = logging.getLogger(__name__)

SETTINGS = Path("watchfloor.toml")
"""The settings file of a command that names none, in the working folder."""


class StartEnded(Exception):
    """The start ended before the supervisor's: the settings were refused, which was told, or a signal came.

    `code` is the exit code.
    """

    def __init__(self, code: int) -> None:
        super().__init__(f"the start ended with exit code {code}")
        self.code = code


def run(config: Path) -> int:
    """Run the site of a settings file until SIGTERM. Returns the exit code."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the roles read the settings after a reload that comes this early
    logs.setup("watchfloor")
    try:
        asyncio.run(_supervise(config))
    except KeyboardInterrupt:
        return 130
    except StartEnded as error:
        return error.code
    except (AlreadyRunning, StartRefused, valkey.NoServer) as error:
        log.error("%s", error)
        return 1
    return 0


async def _supervise(config: Path) -> None:
    launcher = ForkServer()
    try:
        await launcher.open()
        plan = await _plan(config)
    except BaseException:
        await launcher.close(within=0.0)  # it still imports
        raise
    launcher.environment = plan["environment"]
    supervisor = Supervisor(
        data=Path(plan["data"]),
        config=Path(plan["config"]),
        embedded=plan["embedded"],
        port=plan["port"],
        roles=tuple(plan["roles"]),
        guests=plan["guests"],
        launcher=launcher,
    )
    await supervisor.run()


async def _plan(config: Path) -> dict[str, Any]:
    """Have the settings read. Raises StartEnded."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "watchfloor.runtime.site",
        str(config),
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    signals: list[int] = []

    def stop(number: int) -> None:
        signals.append(number)  # the process may have ended already
        with suppress(ProcessLookupError):
            process.terminate()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        written, _ = await process.communicate()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
    if signals:
        raise StartEnded(128 + signals[0])
    if code := process.returncode:
        raise StartEnded(code if code > 0 else 128 - code)
    plan: dict[str, Any] = json.loads(written)
    return plan
