"""The simulated world of a site: its devices, its sources, and what is broken of them."""

from __future__ import annotations

import asyncio
import csv
import signal
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from collectors.sim.approvals import ApprovalService, ApprovalSystem, MassDue
from collectors.sim.cameras import site
from collectors.sim.devices import HttpService, SimulatedDevice
from collectors.sim.emergency import ReportSystem, emergency_system
from collectors.sim.field_devices import Field, Kernel
from collectors.sim.notifiers import SYSLOG, TRAPS, Talker
from collectors.sim.scenarios import ScenarioStep, read_scenarios
from collectors.sim.warnings import WarningCentre
from feeds import state_file

PLATFORM, UPPER = "video.gb28181", "video.gb28181-upper"
NOT_POLLED = (SYSLOG, TRAPS, PLATFORM, UPPER)
ITEMS = "items.csv"
CENTRE_LASTS = 4 * 3600.0


class Unknown(KeyError):
    """The world has no such asset, source or scenario."""


class World:
    """Devices by asset, sources by id, and timelines. `speed` divides their times; devices stand on `shared` ones."""

    def __init__(
        self,
        devices: Mapping[str, list[SimulatedDevice]],
        parents: Mapping[str, tuple[str, ...]],
        sources: Mapping[str, SimulatedDevice],
        scenarios: Mapping[str, list[ScenarioStep]],
        speed: float = 1.0,
        talkers: Mapping[str, Talker] | None = None,
        shared: Sequence[SimulatedDevice] = (),
        systems: Mapping[str, ReportSystem] | None = None,
    ) -> None:
        self._talkers = dict(talkers or {})
        self._systems = dict(systems or {})
        self._shared = tuple(shared)
        self._devices = dict(devices)
        self._parents = dict(parents)
        self._sources = dict(sources)
        self._scenarios = dict(scenarios)
        self._speed = speed
        self._running: set[asyncio.Task[None]] = set()
        self._broken_on_request: set[str] = set()
        self._settling = asyncio.Lock()
        self.broken: set[str] = set()
        """The devices that do not answer: broken ones, and those without a working uplink."""

    @property
    def state(self) -> dict[str, list[str]]:
        return {
            "assets": list(self._devices),
            "sources": [*self._sources, *self._talkers],
            "scenarios": list(self._scenarios),
            "broken": sorted(self.broken),
        }

    async def start(self) -> None:
        """Everything answers; OSError names the address that is taken."""
        for device in self._all():
            try:
                await device.start()
            except OSError as error:
                raise OSError(f"{device.address} cannot be listened on: {error.strerror or error}") from error

    async def stop(self) -> None:
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        for device in self._all():
            with suppress(OSError):  # what cannot be broken ends with us all the same
                await device.stop()
            if isinstance(device, HttpService):
                await device.close()

    def _all(self) -> list[SimulatedDevice]:
        own = [device for group in self._devices.values() for device in group]
        return [*self._shared, *own, *self._sources.values(), *self._talkers.values()]

    def _of(self, name: str) -> list[SimulatedDevice]:
        for sources in (self._sources, self._talkers):
            if name in sources:
                return [sources[name]]
        if name not in self._devices:
            raise Unknown(name)
        return self._devices[name]

    async def break_(self, name: str) -> None:
        """An asset or a source stops answering, and with it whatever hangs on it by all of its uplinks.

        OSError: the system answers for this one, it cannot be broken.
        """
        for device in self._of(name):
            await device.stop()
        self._broken_on_request.add(name)
        self.broken.add(name)
        self._tell(name, up=False)
        await self._settle()

    async def mend(self, name: str) -> None:
        """It answers again, if an uplink reaches it."""
        devices = self._of(name)
        self._broken_on_request.discard(name)
        if name not in self._silent():
            for device in devices:
                await device.start()
        await self._settle()
        self._tell(name, up=True)

    async def _settle(self) -> None:
        async with self._settling:
            silent = self._silent()
            for name in silent - self.broken:
                with suppress(OSError):
                    for device in self._of(name):
                        await device.stop()
                    self.broken.add(name)
            for name in self.broken - silent:
                for device in self._of(name):
                    await device.start()
                self.broken.discard(name)

    def _silent(self) -> set[str]:
        silent, before = set(self._broken_on_request), -1
        while len(silent) != before:
            before = len(silent)
            silent.update(name for name, uppers in self._parents.items() if uppers and silent.issuperset(uppers))
        return silent

    def _tell(self, name: str, *, up: bool) -> None:
        """The devices above say which of their ports has changed; a broken one says nothing."""
        for upper in self._parents.get(name, ()):
            if upper not in self.broken:
                port = 1 + [child for child, uppers in self._parents.items() if upper in uppers].index(name)
                for talker in self._talkers.values():
                    talker.link(upper, port, up=up)

    def play(self, scenario: str) -> None:
        """Start a timeline; it runs beside whatever else happens."""
        if scenario not in self._scenarios:
            raise Unknown(scenario)
        task = asyncio.create_task(self._play(self._scenarios[scenario]), name=f"scenario {scenario}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _play(self, steps: Iterable[ScenarioStep]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for step in steps:
            await asyncio.sleep(max(0.0, began + step.at / self._speed - loop.time()))
            for act, names in ((self.break_, step.breaks), (self.mend, step.mends)):
                for name in names:
                    await act(name)
            for call in step.calls:
                self._systems[call.source].take(call)


def read(folder: Path, *, speed: float, start: float) -> World:
    """The world that a site's files describe: assets.csv, watchfloor.toml, scenarios.toml.

    Only addresses of the demo's own network (`run/demo.json`) are served: a real service that somebody added
    to the inventory is left alone.
    """
    prefix, field = _network(folder), Field()
    devices: dict[str, list[SimulatedDevice]] = {}
    parents: dict[str, tuple[str, ...]] = {}
    speakers: dict[str, dict[str, str]] = {SYSLOG: {}, TRAPS: {}}
    settings = tomllib.loads((folder / "watchfloor.toml").read_text(encoding="utf-8"))
    rows: list[dict[str, str]] = []
    for file in settings.get("site", {}).get("inventory", ["assets.csv"]):
        for row in _rows(folder / file):
            rows.append(row)
            own = [uri for uri in row["probes"].split() if f"://{prefix}" in uri]
            matching = [device for uri in own if (device := field.device_of(row["id"], uri))]
            devices[row["id"]] = [device for device in matching if not isinstance(device, Kernel)] or matching
            parents[row["id"]] = tuple(filter(None, row["parents"].split(";")))
            if devices[row["id"]] and row["kind"] in ("router", "switch"):
                kind = TRAPS if row["kind"] == "router" else SYSLOG
                speakers[kind][row["id"]] = devices[row["id"]][0].address.rpartition(":")[0]
    for source in settings.get("source", ()):
        if source.get("kind") == PLATFORM and prefix in source["url"]:
            for asset, recorder in field.recorders(rows, source["url"]).items():
                devices[asset].append(recorder)
        if source.get("kind") == UPPER and prefix in source["url"]:
            asset, upper = site.upper_platform(rows, source)
            devices.setdefault(asset, []).append(upper)
    polled = [source for source in settings.get("source", ()) if source.get("kind") not in NOT_POLLED]
    systems: dict[str, ReportSystem] = {}
    sources = {source["id"]: _source(source, start, folder, systems) for source in polled} | field.faults
    sources |= {
        f"{id}-due": MassDue(device.system, device.address)
        for id, device in sources.items()
        if isinstance(device, ApprovalService)
    }
    talkers = {
        source["id"]: Talker(source["kind"], source["url"], speakers[source["kind"]])
        for source in settings.get("source", ())
        if source.get("kind") in speakers and prefix in source["url"]
    }
    scenarios = read_scenarios(folder / "scenarios.toml")
    return World(devices, parents, sources, scenarios, speed, talkers, field.shared, systems)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _network(folder: Path) -> str:
    """The start of the demo's addresses, "127.53." for example; everything on loopback when it is not said."""
    path = folder / "run" / "demo.json"
    network = state_file.read_json(path, lambda document: int(document["network"]), keep_damaged=False)
    return "127." if network is None else f"127.{network}."


def _begun(folder: Path, now: float) -> float:
    """The start of the warning centre. A restart soon after keeps it, so that the warnings stay the same ones."""
    path = folder / "run" / "warnings.json"
    begun = state_file.read_json(path, lambda document: float(document["begun"]))
    if begun is not None and 0 <= now - begun < CENTRE_LASTS:
        return begun
    state_file.write_json(path, {"begun": now})
    return now


def _source(source: Mapping[str, Any], start: float, folder: Path, systems: dict[str, ReportSystem]) -> SimulatedDevice:
    parts = urlsplit(source["url"])
    path = parts.path or "/"
    if source.get("kind") == "approvals.rest":
        return ApprovalService(parts.hostname or "127.0.0.1", parts.port or 80, path, ApprovalSystem(folder / ITEMS))
    system = emergency_system(source.get("kind", ""), source["id"], start) or WarningCentre(start)
    if isinstance(system, ReportSystem):
        systems[source["id"]] = system
    app = system.app(path)
    return HttpService(parts.hostname or "127.0.0.1", parts.port or 80, app)


def control(world: World) -> web.Application:
    """`GET /state`; `POST /break/ID`, `/mend/ID`, `/scenario/NAME`: 200 with the state, 404 for an unknown name."""

    async def state(_request: web.Request) -> web.Response:
        return web.json_response(world.state)

    async def act(request: web.Request) -> web.Response:
        verb, name = request.match_info["verb"], request.match_info["name"]
        try:
            if verb == "scenario":
                world.play(name)
            else:
                await (world.break_(name) if verb == "break" else world.mend(name))
        except Unknown:
            return web.json_response({"error": f"unknown: {name}"}, status=404)
        except OSError as error:
            return web.json_response({"error": str(error)}, status=409)
        return web.json_response(world.state)

    app = web.Application()
    app.router.add_get("/state", state)
    app.router.add_post("/{verb:break|mend|scenario}/{name}", act)
    return app


async def serve(folder: Path, *, speed: float = 1.0) -> None:
    """The world of a folder until SIGTERM; its control address is in `run/sim.json` once everything listens."""
    world = read(folder, speed=speed, start=_begun(folder, time.time()))
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = web.AppRunner(control(world), access_log=None, shutdown_timeout=0.1)
    try:
        await world.start()
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        path = folder / "run" / "sim.json"
        state_file.write_json(path, {"control": f"http://127.0.0.1:{runner.addresses[0][1]}"})
        await stopping.wait()
    finally:
        await runner.cleanup()
        await world.stop()
