"""`watchfloor demo`: the real network of Chuxiong with simulated devices, on loopback only.

The demo prepares an ordinary site in the folder `.watchfloor-demo`, or in the folder that WATCHFLOOR_DEMO names. Beside
the roles of the site it runs the simulated devices (a separate process), a webhook receiver, and a backup job that
sends heartbeats.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import logging
import os
import re
import shutil
import socket
import sys
import tomllib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds import state_file
from watchfloor.demo import control as demo_control
from watchfloor.demo.control import DemoError
from watchfloor.demo.ports import is_free
from watchfloor.demo.site_files import shipped_text

log = logging.getLogger(__name__)

FOLDER = ".watchfloor-demo"
SETTINGS, ASSETS, FIELD, SCENARIOS = "watchfloor.toml", "assets.csv", "field.csv", "scenarios.toml"
SERVICES = "services.csv"
CAMERAS, ITEMS, DEPARTMENTS = "cameras.csv", "items.csv", "departments.csv"
RESOURCES, PLAN = "resources.csv", "plans/hazchem.yaml"
# The shipped files use 127.53.x.y, port 9530. When that is taken, the next network is tried.
NETWORK, NETWORKS = 53, 10
DEVICE_PORT = 9530
PLAYED, PAUSE = "chemical", 2.0
"""The scenario in which people act as well, and the seconds between what they do at speed 1."""
_PORT = re.compile(r"(?m)^port = \d+")
_ECHO = re.compile(r"icmp://(127\.\d+)\.0\.1(?:\?\S*)?(?=\s)")


@dataclass(slots=True, kw_only=True)
class Prepared:
    """The record of the demo's last preparation: its network, its speed, and the SHA-256 of each shipped file."""

    network: int = NETWORK
    speed: float = 1.0
    files: dict[str, str] = field(default_factory=dict)


def default_folder() -> Path:
    """The demo's folder: WATCHFLOOR_DEMO, or `.watchfloor-demo` in the working directory."""
    return Path(os.environ.get("WATCHFLOOR_DEMO") or FOLDER).absolute()


def prepare(folder: Path, port: int = 8050, speed: float = 1.0) -> Path:
    """Write the site into the folder and return its settings file.

    Files that a person has changed are not overwritten, except for the port and the network. Port 0 chooses a free
    port. Raises DemoError when the demo already runs, when no network is free, when the port or the speed is out of
    range, and when the folder holds a real site.
    """
    if not 0 <= port <= 65535 or not 0 < speed <= 1000:
        raise DemoError(
            "端口须为 0 至 65535，速度须大于 0 且不超过 1000",
            "the port must be 0 to 65535, the speed above 0 and at most 1000",
        )
    if _runs(folder):
        raise DemoError(f"{folder} 中的演示已在运行", f"the demo in {folder} is running already")
    record = folder / "run" / "demo.json"
    if (folder / SETTINGS).exists() and not record.exists():
        raise DemoError(
            f"{folder} 是一个站点，不是演示；演示不会改动它。换一个文件夹（WATCHFLOOR_DEMO）",
            f"{folder} holds a site that is no demo, and it is left alone; set WATCHFLOOR_DEMO to another folder",
        )
    port = port or _any_port()
    record.parent.mkdir(parents=True, exist_ok=True)
    last = _last(record)
    network = free_network(last.network)
    hashes = {}
    for name in (SETTINGS, ASSETS, FIELD, SERVICES, CAMERAS, ITEMS, DEPARTMENTS, RESOURCES, SCENARIOS, PLAN):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shipped = _fill(_fitting(_playable(name)), NETWORK, network, port if name == SETTINGS else None)
        edited = _changed(folder / name, last.files.get(name, ""))
        text = shipped if edited is None else _fill(edited, last.network, network, port if name == SETTINGS else None)
        state_file.write_text(folder / name, text)
        hashes[name] = _hash(shipped)
    state_file.write_json(record, {"network": network, "speed": speed, "files": hashes}, mode=0o644)
    return folder / SETTINGS


def _playable(name: str) -> str:
    """A shipped file's text. Without the extra `video` nothing can encode pictures, so there are no cameras."""
    text = shipped_text(name)
    if name == CAMERAS and importlib.util.find_spec("av") is None:
        log.warning("the demo has no cameras: they need the extra `video` (make demo installs it)")
        return text.partition("\n")[0] + "\n"
    return text


