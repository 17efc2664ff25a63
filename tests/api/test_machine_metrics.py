"""What Prometheus is told of the disk and of the supervisor's processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from api.machine_metrics import families


def exposed(room: Mapping[str, Any] | None, processes: Sequence[Mapping[str, Any]]) -> set[str]:
    """The exposition's lines without comments."""

    class Once(Collector):
        def collect(self) -> Any:
            return families(room, processes)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Once())
    return {line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")}


def test_room_growth_and_crashes_are_exposed() -> None:
    room = {
        "state": "ok",
        "total": 1000,
        "free": 250,
        "days_left": 12.5,
        "stores": {"journal": {"bytes": 10, "per_day": 2.0}, "valkey": {"bytes": 3, "per_day": None}},
    }
    lines = exposed(room, [{"name": "alert", "restarts": 3, "crashes": 2}])
    assert lines >= {
        "watchfloor_disk_free_bytes 250.0",
        "watchfloor_disk_days_left 12.5",
        'watchfloor_store_bytes{store="valkey"} 3.0',
        'watchfloor_store_growth_bytes_per_day{store="journal"} 2.0',
        'watchfloor_process_restarts_total{role="alert"} 3.0',
        'watchfloor_process_crashes_total{role="alert"} 2.0',
    }
    assert not any("growth" in line and "valkey" in line for line in lines)


def test_nothing_is_exposed_of_a_machine_that_tells_nothing() -> None:
    assert exposed(None, []) == set()
