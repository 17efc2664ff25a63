"""A complete site as a child process, its signed-in users, and the devices and receivers around it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from feeds.kinds import KINDS
from feeds.live.mirror import patched
from tests.patience import PATIENCE
from tests.ports import free_port

HEAD = "id,name,kind,region,lat,lon,parents,redundancy_group,owner,importance,labels,probes\n"
PASSWORD = "楚雄-Wuding-2026"
SETTINGS = """\
[site]
name = "楚雄州"
data = "data"
region = "532300"
inventory = ["assets.csv"]
[web]
port = {port}
[defaults."tcp"]
interval = "1s"
timeout = "10s"
[[rule]]
id = "link-down"
when = "health == 'down'"
for = "1s"
recover_for = "1s"
severity = "critical"
[[receiver]]
id = "desk"
url = "json://127.0.0.1:{hook}/"
{more}
"""


class Service:
    """A TCP service to probe: it accepts each connection and closes it."""

    def __init__(self) -> None:
        self.port = free_port()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        self._server = await asyncio.start_server(accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None


@dataclass(slots=True)
class Hook:
    """A webhook receiver. `calls` holds (idempotency key, body) of each request; the key is "" when none was sent.

    While `refuses` it answers 503, and counts in `refused` instead. While `hangs` it accepts a request and never
    answers; `held` counts the requests of which that is so.
    """

    port: int
    refuses: bool = False
    refused: int = 0
    hangs: bool = False
    held: int = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    def heard(self, asset: str) -> float | None:
        """Return the monotonic time of the first message about an asset, or None."""
        about = (at for at, (_, body) in zip(self.times, self.calls, strict=True) if body["alert"]["asset"] == asset)
        return next(about, None)

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.calls]


@contextlib.asynccontextmanager
async def hook() -> AsyncIterator[Hook]:
    receiver, over = Hook(free_port()), asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        if receiver.refuses:
            receiver.refused += 1
            return web.Response(status=503)
        if receiver.hangs:
            receiver.held += 1
            await over.wait()
            return web.Response(status=503)
        receiver.calls.append((request.headers.get("Idempotency-Key", ""), await request.json()))
        receiver.times.append(time.monotonic())
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", receiver.port).start()
    try:
        yield receiver
    finally:
        over.set()
        await runner.cleanup()


class Live:
    """One open live socket, and the live state built from its frames as a page builds it.

    What comes is always read, as by a browser: who does not even answer pings is closed by the server.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._came: asyncio.Queue[aiohttp.WSMessage] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())
        self.view: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS.names}
        self.raw: list[str] = []
        self.rev = ""

    async def _read(self) -> None:
        message = await self.socket.receive()
        self._came.put_nowait(message)
        while message.type is aiohttp.WSMsgType.TEXT:
            message = await self.socket.receive()
            self._came.put_nowait(message)

    async def close(self) -> None:
        await self.socket.close()
        await self._reading

    async def next(self) -> dict[str, Any]:
        """Wait for the next frame, apply it to the view, and return it."""
        message = await self._came.get()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(f"the socket closed: {message.type} {message.data}")
        self.raw.append(message.data)
        frame: dict[str, Any] = json.loads(message.data)
        self.rev = frame.get("rev", self.rev)
        if frame["type"] == "snapshot":
            self.view = {kind.name: dict(frame[kind.name]) for kind in KINDS if kind.plain}
        for item in frame.get("items", ()):
            records = self.view[item["kind"]]
            if item.get("gone"):
                records.pop(item["id"], None)
            else:
                records[item["id"]] = patched(records.get(item["id"], {}), item["set"])
        return frame

    async def until(self, condition: Callable[[dict[str, dict[str, Any]]], Any], within: float = PATIENCE) -> Any:
        """Apply frames until the condition on the view returns a true result, and return that result."""
        async with asyncio.timeout(within):
            while not (result := condition(self.view)):
                await self.next()
        return result


