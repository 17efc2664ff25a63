"""Reading of inventories from GeoJSON or GeoPackage into rows like the CSV's; geometry becomes lat and lon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_SEPARATORS = {"probes": " "}
UNPLACED = "unplaced"
"""Key of a row whose geometry is in a coordinate system that is not known."""


def read_geo(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """(feature number from 1, values by lower-case column) of every feature of a file's first layer.

    Points give their own position, other geometries a point inside them, converted to EPSG:4326. Properties `lat` and
    `lon` are used only for a feature without geometry. A geometry in an unknown coordinate system gives no position,
    and its row has UNPLACED. Raises OSError or ValueError when the file cannot be read.
    """
    # Importing geopandas takes about a second; sites with a CSV do not import it.
    import geopandas
    from pyogrio.errors import DataSourceError

    try:
        frame = geopandas.read_file(path)
    except DataSourceError as error:
        raise ValueError(str(error)) from error
    if not isinstance(frame, geopandas.GeoDataFrame):
        frame = geopandas.GeoDataFrame(frame, geometry=[None] * len(frame), crs=4326)
    has_crs = frame.crs is not None and (frame.crs.is_geographic or frame.crs.is_projected)
    if has_crs and frame.crs.to_epsg() != 4326:
        frame = frame.to_crs(4326)
    columns = [name for name in frame.columns if name != frame.geometry.name]
    records = frame[columns].to_dict("records")
    for number, (values, geometry) in enumerate(zip(records, frame.geometry, strict=True), start=1):
        row = {name.lower(): _text(value, _SEPARATORS.get(name.lower(), ";")) for name, value in values.items()}
        if has_crs:
            yield number, row | _place(geometry)
        else:
            yield number, row | ({UNPLACED: "yes"} if _place(geometry) else {})


def _place(geometry: Any) -> dict[str, str]:
    if geometry is None or geometry.is_empty:
        return {}
    spot = geometry if geometry.geom_type == "Point" else geometry.representative_point()
    return {"lat": f"{spot.y:.7f}".rstrip("0").rstrip("."), "lon": f"{spot.x:.7f}".rstrip("0").rstrip(".")}


def _text(value: Any, separator: str) -> str:
    """A cell as in the CSV; several values are joined, an object (labels) becomes `key=value`."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str) and value[:1] in ("[", "{"):
        value = _structured(value)
    if isinstance(value, dict):
        return separator.join(f"{key}={_text(item, separator)}" for key, item in value.items())
    if isinstance(value, list):
        return separator.join(_text(item, separator) for item in value)
    if value is None or value != value:  # NaN: an empty cell of a numeric column
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _structured(text: str) -> Any:
    """Nested properties of GeoJSON, which arrive as JSON text; other text is returned unchanged."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
