"""What a site may set for its web server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """`[web]`. Plain HTTP off loopback only with `allow_plain_http`; sessions last `session_hours`."""

    host: str = "127.0.0.1"
    port: int = 8050
    tls_cert: str = ""
    tls_key: str = ""
    allow_plain_http: bool = False
    session_hours: float = 12.0
    demo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteInfo:
    """What every page may know of the site. `bounds` is west, south, east, north in degrees."""

    name: str
    region: str
    timezone: str = "Asia/Shanghai"
    language: str = "zh-CN"
    version: str = ""
