"""What an upper platform may see: the granted cameras, the region nodes above them, and their items in a catalog. Pure.

A camera's status is ON only while its signalling is measured or claimed as in order, by fresh readings. GB/T 28181 has
no third word: unknown is OFF.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from collectors.video.gb28181.cascade.settings import UpperSettings
from collectors.video.gb28181.device_id import acceptable
from collectors.video.gb28181.roster import gb_id_of
from feeds.datum import to_gcj02
from feeds.model import Asset
from feeds.regions import covers

CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class GrantedCamera:
    """A camera that the upper platform may see: its id there, and its asset."""

    id: str
    asset: Asset


@dataclass(frozen=True, slots=True)
class Grant:
    """The cameras by their id at the upper platform, and the region codes above them.

    `nameless` are granted cameras without an id of GB/T 28181: nobody can list them.
    """

    cameras: Mapping[str, GrantedCamera] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    nameless: int = 0


def grant_of(inventory: Iterable[Asset], settings: UpperSettings) -> Grant:
    """The cameras of the inventory that the settings grant. Two with one id are one: the first of the inventory."""
    cameras: dict[str, GrantedCamera] = {}
    nameless = 0
    for asset in inventory:
        granted = not settings.grant or any(covers(code, asset.region) for code in settings.grant)
        if asset.kind != CAMERA or not granted:
            continue
        id = gb_id_of(asset)
        if acceptable(id):
            cameras.setdefault(id, GrantedCamera(id, asset))
        else:
            nameless += 1
    regions = tuple(sorted({camera.asset.region[:6] for camera in cameras.values()}))
    return Grant(cameras, regions, nameless)


def items(grant: Grant, about: str, settings: UpperSettings, online: Iterable[str]) -> Iterator[str]:
    """The items of a catalog as XML: of everything (`about` is our own id), of a region node, or of one channel."""
    alive = frozenset(online)
    for region in grant.regions:
        if about in (settings.own, region):
            yield _node(region, settings)
    for id, camera in grant.cameras.items():
        if about in (settings.own, id, camera.asset.region[:6]):
            yield channel_item(camera, settings, online=id in alive)


def _node(region: str, settings: UpperSettings) -> str:
    return (
        f"<Item>\r\n<DeviceID>{region}</DeviceID>\r\n<Name>{region}</Name>\r\n<CivilCode>{region}</CivilCode>\r\n"
        f"<Parental>1</Parental>\r\n<ParentID>{settings.own}</ParentID>\r\n<Status>ON</Status>\r\n</Item>"
    )


def channel_item(camera: GrantedCamera, settings: UpperSettings, *, online: bool, event: str = "") -> str:
    """One camera. `event` is that of a notification, which comes before the status."""
    asset, status = camera.asset, "ON" if online else "OFF"
    maker, model = asset.labels.get("maker", ""), asset.labels.get("model", "")
    fields = [("DeviceID", camera.id)]
    if event:
        fields.append(("Event", event))
    fields += [("Name", asset.name[:64]), ("Manufacturer", maker or "Unknown"), ("Model", model or "Unknown")]
    fields += [
        ("Owner", asset.owner),
        ("CivilCode", asset.region[:6]),
        ("Address", asset.labels.get("address", "")[:32]),
    ]
    fields += [("Parental", "0"), ("ParentID", asset.region[:6]), ("SafetyWay", "0"), ("RegisterWay", "1")]
    fields += [("Secrecy", "0"), ("Status", status)]
    if asset.lat is not None and asset.lon is not None:
        lat, lon = to_gcj02(asset.lat, asset.lon) if settings.gcj02 else (asset.lat, asset.lon)
        fields += [("Longitude", f"{lon:.6f}"), ("Latitude", f"{lat:.6f}")]
    lines = (f"<{name}>{escape(value[:64])}</{name}>" for name, value in fields if value)
    return "\r\n".join(("<Item>", *lines, "</Item>"))


def event_item(id: str, event: str) -> str:
    """The short form of a notification: the id and what happened to it (ON, OFF, DEL)."""
    return f"<Item>\r\n<DeviceID>{id}</DeviceID>\r\n<Event>{event}</Event>\r\n</Item>"
