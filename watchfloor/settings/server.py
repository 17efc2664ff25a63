"""The sections `[site]`, `[redis]`, `[journal]`, `[history]`, `[web]`, `[ingest]` and `[load]`."""

from __future__ import annotations

import ipaddress
import re
import ssl
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.settings import IngestSettings, LoadSettings, SiteInfo, WebSettings, is_loopback
from feeds.bus import url as bus_url
from feeds.history.settings import HistorySettings
from watchfloor.settings.reader import LANGUAGES, SettingsTable, has_host, spell

_CODE = re.compile(r"\d{6}(\d{3}(\d{3})?)?")
_INVENTORIES = (".csv", ".geojson", ".json", ".gpkg")
_REDIS = '"embedded", redis://host:6379/0, rediss://host:6379/0, ' + ", ".join(bus_url.FORMS.values())


def site(table: SettingsTable) -> tuple[SiteInfo, Path, tuple[Path, ...]]:
    """The public facts of the site, the data folder and the inventory files."""
    name = table.text("name", None, '"楚雄州"')
    region = table.region("region", None)
    timezone = _zone(table, "timezone", "Asia/Shanghai")
    language = table.choice("language", "zh-CN", LANGUAGES)
    data = table.path("data", "data")
    files = table.texts("inventory", [], '["assets.csv"]')
    for file in files:
        if not file.lower().endswith(_INVENTORIES):
            table.wrong("inventory_kind", "inventory")
    info = SiteInfo(name=name, region=region, timezone=timezone, language=language, version=installed_version())
    return info, data, tuple(table.folder / file for file in files)


def _zone(table: SettingsTable, key: str, default: str) -> str:
    zone = table.text(key, default, '"Asia/Shanghai"')
    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        table.wrong("timezone", key)
    return zone


def load(table: SettingsTable) -> LoadSettings:
    """`[load]`: target times (seconds) to acknowledge and to resolve an alert."""
    return LoadSettings(mtta=table.duration("mtta", 0.0, "0s", "7d"), mttr=table.duration("mttr", 0.0, "0s", "31d"))


def ingest(table: SettingsTable) -> IngestSettings:
    """`[ingest]`: how alerts of other tools are read."""
    return IngestSettings(
        resolve_timeout=table.duration("resolve_timeout", IngestSettings().resolve_timeout, "10s", "1d"),
        zabbix_timezone=_zone(table, "zabbix_timezone", ""),
        region_labels=tuple(table.texts("region_labels", list(IngestSettings().region_labels), '["region"]')),
        regions=_regions(table),
    )


def _regions(table: SettingsTable) -> dict[str, str]:
    """The codes of label values, from texts such as "Lufeng=532302"."""
    pairs = [text.rpartition("=") for text in table.texts("regions", [], '["Lufeng=532302"]')]
    if any(not value.strip() or not _CODE.fullmatch(code.strip()) for value, _, code in pairs):
        table.wrong("region_pairs", "regions")
        return {}
    return {value.strip(): code.strip() for value, _, code in pairs}


def installed_version() -> str:
    """The version of the installed package; "" in a source tree that is not installed."""
    try:
        return version("watchfloor")
    except PackageNotFoundError:
        return ""


def redis_url(table: SettingsTable) -> str:
    """`[redis] url`: "embedded" or the URL of a server, a Sentinel set or a cluster."""
    url = table.secret("url", "embedded")
    scheme = url.partition("://")[0]
    if scheme == "unix":
        table.wrong(
            "not_supported",
            "url",
            instead={
                "zh-CN": '用 "embedded"，或 redis://、rediss://、redis+sentinel://、redis+cluster://',
                "en": 'use "embedded", redis://, rediss://, redis+sentinel:// or redis+cluster://',
            },
        )
    elif scheme in bus_url.FORMS:
        try:
            bus_url.parse(url)
        except ValueError:
            table.wrong("url", "url", known=bus_url.FORMS[scheme])
    elif url and url != "embedded" and not (scheme in ("redis", "rediss") and has_host(url)):
        table.wrong("url", "url", known=_REDIS)
    return url


def journal(table: SettingsTable) -> tuple[str, Path | None]:
    """`[journal]`: the URL, and the file of its keys (None: the data folder's own)."""
    key = table.path("key", "")
    return journal_url(table), key if table.has("key") and table.raw["key"] else None


