"""Emergency systems of the demo over real HTTP: an earthquake agency, 110, 119, 120 and 122, and a river station."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from aiohttp import web

ZONE = timezone(timedelta(hours=8))
Clock = Callable[[], float]

REVISIONS = ((0.0, 5.1, 12.0, "automatic"), (120.0, 5.4, 10.0, "automatic"), (300.0, 5.2, 9.0, "reviewed"))
"""Of the demo's earthquake: seconds after the start, magnitude, depth in kilometres, status."""
QUAKE_BEFORE = 60.0
"""Seconds before the start at which the ground shook."""
EVERY = 150.0
"""Seconds between two reports of one system."""
MOST = 3
"""Reports of one system in one life of the demo: each waits for somebody to answer it."""
REPORTS: dict[str, tuple[tuple[str, str, float, float], ...]] = {
    "110": (
        ("鹿城镇有人报称商铺门口聚集多人争吵", "治安", 25.0410, 101.5280),
        ("东瓜镇报称牲畜走失，请求协助", "求助", 25.0790, 101.5060),
    ),
    "119": (
        ("开发区仓库冒烟，有刺激性气味", "危化品泄漏", 25.0700, 101.5600),
        ("西山公园旁林地起火", "森林火灾", 25.0350, 101.5100),
    ),
    "120": (("开发区仓库附近三人头晕呕吐", "急病", 25.0702, 101.5603), ("鹿城南路老人摔倒", "外伤", 25.0300, 101.5400)),
    "122": (
        ("楚大高速 K12 两车追尾，占用应急车道", "交通事故", 25.0500, 101.4900),
        ("子午镇路段落石，车辆无法通行", "交通事故", 24.9800, 101.5200),
    ),
}
"""By system: text, class in the system's own words, latitude and longitude (GCJ-02)."""
STATION = "HYD1"
USUAL, WARNING, GUARANTEE = 1771.20, 1772.50, 1774.00
"""Metres above sea level: the usual level, 警戒水位, 保证水位."""
CALM, RISE, SINK = 240.0, 180.0, 240.0
"""Seconds for which the river is calm, rises over its limit, and sinks again."""


class QuakeAgency:
    """An agency that reports one earthquake as USGS GeoJSON, revised twice. `start` is in epoch seconds."""

    def __init__(self, start: float, clock: Clock = time.time) -> None:
        self._start, self._clock = start, clock

    def app(self, path: str) -> web.Application:
        """The feed at `path`."""
        app = web.Application()
        app.router.add_get(path, self._answer)
        return app

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.json_response(self.document())

    def document(self) -> dict[str, Any]:
        """The feed as it is now."""
        due = [revision for revision in REVISIONS if self._start + revision[0] <= self._clock()]
        features = [self._feature(*due[-1])] if due else []
        return {"type": "FeatureCollection", "metadata": {"title": "demo"}, "features": features}

    def _feature(self, after: float, magnitude: float, depth: float, status: str) -> dict[str, Any]:
        id = f"demo{int(self._start)}"
        properties = {
            "mag": magnitude,
            "place": "云南楚雄州双柏县（演示）",
            "time": int((self._start - QUAKE_BEFORE) * 1000),
            "updated": int((self._start + after) * 1000),
            "status": status,
            "ids": f",{id},",
            "magType": "mww",
            "type": "earthquake",
        }
        return {
            "type": "Feature",
            "id": id,
            "properties": properties,
            "geometry": {"type": "Point", "coordinates": [101.64, 24.69, depth]},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class EmergencyCall:
    """A call that a scenario makes to one system: text, class in the system's own words, place (GCJ-02)."""

    source: str
    text: str
    event_class: str
    lat: float
    lon: float


class ReportSystem:
    """One of 110, 119, 120, 122: MOST reports, EVERY seconds apart, as JSON with the field's usual names.

    Calls of scenarios come on top of those.
    """

    def __init__(self, name: str, start: float, clock: Clock = time.time) -> None:
        self._name, self._start, self._clock = name, start, clock
        self._calls: list[tuple[float, EmergencyCall]] = []

    def take(self, call: EmergencyCall) -> None:
        """Take a call down now; it is among the rows from then on."""
        self._calls.append((self._clock(), call))

    def app(self, path: str) -> web.Application:
        """The reports at `path`."""
        app = web.Application()
        app.router.add_get(path, self._answer)
        return app

    async def _answer(self, _request: web.Request) -> web.Response:
        return web.json_response({"code": 0, "data": self.rows()})

    def rows(self) -> list[dict[str, str]]:
        """The reports so far."""
        texts = REPORTS.get(self._name, REPORTS["119"])
        count = min(MOST, 1 + int(max(0.0, self._clock() - self._start) / EVERY))
        rows = []
        for number in range(count):
            text, event_class, lat, lon = texts[number % len(texts)]
            call = EmergencyCall(source=self._name, text=text, event_class=event_class, lat=lat, lon=lon)
            rows.append(self._row(f"{int(self._start)}-{number:04d}", number, self._start + number * EVERY, call))
        rows += [self._row(f"{at:.3f}", 9000 + number, at, call) for number, (at, call) in enumerate(self._calls)]
        return rows

    def _row(self, id: str, number: int, at: float, call: EmergencyCall) -> dict[str, str]:
        return {
            "bh": f"{self._name}-{id}",
            "jjsj": f"{datetime.fromtimestamp(at, ZONE):%Y-%m-%d %H:%M:%S}",
            "jqnr": call.text,
            "jqlx": call.event_class,
            "wd": f"{call.lat:.5f}",
            "jd": f"{call.lon:.5f}",
            "lxdh": f"138000{number % 10_000:05d}",
        }


class StationSystem:
    """The water bureau's river station: its level rises over the warning limit and sinks again."""

    def __init__(self, start: float, clock: Clock = time.time) -> None:
        self._start, self._clock = start, clock

    def app(self, path: str) -> web.Application:
        """The newest row of each station at `path`."""
        app = web.Application()
        app.router.add_get(path, self._answer)
        return app

    async def _answer(self, _request: web.Request) -> web.Response:
        at = datetime.fromtimestamp(self._clock(), ZONE)
        row = {"stcd": STATION, "tm": f"{at:%Y-%m-%d %H:%M:%S}", "z": self.level(), "wrz": WARNING, "grz": GUARANTEE}
        return web.json_response({"rows": [row]})

    def level(self) -> float:
        """The level now, metres."""
        elapsed = (self._clock() - self._start) % (CALM + RISE + SINK)
        if elapsed < CALM:
            return USUAL
        above = (GUARANTEE - USUAL) * 0.7
        phase = (elapsed - CALM) / (RISE + SINK)
        return round(USUAL + above * math.sin(math.pi * phase), 2)


def emergency_system(kind: str, id: str, start: float) -> QuakeAgency | ReportSystem | StationSystem | None:
    """The simulated system behind a source of the demo, None for kinds that are none of these."""
    if kind == "emergency.usgs":
        return QuakeAgency(start)
    if kind == "emergency.http":
        return StationSystem(start) if id == "hydro" else ReportSystem(id, start)
    return None
