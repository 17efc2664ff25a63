"""A camera's make, model, firmware, media profiles and stream addresses over ONVIF. Read once a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from lxml import etree

from collectors.video.onvif import soap
from collectors.video.onvif.session import OnvifSession
from collectors.video.onvif.soap import OnvifFault

MAX_PROFILES = 64
"""Media profiles that are read."""
_STREAM = (
    f'<StreamSetup><Stream xmlns="{soap.SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{soap.SCHEMA}">'
    "<Protocol>RTSP</Protocol></Transport></StreamSetup>"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifProfile:
    """A media profile: its token, codec and size."""

    token: str
    codec: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OnvifSetup:
    """A device's description. Addresses are as the device gives them, "" where it does not.

    `unsupported` are calls that the device cannot answer.
    """

    maker: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    profiles: tuple[OnvifProfile, ...] = ()
    stream: str = ""
    snapshot: str = ""
    unsupported: frozenset[str] = field(default_factory=frozenset)


async def read_setup(session: OnvifSession) -> OnvifSetup:
    """Read the description. Raises NotReady, AuthFailed. Optional calls that fault are listed as unsupported."""
    unsupported: set[str] = set()
    device = await _optional(session, "GetDeviceInformation", soap.call("GetDeviceInformation"), "", unsupported)
    services = await session.services()
    second = services.get(soap.MEDIA2, "")
    profiles: tuple[OnvifProfile, ...] = ()
    namespace, path = soap.MEDIA2, second
    if second:
        profiles = await _profiles(session, soap.MEDIA2, second, unsupported)
    if not profiles and soap.MEDIA in services:
        namespace, path = soap.MEDIA, services[soap.MEDIA]
        profiles = await _profiles(session, soap.MEDIA, path, unsupported)
    stream = snapshot = ""
    if profiles:
        token = f"<ProfileToken>{escape(profiles[-1].token)}</ProfileToken>"
        inner = f"<Protocol>RTSP</Protocol>{token}" if namespace == soap.MEDIA2 else f"{_STREAM}{token}"
        answer = await _optional(
            session, "GetStreamUri", soap.call("GetStreamUri", namespace, inner), path, unsupported
        )
        stream = soap.text(answer, "Uri") if answer is not None else ""
        answer = await _optional(
            session, "GetSnapshotUri", soap.call("GetSnapshotUri", namespace, token), path, unsupported
        )
        snapshot = soap.text(answer, "Uri") if answer is not None else ""
    return OnvifSetup(
        maker=soap.text(device, "Manufacturer") if device is not None else "",
        model=soap.text(device, "Model") if device is not None else "",
        firmware=soap.text(device, "FirmwareVersion") if device is not None else "",
        serial=soap.text(device, "SerialNumber") if device is not None else "",
        profiles=profiles,
        stream=stream,
        snapshot=snapshot,
        unsupported=frozenset(unsupported),
    )


async def _optional(
    session: OnvifSession, name: str, request: str, path: str, unsupported: set[str]
) -> etree._Element | None:
    try:
        return await session.call(request, path)
    except OnvifFault:
        unsupported.add(name)
        return None


async def _profiles(
    session: OnvifSession, namespace: str, path: str, unsupported: set[str]
) -> tuple[OnvifProfile, ...]:
    inner = "<Type>VideoEncoder</Type>" if namespace == soap.MEDIA2 else ""
    element = await _optional(session, "GetProfiles", soap.call("GetProfiles", namespace, inner), path, unsupported)
    if element is None:
        return ()
    return tuple(
        OnvifProfile(
            token=str(profile.get("token", ""))[:128],
            codec=soap.text(profile, "Encoding"),
            width=_number(soap.text(profile, "Resolution", "Width")),
            height=_number(soap.text(profile, "Resolution", "Height")),
        )
        for profile in soap.every(element, "Profiles", MAX_PROFILES)
        if profile.get("token")
    )


def _number(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 6 else 0