class Person:
    """A signed-in user: REST with the CSRF token, and live sockets."""

    def __init__(self, url: str) -> None:
        connector = aiohttp.TCPConnector(ssl=False)  # a site with TLS has a certificate of its own
        self.http = aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True), connector=connector)
        self.csrf = ""

    async def sign_in(self, name: str) -> None:
        answer = await self.post("session", {"name": name, "password": PASSWORD}, expect=200)
        self.csrf = answer["csrf"]

    async def get(self, path: str, expect: int = 200) -> Any:
        """Ask again while a web role that has just started has not read the live state."""
        async with asyncio.timeout(PATIENCE):
            while True:
                async with self.http.get(f"/api/v1/{path}") as answer:
                    text = await answer.text()
                    if "problem:no-picture" not in text:
                        assert answer.status == expect, text
                        return json.loads(text)
                await asyncio.sleep(0.1)

    async def post(self, path: str, body: Any, expect: int = 200) -> Any:
        return await self._act("POST", path, body, expect)

    async def put(self, path: str, body: Any, expect: int = 200) -> Any:
        return await self._act("PUT", path, body, expect)

    async def _act(self, method: str, path: str, body: Any, expect: int) -> Any:
        """As a browser does: again with its key when the engine said nothing in its time, on a busy machine or amid a
        restart.
        """
        key = uuid.uuid4().hex
        async with asyncio.timeout(PATIENCE):
            while True:
                headers = {"X-CSRF-Token": self.csrf, "Idempotency-Key": key}
                async with self.http.request(method, f"/api/v1/{path}", json=body, headers=headers) as answer:
                    text = await answer.text()
                    if not any(f"problem:{kind}" in text for kind in ("unanswered", "recorded", "journal-lost")):
                        assert answer.status == expect, text
                        return json.loads(text) if answer.status != 204 else None
                await asyncio.sleep(0.1)

    @contextlib.asynccontextmanager
    async def live(self, since: str = "") -> AsyncIterator[Live]:
        path = "/api/v1/live" + (f"?since={since}" if since else "")
        async with self.http.ws_connect(path, headers={"Origin": str(self.http._base_url).rstrip("/")}) as socket:
            live = Live(socket)
            try:
                yield live
            finally:
                await live.close()


@dataclass(slots=True)
class Site:
    """A running `watchfloor run` over a folder of its own."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    people: list[Person] = field(default_factory=list)
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.folder / "watchfloor.toml"

    def cli(self, *args: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one `watchfloor …` command on this site's settings, also while the site runs."""
        return subprocess.run(
            [sys.executable, "-m", "watchfloor", *args, "-c", str(self.config)],
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self) -> None:
        log = (self.folder / "site.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "watchfloor", "run", "-c", str(self.config)], stdout=log, stderr=log
        )
        log.close()

    async def ready(self, within: float = PATIENCE) -> None:
        """Wait until /readyz answers 200."""
        async with asyncio.timeout(within), aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(f"{self.url}/readyz", ssl=False) as answer:
                        if answer.status == 200:
                            return
                if self.process is not None and self.process.poll() is not None:
                    raise AssertionError((self.folder / "site.log").read_text()[-3000:])
                await asyncio.sleep(0.1)

    async def person(self, name: str, role: str = "duty", region: str = "") -> Person:
        """Create an account and sign in."""
        added = self.cli("user", "add", name, "--role", role, "--region", region, "--password-stdin", stdin=PASSWORD)
        assert added.returncode == 0, added.stderr
        person = Person(self.url)
        self.people.append(person)
        await person.sign_in(name)
        return person

    def members(self) -> dict[str, dict[str, Any]]:
        """Return the supervised processes by name, from the status file."""
        status = json.loads((self.folder / "data" / "run" / "status.json").read_text())
        return {member["name"]: member for member in status["members"]}

    def kill(self, *names: str) -> None:
        members = self.members()
        for pid in {members[name]["pid"] for name in names}:
            os.kill(pid, signal.SIGKILL)

    async def stop(self) -> None:
        for person in self.people:
            await person.http.close()
        if self.process is not None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait, PATIENCE)


@contextlib.asynccontextmanager
async def running(folder: Path, rows: str, *, more: str = "", hook_port: int = 9) -> AsyncIterator[Site]:
    """Start a site with these inventory rows, and wait until it is ready."""
    site = Site(folder, free_port())
    (folder / "assets.csv").write_text(HEAD + rows, encoding="utf-8")
    site.config.write_text(SETTINGS.format(port=site.port, hook=hook_port, more=more), encoding="utf-8")
    site.start()
    try:
        await site.ready()
        yield site
    finally:
        await site.stop()
