"""Run a prepared demo: the site's roles under their supervisor, the simulated devices, and the receiver."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from watchfloor.demo.control import DemoError
from watchfloor.demo.people import publish_plan, put_roster
from watchfloor.demo.ports import is_free
from watchfloor.demo.receiver import DemoReceiver, serving
from watchfloor.runtime import logs, site, valkey
from watchfloor.runtime.data_lock import AlreadyRunning
from watchfloor.runtime.process import die_with_parent
from watchfloor.runtime.supervisor import StartRefused
from watchfloor.settings.site_settings import Settings, load

log = logging.getLogger(__name__)

READY_WITHIN = 20.0
POLL_INTERVAL = 0.1
CONTROL_FILE = Path("run") / "sim.json"
Tell = Callable[[str], None]


def run(path: Path, speed: float, tell: Tell) -> int:
    """Run until SIGTERM or Ctrl-C. Returns the exit code. Raises DemoError."""
    logs.setup("demo", level=logging.WARNING)
    settings = load(path)
    if settings.web.port and not is_free(settings.web.host, settings.web.port):
        raise DemoError(
            f"端口 {settings.web.port} 已被占用；用 --port 换一个",
            f"port {settings.web.port} is taken; choose another with --port",
        )
    try:
        asyncio.run(_run(settings, speed, tell))
    except (AlreadyRunning, StartRefused, valkey.NoServer) as error:
        log.error("%s", error)
        return 1
    return 0


async def _run(settings: Settings, speed: float, tell: Tell) -> None:
    folder = settings.path.parent
    async with AsyncExitStack() as stack:
        taker = DemoReceiver(folder / "run" / "messages.jsonl", tell)
        for host, port in {_host_and_port(receiver.url) for receiver in settings.receivers}:
            await stack.enter_async_context(serving(taker, host, port))
        child = await stack.enter_async_context(world(folder, speed))
        await stack.enter_async_context(in_background(_when_ready(settings, tell)))
        boss = site.supervisor(settings)
        # The roles take longer to start than the devices, so they need not wait for them.
        roles = asyncio.create_task(boss.run())
        try:
            await _await_devices(child, folder / CONTROL_FILE)
        except DemoError:
            boss.stop()
            await roles
            raise
        await stack.enter_async_context(in_background(_log_end(child)))
        await roles


def _host_and_port(url: str) -> tuple[str, int]:
    """The host and port of a receiver's URL. Several receivers may share one address."""
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


@asynccontextmanager
async def in_background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `work` in the background while the block runs. An error of `work` is logged and does not end the block."""
    task = asyncio.create_task(work)
    task.add_done_callback(_log_error)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _log_error(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()):
        log.error("demo: %r", error, exc_info=error)


@asynccontextmanager
async def world(folder: Path, speed: float) -> AsyncIterator[asyncio.subprocess.Process]:
    """The simulated devices as a child process. They are ready when `run/sim.json` exists."""
    (folder / CONTROL_FILE).unlink(missing_ok=True)
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "watchfloor.demo.world",
        str(folder),
        "--speed",
        str(speed),
        stdin=asyncio.subprocess.DEVNULL,
        preexec_fn=die_with_parent,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        with suppress(ProcessLookupError):
            child.terminate()
        await child.wait()
        (folder / CONTROL_FILE).unlink(missing_ok=True)


async def _log_end(child: asyncio.subprocess.Process) -> None:
    """Log the end of the simulated devices, because every asset turns red without them."""
    code = await child.wait()
    log.error("demo: the simulated devices have ended with %d; start the demo again", code)


async def _await_devices(child: asyncio.subprocess.Process, address_file: Path) -> None:
    try:
        async with asyncio.timeout(READY_WITHIN):
            while not address_file.exists():
                if child.returncode is not None:
                    raise DemoError("模拟设备未能启动，原因见上", "the simulated devices did not start; see above")
                await asyncio.sleep(POLL_INTERVAL)
    except TimeoutError as error:
        raise DemoError("模拟设备启动超时", "the simulated devices took too long to start") from error


async def _when_ready(settings: Settings, tell: Tell) -> None:
    """Print the addresses when the site is ready, store the duty roster, publish the plan, then run the backup job."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2.0)) as session:
        while True:
            if await _ready(session, f"{address(settings)}/readyz"):
                break
            await asyncio.sleep(POLL_INTERVAL)
    for line in greeting(settings):
        tell(line)
    try:
        await put_roster(address(settings))
        await publish_plan(address(settings))
    except DemoError as error:
        log.warning("demo: duty roster and plan could not be stored: %s", error)
    # The import of the journal's libraries takes seconds, which must delay neither the start nor the supervisor's loop.
    run_jobs = await asyncio.to_thread(_backup_jobs)
    await run_jobs(settings, address(settings))


def _backup_jobs() -> Callable[[Settings, str], Coroutine[Any, Any, None]]:
    from watchfloor.demo.offsite_backup import run_jobs

    return run_jobs


async def _ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


def greeting(settings: Settings) -> list[str]:
    """The lines with the addresses to open and the commands to try."""
    base = address(settings)
    return [
        "值守台演示已就绪 The Watchfloor demo is ready",
        f"  值班台 Duty desk   {base}/",
        f"  大屏   Wall        {base}/wall",
        "  制造故障 Break      watchfloor demo break X532327      恢复 Mend  watchfloor demo mend X532327",
        "  场景 Scenario       watchfloor demo scenario tour      结束 Stop  Ctrl-C",
        "  事件 Incident       watchfloor demo scenario chemical  从接报到续报 from the first call to a signed report",
    ]


def address(settings: Settings) -> str:
    """The address at which people open the site."""
    host = f"[{settings.web.host}]" if ":" in settings.web.host else settings.web.host
    return f"{'https' if settings.web.tls else 'http'}://{host}:{settings.web.port}"
