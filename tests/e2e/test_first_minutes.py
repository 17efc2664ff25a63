"""A newcomer's first minutes: an Excel list of fifty devices becomes a live wall, through the real commands."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from tests.e2e.site import Site
from tests.patience import PATIENCE
from tests.ports import free_port
from tests.watchfloor.imports.workbooks import COUNTIES, DEVICES, inventory_of_fifty

NETWORK = "127.97"
FIVE_MINUTES = 300.0


@contextlib.asynccontextmanager
async def devices(port: int) -> AsyncIterator[None]:
    """Fifty services on loopback addresses of their own."""

    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with contextlib.AsyncExitStack() as stack:
        for county in range(1, len(COUNTIES) + 1):
            for number in range(1, len(DEVICES) + 1):
                server = await asyncio.start_server(accept, f"{NETWORK}.{county}.{number}", port)
                await stack.enter_async_context(server)
        yield


def watchfloor(*args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "watchfloor", *args]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


async def test_an_excel_list_becomes_a_live_wall_within_five_minutes(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    began = time.monotonic()
    port, devices_port = free_port(), free_port()
    workbook = tmp_path / "设备台账.xlsx"
    workbook.write_bytes(inventory_of_fifty(NETWORK, devices_port))
    site = Site(tmp_path / "site", port)
    written = await asyncio.to_thread(
        watchfloor, "init", str(site.folder), "--yes", "--devices", str(workbook), "--port", str(port)
    )
    assert written.returncode == 0, written.stdout + written.stderr
    checked = await asyncio.to_thread(site.cli, "check")
    assert (checked.returncode, checked.stdout.strip()) == (0, "没有发现问题")
    async with devices(devices_port):
        site.start()
        try:
            await site.ready()
            person = await site.person("admin", "admin")
            async with person.live() as live:
                await live.until(lambda view: sum(asset["health"] == "ok" for asset in view["asset"].values()) == 50)
            boards = await person.get("boards")
        finally:
            await site.stop()
    seconds = time.monotonic() - began
    record_property("seconds_from_list_to_wall", round(seconds, 1))
    assert boards["items"]
    assert seconds < FIVE_MINUTES
