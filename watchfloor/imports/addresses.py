"""Addresses, ports and web addresses as people write them into cells. Pure."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

_BETWEEN = re.compile(r"[;；,，、\s|]+")
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)+"
)
_WITH_PORT = re.compile(r"(.+):(\d{1,5})")
_MASK = re.compile(r"/\d{1,3}$|/\d+\.\d+\.\d+\.\d+$")
_UNSAFE = "%/:?&=+,;@!$'()*~[]-._"
HOST_PORTS = {"http": 80, "https": 443}


def addresses_of(text: str) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """The hosts of a cell, the ports behind them, and the parts that are no address.

    Full-width signs are read as plain ones, 。 as a point; a mask after the address is dropped.
    """
    hosts: list[str] = []
    ports: list[int] = []
    bad: list[str] = []
    for part in _parts(text.replace("。", ".")):
        host, port = _host_and_port(part)
        if not host:
            bad.append(part)
            continue
        hosts.append(host)
        ports += [port] if port else []
    return tuple(dict.fromkeys(hosts)), tuple(dict.fromkeys(ports)), tuple(bad)


def _parts(text: str) -> list[str]:
    return [part for part in _BETWEEN.split(unicodedata.normalize("NFKC", text)) if part]


def _host_and_port(part: str) -> tuple[str, int]:
    """The host and its port (0: none is given) of a part of a cell; "" when it is no address."""
    part = _MASK.sub("", part)
    port = 0
    if match := _WITH_PORT.fullmatch(part):
        with_colons = part.count(":") > 1 and not part.startswith("[")
        if not with_colons:
            part, port = match[1], int(match[2])
            if not 0 < port < 65536:
                return "", 0
    part = part.strip("[]")
    try:
        return str(ipaddress.ip_address(part)), port
    except ValueError:
        name = part.casefold()
    # 10.1.1.300 and 10.1.1 would pass as names.
    numeric = re.fullmatch(r"[\d.]+(-\d+)?", name) is not None
    return (name, port) if _HOST.fullmatch(name) and not numeric else ("", 0)


def ports_of(text: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The TCP ports of a cell such as "80、443" or "TCP 8080", and the parts that are none."""
    ports: list[int] = []
    bad: list[str] = []
    for part in _parts(text):
        number = re.sub(r"^(tcp)[:/]?|[:/]?(tcp)$", "", part.casefold())
        if number.isascii() and number.isdigit() and 0 < int(number) < 65536:
            ports.append(int(number))
        elif number:
            bad.append(part)
    return tuple(dict.fromkeys(ports)), tuple(bad)


def urls_of(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The web addresses of a cell, and the parts that are none. A bare host is taken for http://."""
    urls: list[str] = []
    bad: list[str] = []
    for part in _parts(text):
        url = part if "://" in part else f"http://{part}"
        if web_address(url):
            urls.append(web_address(url))
        else:
            bad.append(part)
    return tuple(dict.fromkeys(urls)), tuple(bad)


def web_address(url: str) -> str:
    """A URL of http or https with what is special in it percent-encoded, without its fragment; "" for others.

    A query of its own would be read as parameters of the probe, so it is dropped as well.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host, _, _ = addresses_of(parts.hostname or "")
    if parts.scheme.lower() not in HOST_PORTS or len(host) != 1 or parts.username:
        return ""
    shown = f"[{host[0]}]" if ":" in host[0] else host[0]
    return f"{parts.scheme.lower()}://{shown}{f':{port}' if port else ''}{quote(parts.path, safe=_UNSAFE)}"


def shown_host(host: str) -> str:
    """A host as it stands in a URI: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def tcp_probes(hosts: Sequence[str], ports: Sequence[int]) -> tuple[str, ...]:
    """A tcp:// probe of each port of each host."""
    return tuple(f"tcp://{shown_host(host)}:{port}" for host in hosts for port in ports)
