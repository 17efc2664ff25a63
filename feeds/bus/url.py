"""The URL of the bus: one server, a Sentinel set, or a cluster.

    redis://…  rediss://…  unix://…                                           one server, read by redis-py itself
    redis+sentinel://[[user]:password@]h1:26379,h2:26379/SERVICE[?sentinel_password=…][&wait=1]
    redis+cluster://[[user]:password@]h1:7000,h2:7000[?wait=1]

User and passwords are percent-encoded. `wait` is how many replicas must have a published entry before it counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

SENTINEL, CLUSTER = "redis+sentinel", "redis+cluster"
FORMS = {
    SENTINEL: "redis+sentinel://h1:26379,h2:26379,h3:26379/SERVICE",
    CLUSTER: "redis+cluster://h1:7000,h2:7000,h3:7000",
}
"""Format of each form, for messages."""
_PORTS = {SENTINEL: 26379, CLUSTER: 6379}
_OPTIONS = {SENTINEL: {"wait", "sentinel_user", "sentinel_password"}, CLUSTER: {"wait"}}
_MOST_COPIES = 10


@dataclass(frozen=True, slots=True)
class Replicated:
    """A set of replicated servers. `service` is Sentinel's name of the set, "" for a cluster."""

    form: str
    hosts: tuple[tuple[str, int], ...]
    service: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    sentinel_user: str = ""
    sentinel_password: str = field(default="", repr=False)
    wait: int = 1


def parse(url: str) -> Replicated | None:
    """The parts of a URL of the two forms, None for every other URL. Raises ValueError, without the URL's secrets."""
    form, separator, address = url.partition("://")
    if not separator or form not in FORMS:
        return None
    parts = urlsplit(f"//{address}")
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if options.keys() - _OPTIONS[form] or parts.fragment:
        raise ValueError("an option is unknown")
    service = unquote(parts.path.strip("/"))
    if bool(service) != (form == SENTINEL) or "/" in service:
        raise ValueError("Sentinel needs the name of its service after the hosts; a cluster has none")
    return Replicated(
        form,
        tuple(_host(host, _PORTS[form]) for host in hosts.split(",")),
        service,
        unquote(user),
        unquote(password),
        options.get("sentinel_user", ""),
        options.get("sentinel_password", ""),
        _wait(options.get("wait", "1")),
    )


def shown(url: str) -> str:
    """The address for people, without credentials and options, which hold secrets."""
    parts = urlsplit(url)
    return f"{parts.netloc.rpartition('@')[2]}{parts.path}"


def _host(text: str, port: int) -> tuple[str, int]:
    """ "h", "h:7000", "[::1]:7000" """
    parts = urlsplit(f"//{text}")
    if not parts.hostname or parts.port == 0 or "@" in text:
        raise ValueError("a host is missing, or its port is invalid")
    return parts.hostname, parts.port or port


def _wait(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_COPIES):
        raise ValueError(f"wait is a number from 0 to {_MOST_COPIES}")
    return int(text)
