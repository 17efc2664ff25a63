"""The cost of processes: processor seconds and memory, as Linux counts them."""

from __future__ import annotations

import os
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu(pid: int) -> float:
    """Seconds of processor time, user and system, that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def memory(pid: int) -> dict[str, float]:
    """Resident memory (`rss_mb`) and this process's share of it where pages are shared (`pss_mb`)."""
    sizes = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return {"rss_mb": round(sizes["Rss"] / 1e6, 1), "pss_mb": round(sizes["Pss"] / 1e6, 1)}


def family(members: dict[str, int], supervisor: int) -> dict[str, int]:
    """The members and what stands behind them: the supervisor and the process that forks the roles.

    A process that runs two roles is there once, by the name of the first.
    """
    own: dict[int, str] = {}
    for name, pid in members.items():
        own.setdefault(pid, name)
    processes = {name: pid for pid, name in own.items()}
    roles = [pid for name, pid in processes.items() if name != "valkey"]
    return {**processes, "forker": parent(roles[0]), "supervisor": supervisor}
