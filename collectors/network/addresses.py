"""From a host of a URI to an IP address, without a thread when it is one already."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache

from collectors.contract import Target
from collectors.errors import Misconfigured, not_ready


@lru_cache(maxsize=65536)
def literal(host: str) -> str:
    """`host` in canonical form when it is an IP address (RFC 5952 for IPv6), "" when it is a name."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""


async def resolve(host: str) -> str:
    """An IP address of `host`, IPv4 or IPv6 as the system prefers. Raises NotReady (unresolved)."""
    address = literal(host)
    if address:
        return address
    try:
        resolved = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty or over 63 octets
        raise not_ready(socket.gaierror(socket.EAI_NONAME, str(error))) from error
    except OSError as error:
        raise not_ready(error) from error
    return str(resolved[0][4][0])


def need_host(target: Target, example: str) -> None:
    """Raises Misconfigured unless the URI names a host; `example` shows how to write it."""
    if not target.host:
        raise Misconfigured(
            f"{target.uri!r} names no host; write {example}", f"{target.uri!r} 缺少主机；请写成 {example}"
        )
    if target.uri.partition("?")[0].endswith(":0") or target.port == 0:
        raise Misconfigured(f"{target.uri!r}: port 0 cannot be asked", f"{target.uri!r}：端口不能为 0")


def choice(target: Target, name: str, allowed: tuple[str, ...]) -> str:
    """The parameter `name`, the first of `allowed` when it is not given. Raises Misconfigured."""
    value = target.params.get(name, allowed[0])
    if value not in allowed:
        allowed_names = ", ".join(allowed)
        raise Misconfigured(
            f"{target.uri!r}: {name}={value!r} is not one of: {allowed_names}",
            f"{target.uri!r}：{name}={value!r} 无效，可用：{allowed_names}",
        )
    return value
