"""`watchfloor demo break|mend|scenario`: HTTP requests on loopback to the simulated world of the running demo.

The world writes its address to `run/sim.json` of the demo's folder (`{"control": "http://127.0.0.1:…"}`).
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

from feeds.inventory.texts import nearest

VERBS = ("break", "mend", "scenario")
TIMEOUT = 5.0
# A proxy of the environment must not be used for loopback.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DemoError(Exception):
    """The demo cannot carry out a command. `message` has the reason and the remedy by language."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.message = {"zh-CN": zh, "en": en}


def control(folder: Path, verb: str, name: str) -> dict[str, Any]:
    """Break or mend an asset or a source, or start a scenario. Returns the world's answer. Raises DemoError."""
    if verb not in VERBS:
        raise ValueError(f"{verb} is none of {', '.join(VERBS)}")
    status, answer = _ask(folder, "POST", f"/{verb}/{quote(name, safe='')}")
    if status == 404:
        raise _unknown(verb, name, state(folder))
    if status >= 400:
        reason = str(answer.get("error", f"HTTP {status}"))
        raise DemoError(f"演示未执行：{reason}", f"the demo did not do it: {reason}")
    return answer


def state(folder: Path) -> dict[str, Any]:
    """The assets, sources, scenarios and broken ids of the simulated devices. Raises DemoError."""
    return _ask(folder, "GET", "/state")[1]


def _unknown(verb: str, name: str, candidates: dict[str, Any]) -> DemoError:
    names = list(candidates["scenarios"]) if verb == "scenario" else [*candidates["assets"], *candidates["sources"]]
    near = nearest(name, names)
    noun = ("场景", "scenario") if verb == "scenario" else ("资产或来源", "asset or source")
    zh, en = (f"是否应为 {near}？", f"Did you mean {near}?") if near else ("", "")
    listed = ", ".join(names if len(names) <= 8 else [*names[:8], "…"])
    return DemoError(
        f"演示中没有{noun[0]} {name}。{zh or f'可用：{listed}'}",
        f"the demo has no {noun[1]} {name}. {en or f'There are: {listed}'}",
    )


def _ask(folder: Path, method: str, path: str) -> tuple[int, dict[str, Any]]:
    try:
        base = json.loads((folder / "run" / "sim.json").read_text(encoding="utf-8"))["control"]
        with _OPENER.open(urllib.request.Request(base + path, method=method), timeout=TIMEOUT) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _body(error.read())
    except (OSError, KeyError, ValueError) as error:
        raise DemoError(
            f"{folder} 中没有正在运行的演示。先启动：watchfloor demo（在别处启动的，用 WATCHFLOOR_DEMO 指明其文件夹）",
            f"no demo runs in {folder}. Start one with: watchfloor demo "
            "(for one that was started elsewhere, set WATCHFLOOR_DEMO to its folder)",
        ) from error


def _body(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
