"""The status of a camera for lists, counts and filters, from the readings of its ladder. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from feeds.cameras.evidence import RUNGS, Rung
from feeds.cameras.ladder import RungState
from feeds.model import Health

Readings = Mapping[str, Any]
"""Readings in their public form, by key: each has a `value` and a `text`."""


class CameraGroup(StrEnum):
    """The groups in which cameras are counted, by their fault, worst first."""

    OFFLINE = "offline"
    FRAMES = "frames"
    SIGNALLING = "signalling"
    PICTURE = "picture"
    OTHER = "other"
    UNKNOWN = "unknown"
    OK = "ok"


GROUP_OF: Mapping[str, CameraGroup] = {
    Rung.PATH: CameraGroup.OFFLINE,
    Rung.SIGNALLING: CameraGroup.OFFLINE,
    Rung.DESCRIBED: CameraGroup.SIGNALLING,
    Rung.FRAMES: CameraGroup.FRAMES,
    Rung.PICTURE: CameraGroup.PICTURE,
    Rung.CLOCK: CameraGroup.OTHER,
    Rung.RECORDING: CameraGroup.OTHER,
}
"""The group of a camera by its failing rung. One without signalling counts as off line even if it can be pinged."""
LETTERS: Mapping[str, str] = {RungState.OK: "o", RungState.FAILED: "f", RungState.UNKNOWN: "u"}
"""The letter of each state of a rung in `CameraStatus.rungs`; "-" is a rung that is not checked."""
KEY_POINT = 8
"""Importance from which on a camera is a key point."""
_RUNG_KEYS = tuple(f"camera.rung[{rung}]" for rung in RUNGS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStatus:
    """The fields of a camera's status. `camera_status` gives them in public form.

    `fails` is the failing rung, `why` its reason, "" without one. `conflict` is `false-online`, `false-offline` or "".
    `rungs` has a letter for each rung, lowest first: o ok, f failed, u unknown, - not checked. `faults` are the raised
    picture checks with commas between. `maker` is "" when it is unknown. `key_point`: the importance is at least
    KEY_POINT (重点点位).
    """

    group: CameraGroup
    fails: str
    why: str
    conflict: str
    rungs: str
    faults: str
    maker: str
    key_point: bool


def group_of(health: str, fails: str) -> CameraGroup:
    """The group of a camera by its health and its failing rung ("" without one)."""
    if health == Health.UNKNOWN:
        return CameraGroup.UNKNOWN
    if fails:
        return GROUP_OF.get(fails, CameraGroup.OTHER)
    return CameraGroup.OK if health == Health.OK else CameraGroup.OTHER


def maker_of(labels: Mapping[str, str], readings: Readings) -> str:
    """The maker from the inventory's label, else from ONVIF, else from the GB/T 28181 platform. "" when unknown."""
    return str(labels.get("maker") or _value(readings, "onvif.maker") or _value(readings, "gb28181.maker"))


def camera_status(health: str, labels: Mapping[str, str], readings: Readings, importance: int = 0) -> dict[str, Any]:
    """The fields of a `CameraStatus` in public form. A dict, because it is made at every poll of every camera."""
    fails = _value(readings, "camera.fails")
    return {
        "group": str(group_of(health, fails)),
        "fails": fails,
        "why": readings["camera.fails"]["text"] if fails else "",
        "conflict": _value(readings, "camera.conflict"),
        "rungs": "".join(LETTERS.get(_value(readings, key), "-") for key in _RUNG_KEYS),
        "faults": _value(readings, "picture.faults"),
        "maker": maker_of(labels, readings),
        "key_point": importance >= KEY_POINT,
    }


def _value(readings: Readings, key: str) -> str:
    reading = readings.get(key)
    return str(reading["value"]) if reading is not None and reading["value"] is not None else ""
