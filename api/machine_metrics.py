"""Figures of the machine for Prometheus: the room on its disk, and the processes of its supervisor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily


def families(room: Mapping[str, Any] | None, processes: Sequence[Mapping[str, Any]]) -> Iterable[Any]:
    """`room` as feeds.disk.report gives it, `processes` as the supervisor's members."""
    if room is not None:
        yield GaugeMetricFamily("watchfloor_disk_total_bytes", "Size of the data folder's disk", value=room["total"])
        yield GaugeMetricFamily("watchfloor_disk_free_bytes", "Room left on it", value=room["free"])
        if room["days_left"] is not None:
            yield GaugeMetricFamily("watchfloor_disk_days_left", "Days until it is full", value=room["days_left"])
        yield from _stores(room["stores"])
    restarts = CounterMetricFamily("watchfloor_process_restarts", "Starts after the first", labels=["role"])
    crashes = CounterMetricFamily("watchfloor_process_crashes", "Ends that nobody asked for", labels=["role"])
    for process in processes:
        restarts.add_metric([process["name"]], process["restarts"])
        crashes.add_metric([process["name"]], process["crashes"])
    if processes:
        yield from (restarts, crashes)


def _stores(stores: Mapping[str, Mapping[str, Any]]) -> Iterable[GaugeMetricFamily]:
    size = GaugeMetricFamily("watchfloor_store_bytes", "Bytes that a store takes", labels=["store"])
    growth = GaugeMetricFamily("watchfloor_store_growth_bytes_per_day", "Its growth", labels=["store"])
    for name, store in stores.items():
        size.add_metric([name], store["bytes"])
        if store["per_day"] is not None:
            growth.add_metric([name], store["per_day"])
    yield from (size, growth)
