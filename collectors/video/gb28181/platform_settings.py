"""Settings of a GB/T 28181 platform, as the url of its source says them:
`sip://53230000002000000001@0.0.0.0:5060?accept_unknown=yes`."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from collectors import uri
from collectors.errors import Misconfigured
from collectors.settings import Credential, SourceSettings
from collectors.video.gb28181.subscriptions import Topic

PORT = 5060
_FLAGS = ("accept_unknown", "sync_clock", "roaming", "recordings")
_KEYS = (*_FLAGS, "domain", "keepalive", "catalog_every", "recordings_every", "allow", "subscribe", "coords")
DAY, SHORTEST = 86_400.0, 60.0
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformSettings:
    """`id` is our 20 digits, `domain` the realm. `keepalive` and `catalog_every` are in seconds, None: by the device.

    `accept_unknown`: devices that are not in the inventory may register and are pending. `sync_clock`: the answer to
    REGISTER sets the devices' clocks. `roaming`: a device may change its address without a new registration.
    `allow`: networks that may speak, () for all. `subscribe`: what devices are asked to tell by themselves.
    `recordings`: an hour of each channel's recordings is asked for every `recordings_every` seconds. `gcj02`: positions
    come as GCJ-02.
    """

    id: str
    domain: str
    host: str
    port: int
    accept_unknown: bool = False
    sync_clock: bool = True
    roaming: bool = False
    keepalive: float | None = None
    catalog_every: float | None = None
    allow: tuple[Network, ...] = ()
    subscribe: tuple[Topic, ...] = (Topic.CATALOG,)
    gcj02: bool = False
    recordings: bool = False
    recordings_every: float = DAY

    def allows(self, address: str) -> bool:
        """True when messages of this address are read."""
        return not self.allow or any(ipaddress.ip_address(address) in network for network in self.allow)


def platform_settings(source: SourceSettings) -> PlatformSettings:
    """The settings of a source. Raises Misconfigured."""
    try:
        parts = urlsplit(source.url)
        port, host, own = parts.port, parts.hostname or "", parts.username or ""
        params = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        topics = tuple(Topic(text) for text in params.get("subscribe", "catalog").split(",") if text != "none")
        allow = tuple(ipaddress.ip_network(text.strip()) for text in params.get("allow", "").split(",") if text.strip())
    except ValueError as error:
        raise _wrong(source, str(error)) from error
    unknown = sorted(set(params) - set(_KEYS))
    if parts.scheme != "sip" or not host or len(own) != 20 or not own.isdecimal() or unknown:
        raise _wrong(source, f"unknown parameter {unknown[0]!r}" if unknown else "")
    flags = {name: params.get(name, "yes" if name == "sync_clock" else "no") for name in _FLAGS}
    if set(flags.values()) - {"yes", "no"}:
        raise _wrong(source, "yes / no")
    if params.get("coords", "wgs84") not in ("wgs84", "gcj02"):
        raise _wrong(source, "coords=wgs84|gcj02")
    return PlatformSettings(
        id=own,
        domain=params.get("domain", own[:10]),
        host=host,
        port=PORT if port is None else port,
        keepalive=uri.duration(params["keepalive"]) if "keepalive" in params else None,
        catalog_every=uri.duration(params["catalog_every"]) if "catalog_every" in params else None,
        recordings_every=max(SHORTEST, uri.duration(params.get("recordings_every", "1d"))),
        allow=allow,
        subscribe=topics,
        gcj02=params.get("coords") == "gcj02",
        **{name: value == "yes" for name, value in flags.items()},
    )


def _wrong(source: SourceSettings, detail: str) -> Misconfigured:
    form = "sip://53230000002000000001@0.0.0.0:5060"
    return Misconfigured(
        f"source {source.id!r}: url is our own id and where to listen: {form} ({detail or 'the id has 20 digits'})",
        f"来源 {source.id!r}：url 应写本平台编码与监听地址，如 {form}（{detail or '编码为 20 位数字'}）",
    )


def passwords_of(source: SourceSettings, credentials: Mapping[str, Credential]) -> dict[str, str]:
    """Passwords by device id, "*" for all others. Raises Misconfigured without any."""
    passwords = {}
    for name in source.cred.split():
        values = credentials[name].values if name in credentials else {}
        if not values.get("password"):
            raise Misconfigured(
                f"source {source.id!r}: credential {name!r} has no password; kind 'password', user is a device id or *",
                f"来源 {source.id!r}：凭据 {name!r} 没有口令；需要 kind 'password'，user 写设备编码或 *",
            )
        passwords[values.get("user", "*")] = values["password"]
    if not passwords:
        raise Misconfigured(
            f"source {source.id!r}: cred names the password that devices register with",
            f"来源 {source.id!r}：请在 cred 中写明设备注册口令的凭据",
        )
    return passwords
