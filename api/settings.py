"""What a site may set for its web server."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`[web]`. Plain HTTP off loopback only with `allow_plain_http`.

    `trusted_proxies` are addresses and networks of proxies that do TLS before us: what they say of a request's
    origin is believed, and cookies are for HTTPS only. A session lasts `session_hours` at most and ends after
    `idle_hours` without an action of the person. A person has `sessions` at a time at most. A password is to be changed
    after `password_days` (0: never), and is none of the last `password_history`. `second_factor` is "optional",
    "required" or "off". Dangerous orders need a password entered within the last `confirm_minutes`.
    With `separated_powers` the system, security and audit administrator exclude one another.
    """

    host: str = "127.0.0.1"
    port: int = 8050
    tls_cert: str = ""
    tls_key: str = ""
    allow_plain_http: bool = False
    trusted_proxies: tuple[str, ...] = ()
    session_hours: float = 12.0
    idle_hours: float = 2.0
    sessions: int = 5
    password_days: float = 0.0
    password_history: int = 5
    second_factor: str = "optional"
    confirm_minutes: float = 15.0
    separated_powers: bool = False
    demo: bool = False

    @property
    def tls(self) -> bool:
        """We speak HTTPS ourselves."""
        return bool(self.tls_cert)

    @property
    def secure(self) -> bool:
        """People reach us over HTTPS, through a proxy or not: Secure cookies and HSTS."""
        return self.tls or bool(self.trusted_proxies)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInfo:
    """What every page may know of the site. `bounds` is west, south, east, north in degrees."""

    name: str
    region: str
    timezone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestSettings:
    """`[ingest]`. `resolve_timeout` (seconds) is the lease of an alert that came without one, as Alertmanager's.

    `zabbix_timezone` is the zone of a Zabbix server's times, which carry none; "" is the site's own. `region_labels`
    are the labels that name an alert's region, `regions` the codes (GB/T 2260) of their values.
    """

    resolve_timeout: float = 300.0
    zabbix_timezone: str = ""
    region_labels: tuple[str, ...] = ("region",)
    regions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """`[load]`: what the site asks of its people, as medians in seconds; 0 is no target.

    `mtta`: from the first event to the first person who takes it; `mttr`: to its end.
    """

    mtta: float = 0.0
    mttr: float = 0.0


def is_loopback(host: str) -> bool:
    """Whether a server on `host` can only be reached from this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
