"""Brokers: the address and credential of one, and the errors for the codes with which it refuses."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason
from collectors.network.mqtt import packets

VERSIONS = {packets.V311: "3.1.1", packets.V5: "5"}
# CONNACK: 3.1.1 clause 3.2.2.3, 5.0 clause 3.2.2.2.
_DENIED = frozenset((4, 5, 0x86, 0x87, 0x8A, 0x8C))
_VERSION = frozenset((1, 0x84))
_REASONS = {
    2: "client identifier rejected",
    3: "server unavailable",
    0x85: "client identifier not valid",
    0x88: "server unavailable",
    0x89: "server busy",
    0x95: "packet too large",
    0x97: "quota exceeded",
    0x9F: "connection rate exceeded",
}

_INVALID_FILTER = {0x8F: "topic filter invalid", 0xA2: "wildcards not supported"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """A broker with its protocol version, credential and TLS context (None without TLS)."""

    host: str
    port: int
    version: int = packets.V311
    user: str = ""
    password: str = field(default="", repr=False)
    tls: ssl.SSLContext | None = None


def require_granted(name: str, code: int) -> None:
    """Raises CollectorError for a SUBACK code that refuses (3.1.1 clause 3.9.3, 5.0 clause 3.9.2.1)."""
    if code in _INVALID_FILTER:
        raise Misconfigured(
            f"the broker does not take the topic filter {name!r} ({_INVALID_FILTER[code]}); mend the topic",
            f"代理不接受主题过滤器 {name!r}（{_INVALID_FILTER[code]}）；请改正主题",
        )
    if code == 0x97:
        raise NotReady(Reason.WRONG_ANSWER, f"the broker refuses to let us subscribe to {name!r}: quota exceeded")
    if code >= 0x80:
        raise AuthFailed(
            f"the broker does not let us subscribe to {name!r} (code {code:#04x}); "
            "give the account the right to read it",
            f"代理拒绝订阅 {name!r}（代码 {code:#04x}）；请为该账号授予读取权限",
        )


def connack_error(code: int, broker: Broker) -> CollectorError:
    """The error for a CONNACK code (3.1.1 clause 3.2.2.3, 5.0 clause 3.2.2.2)."""
    if code in _DENIED:
        return AuthFailed(
            f"the broker refuses the user name or the password (code {code}); mend the credential that cred= names",
            f"代理拒绝该用户名或口令（代码 {code}）；请改正 cred= 所指的凭据",
        )
    if code in _VERSION:
        other_version = next(name for version, name in VERSIONS.items() if version != broker.version)
        return Misconfigured(
            f"the broker does not speak MQTT {VERSIONS[broker.version]}; write version={other_version}",
            f"代理不支持 MQTT {VERSIONS[broker.version]}；请写 version={other_version}",
        )
    return NotReady(Reason.WRONG_ANSWER, f"the broker refuses: {_REASONS.get(code, f'code {code}')}")
