"""Parser of probe URIs: `scheme://host:port/path?key=value`, with percent-encoding."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from collectors.contract import Target
from collectors.errors import Misconfigured
from collectors.settings import Credential

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*$")
_HOST = re.compile(r"[\w.:%-]*")
_DOTTED = re.compile(r"\d+\.\d+\.\d+\.\d+")
_WEB = ("http", "https")
"""Schemes whose addresses are copied from browsers, with fragments that are never sent."""
_ELSEWHERE = {
    **dict.fromkeys(("interval", "timeout", "attempts", "retries", "concurrency"), "defaults"),
    **dict.fromkeys(("community", "version", "user", "username", "password", "token", "auth", "key"), "credentials"),
}
"""Tables of the settings that hold what people write into a URI."""
_DURATION = re.compile(r"^(\d+(?:\.\d+)?)(ms|s|m|h|d)$")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def scheme_of(uri: str) -> str:
    """The scheme in lower case. Raises Misconfigured when there is none."""
    scheme, colon, _ = uri.partition(":")
    if not colon or not _SCHEME.match(scheme):
        uri = uri.rpartition("@")[2]
        raise Misconfigured(
            f"{uri!r} has no scheme; write scheme://host:port, for example tcp://10.0.0.1:22",
            f"{uri!r} 没有协议名；请写成 协议://主机:端口，例如 tcp://10.0.0.1:22",
        )
    return scheme.lower()


def parse(uri: str, *, asset: str = "", timeout: float = 2.0, credential: Credential | None = None) -> Target:
    """Parse a probe URI. Raises Misconfigured. The rules of the scheme's collector are not checked."""
    scheme = scheme_of(uri)
    try:
        parts = urlsplit(uri)
        port = parts.port
        host = unquote(parts.hostname or "")
    except ValueError as error:
        raise Misconfigured(
            f"{uri!r}: {error}; write scheme://host:port with a port of 1 to 65535",
            f"{uri!r}：地址无法解析（{error}）；请写成 协议://主机:端口，端口为 1 至 65535",
        ) from error
    if "@" in parts.netloc:
        raise Misconfigured(
            f"a {scheme} probe carries a password in its URI; put it in [credentials.NAME] and write ?cred=NAME",
            f"{scheme} 探测的地址里写了口令；请放入 [credentials.名称]，并写 ?cred=名称",
        )
    _check_place(uri, scheme, host)
    return Target(
        asset=asset,
        uri=uri,
        scheme=scheme,
        host=host,
        port=port,
        path=parts.path,
        query=parts.query,
        params=_params(uri, parts.query),
        timeout=timeout,
        credential=credential,
    )


def _check_place(uri: str, scheme: str, host: str) -> None:
    """Raises Misconfigured for a host that can be none, and for a "#" that would cut off the rest."""
    if not _HOST.fullmatch(host):
        raise Misconfigured(
            f"{uri!r}: {host!r} is no host; several probes are divided by a blank",
            f"{uri!r}：{host!r} 不是主机；多个探测之间用空格分开",
        )
    if _DOTTED.fullmatch(host):
        try:
            ipaddress.IPv4Address(host)
        except ValueError as error:
            raise Misconfigured(f"{uri!r}: {host} is no IPv4 address", f"{uri!r}：{host} 不是 IPv4 地址") from error
    if "#" in uri and scheme not in _WEB:
        raise Misconfigured(
            f"{uri!r}: what follows # is not sent; write %23 for the sign itself",
            f"{uri!r}：# 之后的内容不会发送；要写 # 本身请用 %23",
        )


def _params(uri: str, query: str) -> dict[str, str]:
    params: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        # "+" stays "+": a probe's value is percent-encoded, not a web form.
        params.setdefault(unquote(key), unquote(value))
    return params


def need_host_and_port(target: Target) -> None:
    """Raises Misconfigured unless the URI names a host and a port of 1 to 65535."""
    if not target.host or not target.port:
        raise Misconfigured(
            f"{target.uri!r} needs a host and a port: {target.scheme}://10.0.0.1:22",
            f"{target.uri!r} 缺少主机或端口，请写成 {target.scheme}://10.0.0.1:22",
        )


def only(target: Target, allowed: Iterable[str]) -> None:
    """Raises Misconfigured when the URI has a parameter that is not allowed, or one of them twice."""
    names = sorted(allowed)
    for key in target.params:
        if key not in names:
            name_list = ", ".join(names) or "none"
            zh, en = _elsewhere(target.scheme, key)
            raise Misconfigured(
                f"{target.uri!r}: unknown parameter {key!r}; {target.scheme} knows: {name_list}{en}",
                f"{target.uri!r}：参数 {key!r} 未知；{target.scheme} 可用的参数：{name_list}{zh}",
            )
    keys = [unquote(pair.partition("=")[0]) for pair in target.query.split("&") if pair]
    for key in dict.fromkeys(key for key in keys if keys.count(key) > 1):
        raise Misconfigured(
            f"{target.uri!r}: {key} is given twice; write a probe for each",
            f"{target.uri!r}：{key} 写了两次；每个值请各写一个探测",
        )


def _elsewhere(scheme: str, key: str) -> tuple[str, str]:
    """Where in the settings a parameter stands that people write into a URI, Chinese and English; "" for others."""
    match _ELSEWHERE.get(key.lower()):
        case "defaults":
            table = f'[defaults."{scheme}"]'
            return f"；{key} 写在设置的 {table} 中", f"; {key} stands in {table} of the settings"
        case "credentials":
            return ("；口令写在 [credentials.名称] 中，再写 cred=名称", "; set [credentials.NAME], write cred=NAME")
    return "", ""


def no_path(target: Target) -> None:
    """Raises Misconfigured when the URI has a path, which its protocol knows nothing of."""
    if target.path not in ("", "/"):
        raise Misconfigured(
            f"{target.uri!r}: {target.scheme} has no path; leave out {target.path}",
            f"{target.uri!r}：{target.scheme} 没有路径；请去掉 {target.path}",
        )


def duration(text: str) -> float:
    """The seconds of a duration with a unit ("150ms", "10s", "5m", "1h", "1d"). Raises Misconfigured."""
    match = _DURATION.match(text.strip())
    if match is None or float(match[1]) <= 0:
        raise Misconfigured(
            f"{text!r} is no duration; write a number and a unit: 10s, 5m, 1h",
            f"{text!r} 不是时长；请写数字加单位，如 10s、5m、1h",
        )
    return float(match[1]) * _SECONDS[match[2]]
