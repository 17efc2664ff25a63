"""Emergency command: impact, candidates, the order by road, briefs on paper, and receipts of a storm."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from bench.command_site import receipts
from bench.figures import Figure, percentile
from feeds.briefs import docx_file, pdf_file
from feeds.model import Receipt
from feeds.model.incidents import Incident
from feeds.model.resources import RESOURCE_KINDS, Resource
from incidents.impact.counting import Picture, areas_of, impact_of
from incidents.receipts.duplicates import ReceiptsByPlace
from maps.impact_index import AssetPlace, ImpactIndex
from maps.roads import road_network
from tests.feeds.briefs.samples import ISSUER, a_brief

PLACE = (25.045, 101.546)
KINDS = ("camera", "router", "sensor", "switch", "school")


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """One count at a time, then the order of 500 places, candidates, both papers, and a whole site."""
    assets, resources = (10_000, 4_000) if quick else (50_000, 20_000)
    picture = await asyncio.to_thread(_picture, assets, resources)
    incident = _incident()

    def count() -> None:
        impact_of(incident, 1, "created", picture, areas_of(incident, picture), 0.0)

    wall, used = await asyncio.to_thread(_p95, count, 20)
    yield Figure(
        name="command.impact_p95",
        value=wall,
        unit="ms",
        conditions={"assets": assets, "resources": resources, "processor_ms": used},
        aim="100 ms",
    )
    lats, lons = _places(random.Random(3), 500)
    wall, used = await asyncio.to_thread(_p95, lambda: _ordered(lats, lons), 50)
    yield Figure(
        name="command.road_order_p95",
        value=wall,
        unit="ms",
        conditions={"resources": 500, "processor_ms": used},
        aim="10 ms",
    )
    yield await asyncio.to_thread(_candidates, 1_000 if quick else 5_000)
    for name, render in _papers().items():
        wall, used = await asyncio.to_thread(_p95, render, 10)
        yield Figure(
            name=f"command.{name}_p95", value=wall, unit="ms", conditions={"processor_ms": used}, aim="2000 ms"
        )
    yield await receipts(quick)


def _candidates(count: int) -> Figure:
    """The candidates of one receipt among so many of the last hour, all in one prefecture."""
    dice, places = random.Random(5), ReceiptsByPlace()
    lats, lons = _places(dice, count)
    for number, (lat, lon) in enumerate(zip(lats, lons, strict=True)):
        places.put(_receipt(str(number), lat, lon, float(dice.randrange(3600))))
    wall, used = _p95(lambda: places.candidates(_receipt("new", *PLACE, 1800.0)), 50)
    conditions = {"receipts": count, "processor_ms": used}
    return Figure(name="command.candidates_p95", value=wall, unit="ms", conditions=conditions, aim="20 ms")


def _receipt(id: str, lat: float, lon: float, at: float) -> Receipt:
    values: dict[str, Any] = {"source": "119", "external_id": id, "channel": "119", "region": "532301", "text": "泄漏"}
    values |= {"received_at": at, "reported_at": at, "updated_at": at}
    return Receipt(id=f"119:{id}", lat=lat, lon=lon, event_class="hazchem", title="泄漏", **values)


def _papers() -> dict[str, Callable[[], Any]]:
    """A function for each file format of a signed follow-up report. PDF is left out where Typst is missing."""
    brief = a_brief()
    papers: dict[str, Callable[[], Any]] = {"docx": lambda: docx_file.render(brief, ISSUER)}
    if pdf_file.available():
        papers["pdf"] = lambda: pdf_file.render(brief, ISSUER, {})
    return papers


def _ordered(lats: list[float], lons: list[float]) -> None:
    sorted(road_network().distances(*PLACE, lats, lons), key=lambda way: way.order)


def _p95(work: Callable[[], Any], times: int) -> tuple[float, float]:
    """Milliseconds of the work by the clock and of the processor, after one run that fills caches."""
    work()
    waits, used = [], []
    for _ in range(times):
        began, began_used = time.perf_counter(), time.thread_time()
        work()
        waits.append((time.perf_counter() - began) * 1000)
        used.append((time.thread_time() - began_used) * 1000)
    return percentile(waits, 0.95), round(percentile(used, 0.95), 1)


def _places(dice: random.Random, count: int) -> tuple[list[float], list[float]]:
    """Places around the prefecture's seat, as dense as towns are."""
    return [dice.gauss(PLACE[0], 0.3) for _ in range(count)], [dice.gauss(PLACE[1], 0.3) for _ in range(count)]


def _picture(assets: int, resources: int) -> Picture:
    dice = random.Random(7)
    lats, lons = _places(dice, assets)
    index = ImpactIndex(
        AssetPlace(id=f"a{n}", name=f"资产 {n}", kind=KINDS[n % len(KINDS)], owner="", lat=lat, lon=lon)
        for n, (lat, lon) in enumerate(zip(lats, lons, strict=True))
    )
    lats, lons = _places(dice, resources)
    kinds = RESOURCE_KINDS
    listed = [
        Resource(id=f"r{n}", kind=kinds[n % len(kinds)], name=f"资源 {n}", region="532301", lat=lat, lon=lon)
        for n, (lat, lon) in enumerate(zip(lats, lons, strict=True))
    ]
    return Picture(index=index, resources=listed)


def _incident() -> Incident:
    lat, lon = PLACE
    values: dict[str, Any] = {"received_at": 0.0, "created_at": 0.0, "created_by": "bench", "phase_at": 0.0}
    return Incident(id="532300:20261127-0001", region="532301", lat=lat, lon=lon, **values)
