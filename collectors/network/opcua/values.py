"""OPC UA's values, qualities and errors in our words (OPC 10000-4, 7.7 and 7.39; OPC 10000-8, 6.3)."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime

from asyncua import ua
from asyncua.ua.status_codes import StatusCodes as CODES
from asyncua.ua.uaerrors import UaStatusCodeError

from collectors.charset import printable
from collectors.contract import Measurement
from collectors.errors import AuthFailed, CollectorError, Misconfigured, NotReady, Reason, Undetermined, not_ready
from feeds import wire
from feeds.model import Quality, Severity, Value

TEXT = 200
LEVELS = ((801, Severity.CRITICAL), (601, Severity.MAJOR), (401, Severity.MINOR), (201, Severity.WARNING))
"""OPC UA's severity, 1 to 1000, in five equal parts."""
UNKNOWN_NODE = frozenset((CODES.BadNodeIdUnknown, CODES.BadNodeIdInvalid))
NO_VALUE = frozenset((CODES.BadAttributeIdInvalid,))
NO_RIGHT = frozenset((CODES.BadUserAccessDenied, CODES.BadNotReadable))
LOGIN = frozenset(
    (
        CODES.BadIdentityTokenRejected,
        CODES.BadIdentityTokenInvalid,
        CODES.BadUserAccessDenied,
        CODES.BadUserSignatureInvalid,
    )
)
SECURITY = frozenset(
    (
        CODES.BadSecurityChecksFailed,
        CODES.BadSecurityPolicyRejected,
        CODES.BadSecurityModeRejected,
        CODES.BadSecurityModeInsufficient,
        CODES.BadApplicationSignatureInvalid,
        CODES.BadNonceInvalid,
    )
)


NO_ROOM = frozenset(
    (
        CODES.BadTooManySessions,
        CODES.BadTooManySubscriptions,
        CODES.BadTooManyMonitoredItems,
        CODES.BadTooManyOperations,
        CODES.BadTcpServerTooBusy,
        CODES.BadTcpNotEnoughResources,
        CODES.BadResourceUnavailable,
        CODES.BadOutOfMemory,
    )
)
"""Status codes of a server that works but has no free session or resources. The state of its nodes is unknown."""


class WrongType(Misconfigured):
    """The node's value is nothing that one reading can hold."""

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(
            f"{node} holds {reason}; name a node with a number, a truth, a text or a time",
            f"{node} 的值是{reason}；请指定值为数字、布尔、文本或时间的节点",
        )


def quality(status: int) -> Quality:
    """By the two highest bits of a status code."""
    return (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[status >> 30 & 3]


def severity(level: int) -> Severity:
    """Of an event."""
    return next((severity for least, severity in LEVELS if level >= least), Severity.INFO)


def seconds(moment: datetime | None) -> float | None:
    """Epoch seconds; a time without a zone is UTC (OPC 10000-6, 5.2.2.5), one before 1970 is none."""
    if moment is None or moment.year < 1970:
        return None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


def status_name(code: int) -> str:
    """BadSensorFailure for its number."""
    return str(ua.StatusCode(ua.UInt32(code)).name)


def measurement(
    data_value: ua.DataValue, node: str, metric: str, unit: str, at: float, published: float
) -> Measurement:
    """The measurement of a node's value. `at` is now, and `published` when the server sent it. Raises WrongType."""
    code = int(data_value.StatusCode.value) if data_value.StatusCode is not None else 0
    value = plain(data_value.Value, node) if data_value.Value is not None else None
    good = quality(code)
    if value is None and good is Quality.GOOD:
        good = Quality.UNCERTAIN
    source = seconds(data_value.SourceTimestamp) or seconds(data_value.ServerTimestamp) or at
    text = status_name(code) if code >> 30 else ""
    return Measurement(
        metric=metric,
        value=None if good is Quality.BAD else value,
        unit=unit,
        quality=good,
        observed_at=source,
        text=text,
        confirmed_at=published,
    )


def plain(variant: ua.Variant, node: str) -> Value:
    """Raises WrongType for an array and a structure."""
    value = variant.Value
    if variant.is_array or isinstance(value, list | tuple):
        raise WrongType(node, "an array (数组)")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, ua.LocalizedText):
        value = value.Text or ""
    if isinstance(value, datetime):
        return wire.iso(seconds(value) or 0.0)
    if isinstance(value, str):
        return printable(value[:TEXT])
    raise WrongType(node, f"a structure (结构 {variant.VariantType.name})")


def of_node(code: int, node: str) -> CollectorError:
    """Why a node cannot be watched."""
    if code in UNKNOWN_NODE:
        return Misconfigured(
            f"the server has no node {node}; mend node= (ns=…;s=…, ns=…;i=…)",
            f"服务器没有节点 {node}；请改正 node=（ns=…;s=…、ns=…;i=…）",
        )
    if code in NO_VALUE:
        return WrongType(node, "no value at all (没有值的对象)")
    if code in NO_RIGHT:
        return AuthFailed(
            f"the account may not read {node} ({status_name(code)}); give it the right",
            f"该账号无权读取 {node}（{status_name(code)}）；请授权",
        )
    return NotReady(Reason.WRONG_ANSWER, f"{node}: {status_name(code)}")


def of_error(error: Exception) -> CollectorError:
    """The CollectorError for an error of a session."""
    if isinstance(error, CollectorError):
        return error
    if isinstance(error, TimeoutError | asyncio.TimeoutError):
        return NotReady(Reason.TIMEOUT)
    if isinstance(error, UaStatusCodeError):
        return _of_status(int(error.code))
    if isinstance(error, OSError):
        return not_ready(error) if error.errno is not None else NotReady(Reason.CLOSED, str(error)[:TEXT])
    return NotReady(Reason.WRONG_ANSWER, f"this is no OPC UA that can be read ({type(error).__name__})")


def _of_status(code: int) -> CollectorError:
    name = status_name(code)
    if code in LOGIN:
        return AuthFailed(
            f"the server refuses the user ({name}); mend user and password of the credential that cred= names",
            f"服务器拒绝该用户（{name}）；请改正 cred= 所指凭据的 user 与 password",
        )
    if code in SECURITY or name.startswith("BadCertificate"):
        return AuthFailed(
            f"the server refuses our security ({name}); let it trust our certificate, or mend policy and mode",
            f"服务器拒绝我方安全设置（{name}）；请在服务器上信任本方证书，或改正 policy 与 mode",
        )
    if code in NO_ROOM:
        return Undetermined(
            Reason.REFUSED,
            f"the server has no session or resources free ({name}): end other clients, or raise its limit",
            f"服务器没有空闲的会话或资源（{name}）：请结束其他客户端，或调大其上限",
        )
    if code == CODES.BadTcpEndpointUrlInvalid:
        return Misconfigured(f"the server does not know this address ({name})", f"服务器不认识该地址（{name}）")
    if code in (CODES.BadTimeout, CODES.BadRequestTimeout):
        return NotReady(Reason.TIMEOUT, name)
    if code in (
        CODES.BadConnectionClosed,
        CODES.BadSecureChannelClosed,
        CODES.BadSessionClosed,
        CODES.BadShutdown,
        CODES.BadServerHalted,
        CODES.BadSessionIdInvalid,
        CODES.BadCommunicationError,
    ):
        return NotReady(Reason.CLOSED, name)
    return NotReady(Reason.WRONG_ANSWER, name)
