"""Session descriptions (SDP, RFC 8866) as DESCRIBE gives them: the video track, its codec and its control URL. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

DECODED = ("H264", "H265")
"""Codecs whose pictures are decoded."""
CODECS = (*DECODED, "JPEG", "MP4V-ES", "SVAC", "SVAC2", "SVACV")
"""Codecs that a described stream may have. Of those that are not decoded only packets are counted."""
_NAMES = {"HEVC": "H265", "AVC": "H264", "SVAC3": "SVAC2", "MPEG4": "MP4V-ES", "MP4V": "MP4V-ES"}
_STATIC = {26: ("JPEG", 90_000)}
MAX_MEDIA = 16
"""Media sections that are looked at."""
PARAMETER_BYTES = 65_536
"""Bytes of parameter sets that a description may carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoTrack:
    """The video track of a description. `parameter_sets` are NAL units of H.264 or H.265, without start codes.

    `control` is the track's control attribute, as written.
    """

    codec: str
    payload_type: int
    clock_rate: int = 90_000
    control: str = ""
    parameter_sets: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDescription:
    """A description: its first video track (None without any), and the control attribute of the whole session."""

    video: VideoTrack | None = None
    control: str = ""
    medias: int = 0


def parse(body: bytes) -> SessionDescription:
    """The description in a DESCRIBE body. Lines that cannot be read are ignored."""
    sections: list[list[str]] = [[]]
    for line in body.decode("utf-8", "replace").splitlines():
        if line.startswith("m="):
            sections.append([])
        sections[-1].append(line.strip())
    tracks = [track for section in sections[1 : MAX_MEDIA + 1] if (track := _track(section)) is not None]
    decodable = [track for track in tracks if track.codec in CODECS]
    return SessionDescription(
        video=next(iter((*decodable, *tracks)), None),
        control=_attribute(sections[0], "control"),
        medias=len(sections) - 1,
    )


def _track(section: list[str]) -> VideoTrack | None:
    match = re.match(r"m=video\s+\S+\s+\S+\s+(\d{1,3})", section[0])
    if match is None:
        return None
    payload_type = int(match[1])
    codec, clock_rate = _STATIC.get(payload_type, ("", 90_000))
    mapped = re.match(rf"{payload_type}\s+([A-Za-z0-9._-]+)(?:/(\d{{1,9}}))?", _attribute(section, "rtpmap"))
    if mapped is not None:
        codec, clock_rate = mapped[1].upper(), int(mapped[2] or 90_000)
    return VideoTrack(
        codec=_NAMES.get(codec, codec),
        payload_type=payload_type,
        clock_rate=clock_rate or 90_000,
        control=_attribute(section, "control"),
        parameter_sets=_parameter_sets(_attribute(section, "fmtp")),
    )


def _attribute(section: list[str], name: str) -> str:
    start = f"a={name}:"
    return next((line[len(start) :].strip() for line in section if line.startswith(start)), "")


def _parameter_sets(fmtp: str) -> tuple[bytes, ...]:
    sets: list[bytes] = []
    for parameter in ("sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets"):
        match = re.search(rf"(?:^|[;\s]){parameter}\s*=\s*([^;\s]+)", fmtp)
        for encoded in match[1].split(",") if match else ():
            try:
                decoded = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
            except (binascii.Error, ValueError):
                continue
            if decoded and sum(map(len, sets)) + len(decoded) <= PARAMETER_BYTES:
                sets.append(decoded)
    return tuple(sets)


def control_url(description: SessionDescription, base: str, request: str) -> str:
    """The URL for SETUP of the video track (RFC 2326, C.1.1). `base` is Content-Base or Content-Location, "" without.

    A URL of another host, or one that holds control characters, is replaced: the track is then asked for at the
    request's own URL.
    """
    base = base or request
    control = description.video.control if description.video is not None else ""
    if control in ("", "*"):
        return _own(base, request)
    if "://" in control:
        return _own(control, request)
    session = description.control if description.control.startswith("rtsp://") else base
    session = _own(session, request)
    # Not urljoin alone: devices mean "append", also after a query.
    joined = f"{session}{control}" if session.endswith("/") else f"{session}/{control}"
    return _own(joined if not control.startswith("/") else urljoin(session, control), request)


def _own(url: str, request: str) -> str:
    """`url` at the host that was asked, `request` for a URL that cannot be used."""
    if not url.isprintable() or " " in url or len(url) > 2048:
        return request
    try:
        parts, requested = urlsplit(url), urlsplit(request)
    except ValueError:
        return request
    return (
        parts._replace(scheme="rtsp", netloc=requested.netloc).geturl() if parts.scheme.startswith("rtsp") else request
    )


def aggregate_url(description: SessionDescription, base: str, request: str) -> str:
    """The URL for PLAY: the session's own control URL, its base, or the request's URL (RFC 2326, C.1.1)."""
    control = description.control
    return _own(control if control.startswith("rtsp://") else base or request, request)


def same_host(location: str, request: str) -> str:
    """A redirection's URL when it stays at the host that was asked, else ""."""
    try:
        parts, requested = urlsplit(location), urlsplit(request)
        same = parts.scheme == "rtsp" and parts.hostname == requested.hostname
    except ValueError:
        return ""
    return _own(location, request) if same else ""
