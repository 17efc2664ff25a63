"""The cameras and recorders of a simulated site: rows of its inventory as devices of the process that encodes video.

Every recorder registers with the site's own platform (`[[source]] kind = "video.gb28181"`) and lists the cameras below
it. The first cameras have one fault each that a person can switch on: `watchfloor demo break CAM02-missing`. Every
recorder has faults of its own as well (`recorder_faults`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from collectors.sim.cameras import faults
from collectors.sim.cameras.gb_upper import GbUpperPlatform
from collectors.sim.devices import SimulatedDevice

SCHEME = "gb28181://"
NVR_TYPE = "118"
OF_RECORDER, OF_CAMERA = ("disk", "channel"), ("opened", "unrecorded")
"""Faults of a recorder, and of a camera that it records (`recorder_faults`)."""


def recorder_rows(rows: Iterable[Mapping[str, str]], url: str) -> Iterator[dict[str, object]]:
    """The recorders of an inventory. `url` is that of the site's platform."""
    parts = urlsplit(url)
    listed = list(rows)
    ids = {row["id"]: gb_id for row in listed if (gb_id := _gb_id(row))}
    for row in listed:
        device = ids.get(row["id"], "")
        if device[10:13] != NVR_TYPE or not parts.hostname:
            continue
        channels = [
            [ids[child["id"]], child["name"]] for child in listed if row["id"] in _parents(child) and child["id"] in ids
        ]
        yield {
            "name": row["id"],
            "kind": "recorder",
            "host": parts.hostname,
            "port": parts.port or 5060,
            "device": device,
            "platform": parts.username or "",
            "channels": channels,
        }


def recorder_fault_rows(recorder: Mapping[str, Any], assets: Mapping[str, str]) -> Iterator[dict[str, object]]:
    """The faults of a recorder and of its last camera. `assets` are the inventory's ids by their id of GB/T 28181."""
    common = {"kind": "recorder-fault", "host": recorder["name"], "port": 0}
    for fault in OF_RECORDER:
        yield {"name": f"{recorder['name']}-{fault}", "channel": "", **common}
    for channel, _ in recorder["channels"][-1:]:
        for fault in OF_CAMERA:
            yield {"name": f"{assets[channel]}-{fault}", "channel": channel, **common}


def upper_platform(rows: Iterable[Mapping[str, str]], source: Mapping[str, Any]) -> tuple[str, GbUpperPlatform]:
    """The platform above the site, from the source that registers there, and its asset (else the source's id)."""
    parts = urlsplit(source["url"])
    lower = parse_qs(parts.query)["as"][0]
    upper = parts.username or ""
    platform = GbUpperPlatform(parts.hostname or "127.0.0.1", parts.port or 5060, upper, lower)
    return asset_ids(rows).get(upper, source["id"]), platform


def asset_ids(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The assets of an inventory by their id of GB/T 28181."""
    return {gb_id: row["id"] for row in rows if (gb_id := _gb_id(row))}


def _gb_id(row: Mapping[str, str]) -> str:
    return next((probe[len(SCHEME) :] for probe in row["probes"].split() if probe.startswith(SCHEME)), "")


def _parents(row: Mapping[str, str]) -> list[str]:
    return row["parents"].split(";")


def simulated_device(row: Mapping[str, Any], number: int, devices: Mapping[str, SimulatedDevice]) -> SimulatedDevice:
    """The device of a row. `number` chooses a camera's scene; `devices` are those of the rows before."""
    from collectors.sim.cameras.gb_device import GbDevice
    from collectors.sim.cameras.gb_items import SimulatedChannel
    from collectors.sim.cameras.recorder_faults import RecorderFault

    if row["kind"] == "camera":
        return faults.DemoCamera(row["host"], row["port"], number)
    if row["kind"] == "camera-fault":
        camera = devices[row["host"]]
        assert isinstance(camera, faults.DemoCamera)
        return faults.CameraFault(camera, row["name"].partition("-")[2])
    if row["kind"] == "recorder-fault":
        recorder = devices[row["host"]]
        assert isinstance(recorder, GbDevice)
        return RecorderFault(recorder, row["name"].partition("-")[2], row["channel"])
    channels = [SimulatedChannel(id=id, name=name) for id, name in row["channels"]]
    return GbDevice(row["device"], (row["host"], row["port"]), row["platform"], channels=channels, interval=INTERVAL)


INTERVAL = 5.0
"""Seconds between two keepalives of a simulated recorder: a fault shows after 18 s, not after three minutes."""
