"""`watchfloor status`: the supervisor's status file, checked against the living processes.

Roles that run by themselves, on several machines or in containers, have no supervisor. Their state follows from their
last heartbeats, on any machine that reaches the bus.
"""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from feeds import disk, state_file
from feeds.bus import url as bus_url
from watchfloor.runtime.members import STATUS, parse_status
from watchfloor.runtime.valkey import BROKEN
from watchfloor.settings.site_settings import Settings


def read(settings: Settings) -> dict[str, Any]:
    """`running`, `roles` [{name pid port state uptime restarts}], `stores` and the data folder with its size.

    Without a supervisor on this machine and with a Redis of its own, `roles` are [{name state age error}]: `age` is in
    seconds since the last heartbeat, None without any. `bus` is why Redis did not answer.
    """
    picture = _of_this_machine(settings)
    if picture["running"] or settings.redis_url == "embedded":
        return picture
    from watchfloor.runtime import status_spread  # the supervisor does not need the bus

    return picture | status_spread.read(settings)


def _of_this_machine(settings: Settings) -> dict[str, Any]:
    document = state_file.read_json(settings.data / "run" / STATUS, parse_status, keep_damaged=False)
    document = document or {"supervisor": 0, "members": []}
    supervised = _alive(document["supervisor"])
    return {
        "site": settings.site.name,
        "running": supervised,
        "supervisor": document["supervisor"] if supervised else 0,
        "roles": [_member(member, supervised) for member in document["members"]],
        "stores": {
            "redis": bus_url.shown(settings.redis_url),
            "journal": settings.journal_url.partition("@")[2] or settings.journal_url,
        },
        "set_aside": _set_aside(settings.data),
        "disk": disk.report(settings.data),
        "data": {"folder": str(settings.data), "bytes": _size(settings.data)},
    }


def _member(member: dict[str, Any], supervised: bool) -> dict[str, Any]:
    alive = supervised and _alive(member["pid"])
    return {
        "name": member["name"],
        "pid": member["pid"] if alive else 0,
        "port": member["port"],
        "state": member["state"] if alive or member["state"] not in ("running", "hanging") else "dead",
        "uptime": round(time.time() - member["started_at"], 1) if alive else 0.0,
        "restarts": member["restarts"],
        "crashes": member["crashes"],
        "last_end": member["last_end"],
        "host": member["host"],
    }


def render(picture: dict[str, Any]) -> str:
    """The status as lines of text for people."""
    lines = [f"{picture['site']}: {'运行中 running' if picture['running'] else '未运行 not running'}"]
    for role in picture["roles"]:
        lines.append(_line(role))
        if last_end := role.get("last_end"):
            at = datetime.fromtimestamp(last_end["at"]).astimezone().isoformat(timespec="seconds")
            lines.append(f"           上次结束 last end {at}: {last_end['reason']}")
    lines += [f"  {name:<8} {address}" for name, address in picture["stores"].items()]
    lines.append(f"  data     {picture['data']['folder']} ({picture['data']['bytes'] / 1e6:.1f} MB)")
    lines += _disk_lines(picture.get("disk"))
    lines += [f"  已损坏并另存 damaged, set aside: {name}" for name in picture.get("set_aside", ())]
    lines += [f"  {text}" for text in picture.get("held", [])]
    if "bus" in picture:
        lines.append(f"  Redis 未应答 does not answer: {picture['bus']}")
    return "\n".join(lines)


def _line(role: dict[str, Any]) -> str:
    if "pid" in role:
        shared = f"  与 {role['host']} 同进程 in its process" if role.get("host") else ""
        return (
            f"  {role['name']:<8} {role['state']:<8} pid {role['pid'] or '-':<8} port {role['port'] or '-':<6} "
            f"up {role['uptime']:>8.1f} s  restarts {role['restarts']}{shared}"
        )
    age = "-" if role["age"] is None else f"{role['age']:.1f} s"
    return f"  {role['name']:<8} {role['state']:<8} 最近心跳 last sign {age:<10} {role['error']}".rstrip()


def _disk_lines(room: dict[str, Any] | None) -> list[str]:
    if not room or not room["total"]:
        return []
    warning = {"ok": "", "low": "  磁盘空间不足 low on space", "full": "  磁盘已满 full"}[room["state"]]
    lasts = "" if room["days_left"] is None else f"  预计可用 lasts {room['days_left']:.0f} 天 days"
    lines = [f"  disk     {room['free'] / 1e6:.1f} / {room['total'] / 1e6:.1f} MB 可用 free{lasts}{warning}"]
    for name, store in room["stores"].items():
        grows = "" if store["per_day"] is None else f"  {store['per_day'] / 1e6:+.2f} MB/天 day"
        lines.append(f"           {name:<8} {store['bytes'] / 1e6:>9.1f} MB{grows}")
    return lines


def _set_aside(data: Path) -> list[str]:
    """Damaged files and folders that were renamed, newest last."""
    copies = [path for folder in (data, data / "run", data / "keys", data / "opcua") for path in folder.glob("*")]
    named = (path for path in copies if f".{state_file.DAMAGED}-" in path.name or f".{BROKEN}-" in path.name)
    return [str(path.relative_to(data)) for path in sorted(named, key=lambda path: path.name.rpartition("-")[2])]


def _alive(pid: int) -> bool:
    if not pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # a journal file that is being replaced
            continue
    return total
