"""The bounded message queue that every listener has, with its counts, rate limits and unknown senders.

A flood is bounded in three ways. Messages of a sender beyond ALLOWED a second are dropped. The queue holds MAX_WAITING
messages. Of refused messages only the last reasons are stored. Everything dropped or refused is counted.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections import OrderedDict, deque
from dataclasses import asdict, dataclass

from collectors.errors import CollectorError, Misconfigured, not_ready
from collectors.listener import ListenerMessage
from feeds.clock import Clock

MAX_WAITING = 10_000
"""Messages in the queue."""
ALLOWED, BURST = 2000.0, 10_000.0
"""Messages a second of one sender, and messages at once after a quiet time (token bucket)."""
MAX_SENDERS = 4096
"""Senders whose rate is tracked."""
MAX_UNKNOWN_SENDERS = 64
"""Unknown senders that are counted by name. Messages of more are counted together and raise no alerts."""
PARTS = 512
"""Parts (interfaces, peers) of one device that have readings and alerts of their own."""
REFUSALS_KEPT = 10
"""Reasons of refused messages that are stored."""
RECEIVE = 4 << 20
"""Bytes of datagrams that may wait in the kernel, which drops more of them without notice."""


@dataclass(slots=True)
class MessageCounts:
    """Messages: received, of unknown senders, below the level (quiet), refused (form, community, user), dropped."""

    received: int = 0
    unknown_senders: int = 0
    quiet: int = 0
    refused: int = 0
    dropped: int = 0


class ListenerQueue:
    """Queue, counts and rate limits of one listener. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Clock = time.monotonic, allowed: float = ALLOWED, burst: float = BURST) -> None:
        self.counts = MessageCounts()
        self.queue: asyncio.Queue[ListenerMessage] = asyncio.Queue(MAX_WAITING)
        self.unknown_senders: dict[str, int] = {}
        self._clock = clock
        self._allowed, self._burst = allowed, burst
        self._tokens: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._parts: dict[str, set[str]] = {}
        self._refusals: deque[str] = deque(maxlen=REFUSALS_KEPT)

    def admit(self, address: str, *, waits: bool = False) -> bool:
        """True when the sender's rate allows one more message now.

        Otherwise the message is counted as dropped, unless the sender `waits`, as TCP senders do.
        """
        now = self._clock()
        tokens, at = self._tokens.get(address, (self._burst, now))
        tokens = min(self._burst, tokens + (now - at) * self._allowed)
        if address not in self._tokens and len(self._tokens) >= MAX_SENDERS:
            self._tokens.popitem(last=False)
        self._tokens[address] = (max(tokens - 1, 0.0), now)
        self._tokens.move_to_end(address)
        if tokens < 1 and not waits:
            self.counts.dropped += 1
        return tokens >= 1 or waits

    def allowance(self, address: str) -> float:
        """The number of messages that the sender may send at once now."""
        return self._tokens.get(address, (self._burst, 0.0))[0]

    def count_unknown(self, sender: str) -> bool:
        """Count a message of a sender that is not in the inventory. False when it is one too many to count by name."""
        self.counts.unknown_senders += 1
        has_count = sender in self.unknown_senders or len(self.unknown_senders) < MAX_UNKNOWN_SENDERS
        if has_count:
            self.unknown_senders[sender] = self.unknown_senders.get(sender, 0) + 1
        return has_count

    def refuse(self, reason: str) -> None:
        """Count a message that cannot be used. The reason must hold no secret."""
        self.counts.refused += 1
        self._refusals.append(reason)

    def take_refusals(self) -> list[str]:
        """The reasons of the last messages refused since the last call."""
        taken = list(self._refusals)
        self._refusals.clear()
        return taken

    def put(self, message: ListenerMessage) -> bool:
        """Queue a message. False when the queue is full and the message is counted as dropped."""
        try:
            self.queue.put_nowait(message)
        except asyncio.QueueFull:
            self.counts.dropped += 1
            return False
        return True

    def part(self, asset: str, name: str) -> str:
        """The part's name, "" when the device has too many parts."""
        parts = self._parts.setdefault(asset, set())
        if name not in parts and len(parts) >= PARTS:
            return ""
        parts.add(name)
        return name

    def figures(self) -> dict[str, float]:
        """The counts by their names in a heartbeat."""
        counts = {name: float(count) for name, count in asdict(self.counts).items()}
        return {"strangers" if name == "unknown_senders" else name: count for name, count in counts.items()}


def enlarge_receive_buffer(transport: asyncio.BaseTransport) -> None:
    """Enlarge the kernel's receive buffer for bursts while the event loop is busy, up to net.core.rmem_max."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)


def cannot_listen(error: OSError, transport: str, host: str, port: int) -> CollectorError:
    """The error for a socket that cannot be opened. Its sentence names the correction."""
    endpoint = f"{transport} {host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return Misconfigured(
            f"{endpoint} is taken by another program: end it (`ss -lnp` names it) or write another port in url",
            f"{endpoint} 已被其他程序占用：请停止该程序（ss -lnp 可查），或在 url 中换一个端口",
        )
    if error.errno == errno.EACCES:
        return Misconfigured(
            f"{endpoint}: a port below 1024 wants CAP_NET_BIND_SERVICE (see operations.md); or write a higher one",
            f"{endpoint}：1024 以下的端口需要 CAP_NET_BIND_SERVICE 权限（见 operations.md），或改用更高的端口",
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return Misconfigured(
            f"{endpoint}: this machine has no such address; write 0.0.0.0 (or [::]) for all of them",
            f"{endpoint}：本机没有这个地址；监听全部地址请写 0.0.0.0（或 [::]）",
        )
    return not_ready(error)