def _fitting(text: str) -> str:
    """The shipped text with a TCP probe in place of the ICMP probe when this user cannot send echo requests."""
    return text if _may_ping() else _ECHO.sub(rf"tcp://\1.11.9:{DEVICE_PORT}", text)


def _may_ping() -> bool:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except OSError:
        return shutil.which("fping") is not None
    return True


def free_network(first: int = NETWORK) -> int:
    """The second octet of a loopback network on which the device port is free. Raises DemoError."""
    choices = [NETWORK + (first - NETWORK + step) % NETWORKS for step in range(NETWORKS)]
    for network in choices:
        if is_free(f"127.{network}.0.1", DEVICE_PORT) and is_free(f"127.{network}.10.1", DEVICE_PORT):
            return network
    raise DemoError(
        f"127.{choices[0]}.0.1 等地址的端口 {DEVICE_PORT} 都被占用；先停止其他演示",
        f"port {DEVICE_PORT} is taken on 127.{NETWORK}.0.1 and the networks after it; stop the other demos first",
    )


def _any_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(port: int = 8050, speed: float = 1.0) -> int:
    """`watchfloor demo`: runs until SIGTERM or Ctrl-C; returns the exit code."""
    from watchfloor.demo import run as demo_run

    folder = default_folder()
    try:
        path = prepare(folder, port, speed)
        return demo_run.run(path, speed, say)
    except DemoError as error:
        return _fail(error)


def control(verb: str, name: str, speed: float = 1.0) -> int:
    """`watchfloor demo break|mend|scenario NAME`; returns the exit code. `speed` is that of people in a scenario."""
    folder = default_folder()
    try:
        demo_control.control(folder, verb, name)
        if verb == "scenario" and name == PLAYED:
            say(f"场景已开始 Scenario started: {name}{_title(folder / SCENARIOS, name)}")
            return _play(folder, speed)
    except DemoError as error:
        return _fail(error)
    confirmations = {"break": "已中断 Broken", "mend": "已恢复 Mended", "scenario": "场景已开始 Scenario started"}
    title = _title(folder / SCENARIOS, name) if verb == "scenario" else ""
    say(f"{confirmations[verb]}: {name}{title}")
    return 0


def _play(folder: Path, speed: float) -> int:
    """Play what people do in the scenario PLAYED, and say where to look. Raises DemoError."""
    from watchfloor.demo import chemical
    from watchfloor.demo.run import address
    from watchfloor.settings.site_settings import load

    settings = load(folder / SETTINGS)
    base = address(settings)

    def tell(zh: str, en: str) -> None:
        say(f"{datetime.now(settings.zone):%H:%M:%S}  {zh}\n          {en}")

    number = asyncio.run(chemical.play(base, tell, PAUSE / speed))
    say(f"\n  {base}/incidents/{number}")
    say("  " + "  ".join(f"{base}{path}" for path in ("/tasks", "/briefs", "/plans", "/log", "/m", "/wall")))
    return 0


def say(text: str) -> None:
    """Print a line on standard output and flush it, because a pipe is buffered."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _title(scenarios: Path, name: str) -> str:
    titles = tomllib.loads(scenarios.read_text(encoding="utf-8"))[name]["title"]
    return "".join(f"\n  {titles[language]}" for language in ("zh-CN", "en"))


def _fail(error: DemoError) -> int:
    sys.stderr.write(f"{error.message['zh-CN']}\n{error.message['en']}\n")
    return 1


def _runs(folder: Path) -> bool:
    try:
        demo_control.state(folder)
    except DemoError:
        return False
    return True


def _last(record: Path) -> Prepared:
    return state_file.read_json(record, _prepared) or Prepared()


def _prepared(document: dict[str, Any]) -> Prepared:
    files = {str(name): str(digest) for name, digest in document["files"].items()}
    return Prepared(network=int(document["network"]), speed=float(document["speed"]), files=files)


def _changed(path: Path, shipped_hash: str) -> str | None:
    """The file's text when a person has changed it since the demo wrote it, else None."""
    if not path.is_file():
        return None
    text = path.read_text(encoding="utf-8")
    return None if _hash(text) == shipped_hash else text


def _fill(text: str, old: int, new: int, port: int | None) -> str:
    text = text.replace(f"//127.{old}.", f"//127.{new}.").replace(f"@127.{old}.", f"@127.{new}.")
    return text if port is None else _PORT.sub(f"port = {port}", text, count=1)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
