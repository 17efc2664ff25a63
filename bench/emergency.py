"""Warnings under load: a step of the registry while it holds many, and the impact of 50 that arrive at once.

The registry is measured without its journal and without parsing CAP, because the cost of a step must not grow with the
number of warnings held. The impact of a warning is the assets inside its polygon, of 50,000 with a position.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Generator
from typing import Any

from bench.emergency_site import whole_site
from bench.figures import Figure, percentile
from feeds.cap.geometry import circle_ring
from feeds.model import Area, Asset, EmergencyWarning
from incidents.warnings.areas import AreaResolver
from incidents.warnings.journal import RegistryStore
from incidents.warnings.registry import WarningRegistry
from maps.regions import table

BATCH = 25
AT_ONCE = 50
START = 1_800_000_000.0


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Steps over a small and a large registry, then impact of one warning and of many at once."""
    messages = 2_000 if quick else 10_000
    for held in (0, 5_000 if quick else 40_000):
        steps, seconds = await asyncio.to_thread(_registry, held, messages)
        conditions = {"held": held, "messages": messages, "batch": BATCH}
        yield Figure(
            name="emergency.registry_messages_s",
            value=messages / seconds,
            unit="messages/s",
            conditions=conditions,
            aim="10,000 a minute and much more",
        )
        yield Figure(
            name="emergency.registry_step_p99", value=percentile(steps, 0.99) * 1000, unit="ms", conditions=conditions
        )
    assets = 10_000 if quick else 50_000
    resolver = await asyncio.to_thread(_resolver, assets)
    for arriving in (1, AT_ONCE):
        used = time.process_time()
        waits = await _impact(resolver, arriving)
        used = time.process_time() - used
        yield Figure(
            name="emergency.impact_worst",
            value=max(waits) * 1000,
            unit="ms",
            conditions={"assets": assets, "at_once": arriving, "processor_ms": round(used * 1000)},
            aim="300 ms",
        )
    async for figure in whole_site(quick):
        yield figure


def _warning(number: int, area: Area | None = None) -> EmergencyWarning:
    sent = START + number / 100
    identifier = f"B{number}"
    return EmergencyWarning(
        id=f"bench,{identifier},{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(sent))}+00:00",
        source="bench",
        status="Actual",
        msg_type="Alert",
        sender="bench",
        identifier=identifier,
        sent=sent,
        received_at=sent,
        expires=sent + 6 * 3600,
        areas=(area,) if area is not None else (),
        digest=identifier,
    )


def _registry(held: int, messages: int) -> tuple[list[float], float]:
    """Seconds of each step and of all, with `held` warnings in memory before the first."""
    registry = WarningRegistry()
    store = RegistryStore(registry)
    _step(registry, store, range(held))
    steps = []
    for first in range(held, held + messages, BATCH):
        began = time.perf_counter()
        _step(registry, store, range(first, first + BATCH))
        steps.append(time.perf_counter() - began)
    return steps, sum(steps)


def _step(registry: WarningRegistry, store: RegistryStore, numbers: range) -> None:
    now = START + numbers.stop / 100
    steps = [step for number in numbers for step in registry.take(_warning(number), now)]
    steps += registry.advance(now)
    _carried(store.write(steps, {}))
    store.written()


def _carried(writing: Generator[Any, Any, None]) -> None:
    """Answer every request of a writer with the next number, as a journal does."""
    number = 0
    try:
        next(writing)
        while True:
            number += 1
            writing.send(number)
    except StopIteration:
        return


def _resolver(count: int) -> AreaResolver:
    dice = random.Random(7)
    kinds = ("camera", "router", "sensor", "switch", "school")
    assets = [
        Asset(
            id=f"a{number}",
            name=f"资产 {number}",
            kind=kinds[number % len(kinds)],
            region="532301",
            owner=f"单位 {number % 80}",
            lat=dice.uniform(24.2, 26.5),
            lon=dice.uniform(100.7, 102.5),
        )
        for number in range(count)
    ]
    return AreaResolver(table(), assets)


async def _impact(resolver: AreaResolver, arriving: int) -> list[float]:
    """Seconds from the arrival of all until each is located and counted."""
    dice = random.Random(arriving)
    warnings = []
    for number in range(arriving):
        ring = circle_ring(dice.uniform(101.0, 102.2), dice.uniform(24.5, 26.2), dice.uniform(5.0, 60.0))
        area = Area(geometry={"type": "Polygon", "coordinates": [ring]})
        warnings.append(_warning(number, area))
    began = time.perf_counter()

    async def located(warning: EmergencyWarning) -> float:
        placed = await asyncio.to_thread(resolver.placed, warning)
        if not placed.affected:
            raise RuntimeError("a warning of the bench lies over nothing")
        return time.perf_counter() - began

    return list(await asyncio.gather(*map(located, warnings)))
