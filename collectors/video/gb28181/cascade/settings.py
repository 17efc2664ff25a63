"""Settings of a cascade, as the url of its source says them: the upper platform, who we are there, what it may see.

`sip://53000000002000000001@10.1.1.1:5060?as=53230000002000000001&grant=532301,532325`
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from collectors import uri
from collectors.errors import Misconfigured
from collectors.settings import SourceSettings
from feeds.regions import is_code

PORT, LISTEN = 5060, "0.0.0.0:5061"
EXPIRES, KEEPALIVE = 3600.0, 60.0
EVERYTHING = "all"
_KEYS = ("as", "grant", "listen", "domain", "keepalive", "expires", "coords", "charset")


@dataclass(frozen=True, slots=True, kw_only=True)
class UpperSettings:
    """`id`, `host` and `port` are the upper platform's, `domain` its realm; `own` is our id there.

    `grant` are the region codes whose cameras it may see, () for all. `keepalive` and `expires` are in seconds.
    `gcj02`: it takes coordinates as GCJ-02. `listen` is our own address for it.
    """

    id: str
    domain: str
    host: str
    port: int
    own: str
    listen: tuple[str, int]
    grant: tuple[str, ...]
    keepalive: float = KEEPALIVE
    expires: int = int(EXPIRES)
    gcj02: bool = False
    charset: str = "GB2312"


def upper_settings(source: SourceSettings) -> UpperSettings:
    """The settings of a source. Raises Misconfigured."""
    try:
        parts = urlsplit(source.url)
        port, host, upper = parts.port, parts.hostname or "", parts.username or ""
        params = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        listen = urlsplit(f"//{params.get('listen', LISTEN)}")
        here = (str(ipaddress.ip_address(listen.hostname or "")), PORT if listen.port is None else listen.port)
    except ValueError as error:
        raise _wrong(source, str(error)) from error
    own, grant = params.get("as", ""), params.get("grant", "")
    regions = () if grant == EVERYTHING else tuple(code.strip() for code in grant.split(","))
    fault = _fault(params, own, regions)
    if parts.scheme != "sip" or not host or not _is_platform(upper) or fault:
        raise _wrong(source, fault)
    return UpperSettings(
        id=upper,
        domain=params.get("domain", upper[:10]),
        host=host,
        port=PORT if port is None else port,
        own=own,
        listen=here,
        grant=regions,
        keepalive=uri.duration(params["keepalive"]) if "keepalive" in params else KEEPALIVE,
        expires=int(uri.duration(params["expires"])) if "expires" in params else int(EXPIRES),
        gcj02=params.get("coords") == "gcj02",
        charset=params.get("charset", "GB2312"),
    )


def _is_platform(text: str) -> bool:
    return len(text) == 20 and text.isascii() and text.isdecimal()


def _fault(params: dict[str, str], own: str, regions: tuple[str, ...]) -> str:
    """The first fault of the parameters, "" without one."""
    if unknown := sorted(set(params) - set(_KEYS)):
        return f"unknown parameter {unknown[0]!r}"
    if not _is_platform(own):
        return "as=: 20 digits"
    if wrong := [code for code in regions if not is_code(code)]:
        return f"grant=all, or region codes: {wrong[0]!r}"
    if params.get("coords", "wgs84") not in ("wgs84", "gcj02"):
        return "coords=wgs84|gcj02"
    return "" if params.get("charset", "GB2312") in ("GB2312", "GB18030", "UTF-8") else "charset=GB2312|GB18030|UTF-8"


def _wrong(source: SourceSettings, detail: str) -> Misconfigured:
    form = "sip://53000000002000000001@10.1.1.1:5060?as=53230000002000000001&grant=532301"
    return Misconfigured(
        f"source {source.id!r}: url is the upper platform, our id there, and the regions it may see: {form} ({detail})",
        f"来源 {source.id!r}：url 应写上级平台、本平台在其中的编码与授权区划，如 {form}（{detail}）",
    )
