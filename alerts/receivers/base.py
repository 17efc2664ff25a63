"""What every receiver is to the sender: somewhere to hand one message, and what may become of that."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import aiohttp


AT_ONCE = 4
"""Messages to different persons behind one receiver that may be under way at the same time."""


class Addressing(StrEnum):
    """Whom one message of a receiver reaches: a person's address, a person by name, or everybody behind it at once."""

    ADDRESS = "address"
    PERSON = "person"
    GROUP = "group"


class ReceiverTarget(Protocol):
    """One receiver, checked and ready."""

    @property
    def id(self) -> str: ...

    @property
    def at_once(self) -> int:
        """How many messages to different persons may be under way at the same time."""

    async def send(self, session: aiohttp.ClientSession, key: str, body: Mapping[str, Any]) -> None:
        """Hand one message over; Again or Rejected when it has not arrived."""

    def close(self) -> None:
        """Nothing more will be sent."""


class Undelivered(Exception):
    """The message has not arrived. Trees into what the sender must do.

    Undelivered
    ├── Again      try again later
    └── Rejected   the receiver does not want it, and will not want it later
    """


class RetryLater(Undelivered):
    """Nobody answered, or the receiver asks for patience; `after` is its wish in seconds, if it said one."""

    def __init__(self, why: str, after: float | None = None) -> None:
        super().__init__(why)
        self.after = after


class Rejected(Undelivered):
    """The receiver answered that this message is not for it."""


class ReceiverError(ValueError):
    """A receiver cannot be used. `message` says why and how to mend it, by language ("zh-CN", "en")."""

    def __init__(self, receiver: str, zh: str, en: str) -> None:
        super().__init__(f"receiver {receiver}: {en}")
        self.receiver = receiver
        self.message = {"zh-CN": f"接收方 {receiver}：{zh}", "en": f"receiver {receiver}: {en}"}


def judge_status(status: int, retry_after: str = "") -> None:
    """Nothing for 2xx; Again for 408, 429 and 5xx; Rejected for the rest."""
    if 200 <= status < 300:
        return
    if status in (408, 429) or status >= 500:
        raise RetryLater(
            f"HTTP {status}", float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None
        )
    raise Rejected(f"HTTP {status}")


def address_of(body: Mapping[str, Any], fixed: str = "") -> str:
    """Where this message goes: the person's address, else the receiver's own."""
    return str((body.get("to") or {}).get("address") or fixed)
