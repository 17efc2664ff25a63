"""Derives watchfloor/demo/site/assets.csv from the plan's inventory (98 nodes of Chuxiong's e-government network).

    python scripts/derive_demo_assets.py inventory_chuxiong.json

Adds what the plan does not give: a kind and a layer for each type of node, an address on
loopback with a probe, and one job that calls in. Nodes that the plan puts on one spot are
spread over small rings around it, so that each can be seen; their label `position` says so.
Prints nothing; the file is rewritten, row for row the same for the same input.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from pathlib import Path
from typing import Any

TARGET = Path(__file__).resolve().parent.parent / "watchfloor" / "demo_site" / "assets.csv"
COLUMNS = (
    "id",
    "name",
    "kind",
    "region",
    "lat",
    "lon",
    "parents",
    "redundancy_group",
    "owner",
    "importance",
    "labels",
    "probes",
)
# Type of the plan: kind, layer, importance, third octet of its address, scheme of its probe.
TYPES: dict[str, tuple[str, str, int, int, str]] = {
    "省级骨干节点": ("router", "province", 10, 0, "tcp"),
    "州级核心节点": ("router", "core", 10, 0, "tcp"),
    "县级骨干节点": ("router", "county", 8, 1, "tcp"),
    "大楼局域网": ("switch", "aggregation", 8, 2, "tcp"),
    "汇集点": ("switch", "aggregation", 8, 3, "tcp"),
    "进驻单位": ("department", "access", 3, 2, "tcp"),
    "成员单位": ("department", "access", 3, 3, "tcp"),
    "五大机关": ("department", "access", 6, 4, "tcp"),
    "信息资源库": ("database", "service", 7, 5, "tcp"),
    "主站点": ("service", "service", 7, 6, "http"),
    "应用系统": ("service", "service", 5, 7, "http"),
    "基础件": ("service", "service", 7, 8, "http"),
    "安全设施": ("server", "security", 8, 9, "tcp"),
}
PORT = 9530
RINGS = ((8, 0.0012), (14, 0.0020), (24, 0.0028))  # number of positions on a ring, its radius in degrees of latitude
JOB = {
    "id": "BK1",
    "name": "异地备份任务",
    "kind": "backup",
    "region": "532300",
    "importance": "7",
    "parents": "C",
    "labels": "layer=service;basis=规划要求实时与定期异地备份，此任务为演示添加",
    "probes": "heartbeat:?every=10s",
}


def main(source: Path) -> None:
    nodes = json.loads(source.read_text(encoding="utf-8"))["nodes"]
    numbers: dict[int, int] = {}
    taken: dict[tuple[float, float], int] = {}
    rows = []
    for node in nodes:
        octet = TYPES[node["type"]][3]
        numbers[octet] = numbers.get(octet, 0) + 1
        rows.append(row(node, f"127.53.{octet}.{numbers[octet]}", taken))
    first = next(node for node in nodes if node["id"] == "C")
    lat, lon, _ = spread(first["lat"], first["lon"], taken)
    rows.append({**JOB, "lat": lat, "lon": lon})
    TARGET.parent.mkdir(exist_ok=True)
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def row(node: dict[str, Any], address: str, taken: dict[tuple[float, float], int]) -> dict[str, str]:
    kind, layer, importance, _, scheme = TYPES[node["type"]]
    lat, lon, moved = spread(node["lat"], node["lon"], taken)
    labels = {"layer": layer, "type": node["type"], "link": node["link"] or "", "basis": basis(node["basis"])}
    if moved:
        labels["position"] = "示意"
    return {
        "id": node["id"],
        "name": node["name"].replace("(", "（").replace(")", "）"),
        "kind": kind,
        "region": node["region"],
        "lat": lat,
        "lon": lon,
        "parents": node["parent"] or "",
        "importance": str(importance),
        "labels": ";".join(f"{name}={plain(value)}" for name, value in labels.items() if value),
        "probes": f"{scheme}://{address}:{PORT}" + ("/health?expect=200" if scheme == "http" else ""),
    }


def basis(text: str) -> str:
    """The basis as stated in the plan, without references to our files."""
    return text.replace("seed000", "州电子政务规划").replace("规划 (", "规划(").replace("规划 仅", "规划仅")


def plain(text: str) -> str:
    """The text without the inventory's own separators."""
    return text.replace("; ", "，").replace(";", "，").replace(",", "，").replace("(", "（").replace(")", "）")


def spread(lat: float, lon: float, taken: dict[tuple[float, float], int]) -> tuple[str, str, bool]:
    """The first node at a position keeps it; the others are placed around it, ring by ring."""
    number = taken.get((lat, lon), 0)
    taken[lat, lon] = number + 1
    if number == 0:
        return f"{lat:.5f}", f"{lon:.5f}", False
    position = number - 1
    for capacity, radius in RINGS:
        if position < capacity:
            angle = 2 * math.pi * position / capacity
            # A degree of longitude is shorter than one of latitude.
            east = radius * math.sin(angle) / math.cos(math.radians(lat))
            return f"{lat + radius * math.cos(angle):.5f}", f"{lon + east:.5f}", True
        position -= capacity
    raise ValueError(f"more nodes at {lat}, {lon} than the rings hold")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
