"""The interface of receivers to the sender, and the errors of a delivery."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import aiohttp


AT_ONCE = 4
"""Messages to different persons behind one receiver that may be under way at the same time."""


class Addressing(StrEnum):
    """Addressing of a receiver: by a person's address, by a person's name, or everybody behind it at once."""

    ADDRESS = "address"
    PERSON = "person"
    GROUP = "group"


class ReceiverTarget(Protocol):
    """One receiver, checked and ready."""

    @property
    def id(self) -> str: ...

    @property
    def at_once(self) -> int:
        """The number of messages to different persons that may be under way at the same time."""

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Deliver one message; raises RetryLater or Rejected."""

    def close(self) -> None:
        """Nothing more will be sent."""


class Undelivered(Exception):
    """The message was not delivered. The subclass says what the sender must do.

    Undelivered
    ├── RetryLater   try again later
    └── Rejected     the receiver refuses the message for good
    """


class RetryLater(Undelivered):
    """The receiver did not answer, or asks to retry. `after` is the requested delay in seconds, if any."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Rejected(Undelivered):
    """The receiver refused this message."""


class ReceiverError(ValueError):
    """A receiver cannot be used. `message` says why and how to correct it, by language ("zh-CN", "en")."""

    def __init__(self, receiver: str, zh: str, en: str) -> None:
        super().__init__(f"receiver {receiver}: {en}")
        self.receiver = receiver
        self.message = {"zh-CN": f"接收方 {receiver}：{zh}", "en": f"receiver {receiver}: {en}"}


def judge_status(status: int, retry_after: str = "") -> None:
    """Accept 2xx; raise RetryLater for 408, 429 and 5xx, Rejected for any other status."""
    if 200 <= status < 300:
        return
    if status in (408, 429) or status >= 500:
        raise RetryLater(
            f"HTTP {status}", float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
        )
    raise Rejected(f"HTTP {status}")


def address_of(body: Mapping[str, Any], fixed: str = "") -> str:
    """The address of a message: the person's, else the receiver's own."""
    return str((body.get("to") or {}).get("address") or fixed)
