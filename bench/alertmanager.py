"""A real Alertmanager beside us, where one is installed (Debian: prometheus-alertmanager), over the same alerts."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.figures import until
from tests.e2e.site import Hook, hook
from tests.ports import free_port

SILENT = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
# As docs/alerts.md tells it of us: grouped by uplink, what is critical in a group of its own, the children of a failed
# uplink inhibited by its alert.
STORM = """\
route: {{receiver: desk, group_by: [uplink, severity], group_wait: {wait:g}s}}
receivers:
  - name: desk
    webhook_configs: [{{url: "http://127.0.0.1:{port}/"}}]
inhibit_rules:
  - source_matchers: [alertname="Down", severity="critical"]
    target_matchers: [alertname!="Down"]
    equal: [uplink]
"""


def installed() -> str | None:
    """The program, None where there is none."""
    return shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


@contextlib.asynccontextmanager
async def running(at: Path, settings: str) -> AsyncIterator[str]:
    """One that is ready; gives its address. What it keeps lies in the folder `at`."""
    program = installed()
    assert program is not None, "ask `installed` first"
    at.mkdir(exist_ok=True)
    (at / "alertmanager.yml").write_text(settings)
    address = f"127.0.0.1:{free_port()}"
    command = [
        f"--config.file={at}/alertmanager.yml",
        f"--storage.path={at}/data",
        "--cluster.listen-address=",
        f"--web.listen-address={address}",
        "--log.level=error",
    ]
    process = await asyncio.create_subprocess_exec(program, *command, stderr=asyncio.subprocess.DEVNULL)
    try:
        async with aiohttp.ClientSession() as http:

            async def ready() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"http://{address}/-/ready") as answer:
                        return answer.status == 200
                return False

            await until(ready)
        yield f"http://{address}"
    finally:
        process.terminate()
        await process.wait()


@dataclass(slots=True)
class Beside:
    """One Alertmanager that is sent what we are sent; its webhook goes to a receiver like ours. Times are monotonic."""

    wait: float
    url: str
    receiver: Hook
    sent: dict[str, float] = field(default_factory=dict)

    async def say(self, http: aiohttp.ClientSession, alerts: list[dict[str, Any]]) -> None:
        """Send alerts to the Alertmanager, which answers 200 to all that it can read."""
        began = time.monotonic()
        async with http.post(f"{self.url}/api/v2/alerts", json=alerts) as answer:
            answer.raise_for_status()
        for alert in alerts:
            self.sent.setdefault(alert["labels"]["asset"], began)

    def figures(self, unrelated: str) -> dict[str, Any]:
        """Figures of its messages: number, first, children of a failed parent, and the unrelated alert."""
        messages = [
            (at, {alert["labels"]["asset"] for alert in body["alerts"]})
            for at, (_, body) in zip(self.receiver.times, self.receiver.calls, strict=True)
        ]
        heard = next((at for at, assets in messages if unrelated in assets), None)
        children = [
            alert
            for _, body in self.receiver.calls
            for alert in body["alerts"]
            if alert["labels"]["alertname"] != "Down"
        ]
        began = min(self.sent.values(), default=0.0)
        return {
            "alertmanager": True,
            "group_wait_s": self.wait,
            "messages": len(messages),
            "first_told_after_s": round(messages[0][0] - began, 3) if messages else None,
            "children_in_messages": len(children),
            "unrelated_told_after_s": round(heard - self.sent[unrelated], 3) if heard else None,
        }


@contextlib.asynccontextmanager
async def beside(at: Path, waits: tuple[float, ...]) -> AsyncIterator[list[Beside]]:
    """An Alertmanager for each `group_wait` (seconds); none where it is not installed."""
    async with contextlib.AsyncExitStack() as stack:
        peers: list[Beside] = []
        for wait in waits if installed() is not None else ():
            receiver = await stack.enter_async_context(hook())
            settings = STORM.format(wait=wait, port=receiver.port)
            url = await stack.enter_async_context(running(at / f"alertmanager-{wait:g}", settings))
            peers.append(Beside(wait, url, receiver))
        yield peers
