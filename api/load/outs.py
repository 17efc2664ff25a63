"""Which figures of the load are out of their target, and how far. Pure.

The targets are those of EEMUA 191 and ISA-18.2-2016 clause 16; how far is far is our own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Out = Literal["", "degraded", "down"]
"""Within the target, out of it, or far out of it."""
FEW = 20
"""Alerts below which shares are not judged: few alerts make no mix."""
FAR = 10
"""So many times the target of the rate is far out of it."""


def outs(load: Mapping[str, Any], mtta: Mapping[str, Any], mttr: Mapping[str, Any]) -> dict[str, Out]:
    """How far each figure of a load report is out of its target, by the name of the figure."""
    rate, flood, peak, stale = load["rate"], load["flood"], load["peak"], load["stale"]
    chattering, frequent, priorities = load["chattering"], load["frequent"], load["priorities"]
    many = sum(priorities["counts"].values()) >= FEW
    return {
        "rate": _beyond(rate["per_operator"], rate["target"], rate["target"] * FAR),
        "day": _beyond(rate["day_per_operator"], rate["day_target"], rate["day_too_many"]),
        "flood": "down" if flood["on"] else "",
        "peak_hour": _beyond(peak["hour"], peak["hour_target"]),
        "peak_minute": _beyond(peak["minute"], peak["minute_target"]),
        "stale": _beyond(stale["count"], stale["target"], stale["limit"]),
        "chattering": _beyond(chattering["count"], chattering["target"]),
        "frequent": _beyond(frequent["share"], frequent["target"]) if many else "",
        "priorities": _beyond(priorities["high"], priorities["target"]["high"] * 2) if many else "",
        "mtta": _late(mtta),
        "mttr": _late(mttr),
    }


def _beyond(value: float | None, target: float, far: float = float("inf")) -> Out:
    if value is None or value <= target:
        return ""
    return "down" if value > far else "degraded"


def _late(times: Mapping[str, Any]) -> Out:
    """A time without a target of the site is never late."""
    return _beyond(times["median_s"], times["target"]) if times["target"] else ""
