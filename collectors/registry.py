"""Registry of collector classes by URI scheme and by kind of source. Classes are imported when first needed.

A new collector is one file, one line here and one test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from typing import Any, cast

from collectors import uri as uris
from collectors.contract import Feed, Poller, Target
from collectors.errors import Misconfigured
from collectors.listener import Listener
from collectors.settings import Credential, SchemeSettings, SourceSettings
from feeds.inventory.texts import nearest_scheme

_POLLERS: Mapping[str, tuple[str, str]] = {
    "tcp": ("network.tcp", "TcpPoller"),
    "http": ("network.http.probe", "HttpPoller"),
    "https": ("network.http.probe", "HttpPoller"),
    "heartbeat": ("network.heartbeat", "HeartbeatPoller"),
    "icmp": ("network.icmp.probe", "IcmpPoller"),
    "tls": ("network.tls.probe", "TlsPoller"),
    "dns": ("network.dns", "DnsPoller"),
    "smtp": ("network.smtp", "SmtpPoller"),
    "sip": ("network.sip", "SipPoller"),
    "snmp": ("network.snmp.probe", "SnmpPoller"),
    "modbus": ("network.modbus.probe", "ModbusPoller"),
    "mqtt": ("network.mqtt.probe", "MqttPoller"),
    "mqtts": ("network.mqtt.probe", "MqttPoller"),
    "opc.tcp": ("network.opcua.probe", "OpcUaPoller"),
    "sql+postgresql": ("network.sql.probe", "SqlPoller"),
    "sql+mysql": ("network.sql.probe", "SqlPoller"),
    "rtsp": ("video.rtsp.probe", "RtspPoller"),
    "gb28181": ("video.gb28181.probe", "GbPoller"),
    "onvif": ("video.onvif.probe", "OnvifPoller"),
}
_DEFAULTS: Mapping[str, SchemeSettings] = {
    "rtsp": SchemeSettings(interval=60.0, timeout=30.0, attempts=2, concurrency=128),
    "onvif": SchemeSettings(interval=60.0, timeout=10.0, attempts=2, concurrency=64),
}
"""Settings of schemes that differ from the general ones. They stand here so that reading the settings of a site
imports no collector: every role does that at its start."""
_FAMILIES: Mapping[str, str] = {
    "https": "http",
    "mqtts": "mqtt",
    "opc.tcp": "opcua",
    "sql+postgresql": "sql",
    "sql+mysql": "sql",
}
"""Families of readings that are named otherwise than their scheme. Like _DEFAULTS, known without an import."""
_FEEDS: Mapping[str, tuple[str, str]] = {
    "emergency.cap": ("emergency.cap.feed", "CapFeed"),
    "emergency.usgs": ("emergency.quakes.feed", "UsgsFeed"),
    "emergency.quakeml": ("emergency.quakes.feed", "QuakeMlFeed"),
    "emergency.http": ("emergency.http.feed", "MappedFeed"),
    "approvals.rest": ("approvals.rest", "RestCaseFeed"),
    "approvals.soap": ("approvals.soap", "SoapCaseFeed"),
    "approvals.sql": ("approvals.sql", "SqlCaseFeed"),
    "approvals.files": ("approvals.files", "FileCaseFeed"),
    "approvals.site": ("approvals.site", "SiteFeed"),
}
_LISTENERS: Mapping[str, tuple[str, str]] = {
    "network.syslog": ("network.syslog.listener", "SyslogListener"),
    "network.traps": ("network.traps.listener", "TrapListener"),
    "video.gb28181": ("video.gb28181.listener", "GbListener"),
    "video.gb28181-upper": ("video.gb28181.cascade.listener", "UpperListener"),
}


def known_schemes() -> tuple[str, ...]:
    """Every URI scheme that an inventory may use, sorted."""
    return tuple(sorted(_POLLERS))


def known_source_kinds() -> tuple[str, ...]:
    """Every `kind` that a `[[source]]` may have, sorted."""
    return tuple(sorted((*_FEEDS, *_LISTENERS)))


@cache
def _load(module: str, name: str) -> Any:
    return getattr(import_module(f"collectors.{module}"), name)


def poller_class(scheme: str) -> type[Poller]:
    """The class for a URI scheme. Raises Misconfigured, naming the known schemes."""
    if scheme not in _POLLERS:
        schemes, near = ", ".join(known_schemes()), nearest_scheme(scheme, _POLLERS)
        zh, en = (f"；是否为 {near!r}？", f"; did you mean {near!r}?") if near else ("", "")
        raise Misconfigured(
            f"no collector speaks {scheme!r}{en}; known schemes: {schemes}",
            f"没有采集器支持 {scheme!r}{zh}；可用的协议：{schemes}",
        )
    return cast("type[Poller]", _load(*_POLLERS[scheme]))


def source_name(scheme: str) -> str:
    """The source name of a scheme's collector: `tcp` gives "network.tcp"."""
    return _POLLERS[scheme][0].removesuffix(".probe") if scheme in _POLLERS else f"network.{scheme}"


def family_of(scheme: str) -> str:
    """The first word of the readings of a scheme's probes: `https` gives "http". Imports nothing."""
    return _FAMILIES.get(scheme, scheme)


def defaults(scheme: str) -> SchemeSettings:
    """The settings of a scheme's probes before the site's own. Imports nothing."""
    return _DEFAULTS.get(scheme, SchemeSettings())


def feed_class(kind: str) -> type[Feed]:
    """The class for a kind of source. Raises Misconfigured, naming the known kinds."""
    if kind not in _FEEDS:
        kinds = ", ".join(known_source_kinds())
        raise Misconfigured(
            f"no collector is called {kind!r}; known kinds of source: {kinds}",
            f"没有名为 {kind!r} 的来源类型；可用的类型：{kinds}",
        )
    return cast("type[Feed]", _load(*_FEEDS[kind]))


def listens(kind: str) -> bool:
    """True when sources of this kind listen instead of polling."""
    return kind in _LISTENERS


def listener_class(kind: str) -> type[Listener]:
    """The class for a kind that `listens`. Raises KeyError for other kinds."""
    return cast("type[Listener]", _load(*_LISTENERS[kind]))


def target_of(
    uri: str, *, asset: str = "", timeout: float = 2.0, credentials: Mapping[str, Credential] | None = None
) -> Target:
    """The validated target of a probe URI. Raises Misconfigured with a sentence that names the correction.

    `credentials` None leaves `cred=` unresolved (a check of the inventory alone).
    """
    scheme = uris.scheme_of(uri)
    cls = poller_class(scheme)
    target = uris.parse(uri, asset=asset, timeout=timeout)
    cls.validate(target)
    name = target.params.get("cred", "")
    if not name or credentials is None:
        return target
    if name not in credentials:
        raise Misconfigured(
            f"{uri!r} refers to credential {name!r}, which is not set; add [credentials.{name}] to the settings",
            f"{uri!r} 引用了未设置的凭据 {name!r}；请在设置中加入 [credentials.{name}]",
        )
    target = replace(target, credential=credentials[name])
    cls.validate(target)  # again: the credential may not suit the target
    return target


def check_source(settings: SourceSettings) -> None:
    """Validate the settings of a `[[source]]`. Raises Misconfigured."""
    (listener_class(settings.kind) if listens(settings.kind) else feed_class(settings.kind)).validate(settings)
