"""The load figures of the whole site for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily

PREFIX = "watchfloor_load_"


def families(answer: Mapping[str, Any]) -> Iterable[GaugeMetricFamily]:
    """Gauges of what api.load.reader answers. What is not known yet is not there."""
    load = answer["load"]
    rate, peak = load["rate"], load["peak"]
    yield _labelled("shown", "Alerts that came into sight", "window", {"10m": rate["ten_minutes"], "24h": rate["day"]})
    yield _plain("raised_day", "Alerts raised within 24 h, hidden ones too", rate["raised_day"])
    yield _plain("operators", "Officers on duty; 1 when no roster says", load["operators"])
    yield _plain("flood", "1 while more came in 10 minutes than people can take", int(load["flood"]["on"]))
    yield _plain("flood_share", "Share of the last 24 h in flood", load["flood"]["share_of_day"])
    yield _labelled(
        "peak", "The most within any such span of 24 h", "window", {"1h": peak["hour"], "1m": peak["minute"]}
    )
    yield _plain("stale", "Alerts active for more than 24 h", load["stale"]["count"])
    yield _plain("chattering", "Alerts that changed three times within the last minute", load["chattering"]["count"])
    shares = {name: load["priorities"][name] for name in ("low", "medium", "high")}
    yield _labelled("share", "Priorities of what came into sight within 24 h", "priority", shares)
    if load["frequent"]["share"] is not None:
        yield _plain("frequent_share", "Share of the ten most frequent alerts", load["frequent"]["share"])
    yield _lengths({"take": answer["mtta"], "end": answer["mttr"]})


def _plain(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, help_text, value=value)


def _labelled(name: str, help_text: str, label: str, values: Mapping[str, float | None]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(PREFIX + name, help_text, labels=[label])
    for key, value in values.items():
        if value is not None:
            family.add_metric([key], value)
    return family


def _lengths(times: Mapping[str, Mapping[str, Any]]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(
        PREFIX + "seconds", "From the first event to the first person, and to the end", labels=["of", "quantile"]
    )
    for of, lengths in times.items():
        for quantile, value in (("0.5", lengths["median_s"]), ("0.9", lengths["p90_s"])):
            if value is not None:
                family.add_metric([of, quantile], value)
    return family
