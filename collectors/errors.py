"""Errors that collectors raise, named by what must happen next.

::

    CollectorError
    ├── NotReady            try again: the target did not answer as it should (`reason` says how)
    │   ├── UnexpectedForm  it answered, but not with a document of the expected form
    │   └── Undetermined    something in front of it failed or it was busy: nobody can tell whether it works
    ├── AuthFailed          a person must act: the target answers, but refuses the credential
    ├── Silent              wait: the connection works, but the target has sent nothing when it should have
    └── Misconfigured       stop: it cannot work until somebody corrects the settings
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Sequence
from enum import StrEnum

from collectors.contract import Measurement
from feeds.masking import masked


class Reason(StrEnum):
    """How a target failed to answer. The `text` of a `.up` reading that is False begins with it."""

    TIMEOUT = "timeout"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    UNRESOLVED = "unresolved"
    CLOSED = "closed"
    TLS = "tls"
    WRONG_ANSWER = "wrong answer"
    OFFLINE = "offline"

    @property
    def words(self) -> dict[str, str]:
        """The reason in words, by language ("zh-CN", "en")."""
        return {"zh-CN": _REASONS_ZH[self], "en": str(self)}


_REASONS_ZH = {
    Reason.TIMEOUT: "超时",
    Reason.REFUSED: "拒绝连接",
    Reason.UNREACHABLE: "网络不可达",
    Reason.UNRESOLVED: "域名无法解析",
    Reason.CLOSED: "连接被断开",
    Reason.TLS: "TLS 证书或握手失败",
    Reason.WRONG_ANSWER: "应答不符",
    Reason.OFFLINE: "设备离线",
}


class CollectorError(Exception):
    """Base of the errors. `en` and `zh` say in a sentence what happened or what a person must do.

    Secrets in addresses are masked.
    """

    def __init__(self, en: str, zh: str = "") -> None:
        self.en = masked(en)
        self.zh = masked(zh or en)
        super().__init__(self.en)

    def say(self, language: str = "zh-CN") -> str:
        """The sentence in `language` ("zh-CN" or "en")."""
        return self.zh if language.startswith("zh") else self.en


class NotReady(CollectorError):
    """Try again. `measurements` holds what was read before the failure, such as a status code.

    `detail` follows the reason. Without `detail_zh` it follows the Chinese reason too.
    """

    def __init__(
        self, reason: Reason, detail: str = "", measurements: Sequence[Measurement] = (), *, detail_zh: str = ""
    ) -> None:
        tail = f": {detail}" if detail else ""
        tail_zh = f"：{detail_zh}" if detail_zh else tail
        super().__init__(f"{reason}{tail}", f"{reason.words['zh-CN']}{tail_zh}")
        self.reason = reason
        self.measurements = tuple(measurements)


class UnexpectedForm(NotReady):
    """Try again: the request succeeded, but the answer is not a document of the expected form."""

    def __init__(self, en: str, zh: str) -> None:
        super().__init__(Reason.WRONG_ANSWER, en, detail_zh=zh)


class Undetermined(NotReady):
    """Try again: a broker or gateway in front of the target failed, or the target was busy. It is unknown, not down."""

    def __init__(self, reason: Reason, en: str, zh: str) -> None:
        super().__init__(reason, en, detail_zh=zh)


class AuthFailed(CollectorError):
    """A person must act: the target answers, but the credential is missing, wrong or not allowed.

    `measurements` holds what was read before the refusal.
    """

    def __init__(self, en: str, zh: str = "", measurements: Sequence[Measurement] = ()) -> None:
        super().__init__(en, zh)
        self.measurements = tuple(measurements)


class Silent(CollectorError):
    """Wait: the connection works, but the target itself has sent nothing for longer than it should."""


class Misconfigured(CollectorError):
    """Stop: no retry can help until the settings are corrected. The sentence names the correction."""


_BY_ERRNO = {
    errno.ECONNREFUSED: Reason.REFUSED,
    errno.EHOSTUNREACH: Reason.UNREACHABLE,
    errno.ENETUNREACH: Reason.UNREACHABLE,
    errno.EHOSTDOWN: Reason.UNREACHABLE,
    errno.EADDRNOTAVAIL: Reason.UNREACHABLE,
    errno.ETIMEDOUT: Reason.TIMEOUT,
    errno.ECONNRESET: Reason.CLOSED,
    errno.EPIPE: Reason.CLOSED,
    errno.ECONNABORTED: Reason.CLOSED,
}


_NO_TLS = frozenset(("WRONG_VERSION_NUMBER", "UNEXPECTED_MESSAGE", "HTTP_REQUEST"))


def not_ready(error: OSError) -> NotReady:
    """The NotReady for an OSError."""
    if isinstance(error, TimeoutError):
        return NotReady(Reason.TIMEOUT)
    if isinstance(error, socket.gaierror):
        return NotReady(Reason.UNRESOLVED)
    if isinstance(error, ssl.SSLError):
        # Python gives these attributes only to the errors that OpenSSL itself raised.
        detail = getattr(error, "verify_message", "") or getattr(error, "reason", "") or str(error)
        if detail in _NO_TLS:  # no certificate was received, so it is not a certificate error
            return NotReady(Reason.WRONG_ANSWER, "what answers does not speak TLS")
        return NotReady(Reason.TLS, detail)
    reason = _BY_ERRNO.get(error.errno or 0)
    if reason is not None:
        return NotReady(reason)
    if error.errno is None and isinstance(error, ConnectionError):
        # Raised by asyncio itself when the peer closes during the TLS handshake: the peer was reachable.
        return NotReady(Reason.CLOSED)
    return NotReady(Reason.UNREACHABLE, error.strerror or str(error))