def journal_url(table: SettingsTable) -> str:
    """`[journal] url`: "embedded" or the URL of a PostgreSQL database."""
    url = table.secret("url", "embedded")
    if not url or url == "embedded":
        return url
    if not (url.startswith("postgresql+asyncpg://") and has_host(url)):
        table.wrong("url", "url", known='"embedded", postgresql+asyncpg://user:password@host:5432/watchfloor')
    elif find_spec("asyncpg") is None:
        table.wrong("driver", "url", driver="asyncpg")
    return url


def history(table: SettingsTable) -> HistorySettings:
    """`[history]`: retention of samples and averages. A coarser one is kept at least as long as a finer one."""
    builtin = HistorySettings()
    retention = HistorySettings(
        keep_raw=table.duration("keep_raw", builtin.keep_raw, "1d", "10y"),
        keep_5m=table.duration("keep_5m", builtin.keep_5m, "1d", "10y"),
        keep_1h=table.duration("keep_1h", builtin.keep_1h, "1d", "20y"),
    )
    for finer, coarser in (("keep_raw", "keep_5m"), ("keep_5m", "keep_1h")):
        if getattr(retention, finer) > getattr(retention, coarser):
            table.wrong("keep_order", finer, other=coarser, most=spell(getattr(retention, coarser)))
    return retention


def web(table: SettingsTable) -> WebSettings:
    """`[web]`. Only a loopback address may serve the demo, or plain HTTP without `allow_plain_http`."""
    settings = WebSettings(
        host=table.text("host", "127.0.0.1", '"127.0.0.1"') or "127.0.0.1",
        port=table.whole("port", 8050, 0, 65535),
        tls_cert=file(table, "tls_cert"),
        tls_key=file(table, "tls_key"),
        allow_plain_http=table.flag("allow_plain_http", False),
        trusted_proxies=_proxies(table),
        session_hours=table.number("session_hours", 12.0, 0.1, 720.0),
        idle_hours=table.number("idle_hours", 2.0, 0.1, 720.0),
        sessions=table.whole("sessions", 5, 1, 100),
        password_days=table.number("password_days", 0.0, 0.0, 3650.0),
        password_history=table.whole("password_history", 5, 0, 24),
        second_factor=table.choice("second_factor", "optional", ("optional", "required", "off")),
        separated_powers=table.flag("separated_powers", False),
        confirm_minutes=table.number("confirm_minutes", 15.0, 1.0, 1440.0),
        demo=table.flag("demo", False),
    )
    check_tls(table, settings.tls_cert, settings.tls_key)
    if not is_loopback(settings.host):
        if settings.demo:
            table.wrong("demo_off_loopback", "demo")
        if not settings.tls_cert and not settings.allow_plain_http:
            table.wrong("plain_http", "host")
    return settings


def _proxies(table: SettingsTable) -> tuple[str, ...]:
    networks = table.texts("trusted_proxies", [], '["127.0.0.1"]')
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError:
            table.wrong("proxy_form", "trusted_proxies")
    return tuple(networks)


def file(table: SettingsTable, key: str) -> str:
    """The path of the file that a setting names, or "". A file that cannot be read is a finding."""
    text = table.text(key)
    if not text:
        return ""
    path = table.folder / text
    try:
        table.references.read(path)
    except FileNotFoundError:
        table.wrong("path_missing", key)
    except (OSError, ValueError) as error:
        table.wrong("reference_file", key, detail=getattr(error, "strerror", None) or str(error))
    return str(table.references.located(path))


def check_tls(table: SettingsTable, cert: str, key: str) -> None:
    """Add a finding for a certificate without a key or the reverse, and for a pair that does not match."""
    if bool(cert) != bool(key):
        table.wrong("tls_half", "tls_cert" if cert else "tls_key", other="tls_key" if cert else "tls_cert")
    elif cert and Path(cert).is_file() and Path(key).is_file():
        try:
            # A key with a passphrase must fail here and not prompt on a terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
        except (ssl.SSLError, OSError) as error:
            table.wrong("tls_broken", "tls_cert", detail=error.strerror or getattr(error, "reason", "") or str(error))
