"""What every listener keeps: a bounded queue of what was heard, figures, strangers, and how much one sender may say.

A flood is bounded three ways: a sender that speaks faster than ALLOWED is heard no more for that moment, the queue
ends at WAITING, and of what is refused only some words are kept. All of it is counted; nothing of it is silent.
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

WAITING = 10_000
ALLOWED, BURST = 2000.0, 10_000.0
"""Messages a second of one sender, and at once after a while of silence."""
SENDERS = 4096
STRANGERS = 64
"""Unknown senders that are told apart; the messages of more are counted together, and raise nothing."""
PARTS = 512
"""Parts (interfaces, peers) of one device that have a reading and an alert of their own."""
RUBBISH = 10
RECEIVE = 4 << 20
"""Octets of datagrams that may wait in the kernel; what comes on top of them it drops without a word."""


@dataclass(slots=True)
class Counts:
    """Received, of senders in no inventory, below the level, refused (form, community, user), and dropped."""

    received: int = 0
    strangers: int = 0
    quiet: int = 0
    refused: int = 0
    dropped: int = 0


class Hearing:
    """`clock` is monotonic, in seconds."""

    def __init__(self, clock: Clock = time.monotonic, allowed: float = ALLOWED, burst: float = BURST) -> None:
        self.counts = Counts()
        self.queue: asyncio.Queue[ListenerMessage] = asyncio.Queue(WAITING)
        self.strangers: dict[str, int] = {}
        self._clock = clock
        self._allowed, self._burst = allowed, burst
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._parts: dict[str, set[str]] = {}
        self._rubbish: deque[str] = deque(maxlen=RUBBISH)

    def admit(self, address: str, *, waits: bool = False) -> bool:
        """True when this sender may say one more thing now; else it is counted as dropped, unless the sender waits."""
        moment = self._clock()
        tokens, at = self._left.get(address, (self._burst, moment))
        tokens = min(self._burst, tokens + (moment - at) * self._allowed)
        if address not in self._left and len(self._left) >= SENDERS:
            self._left.popitem(last=False)
        self._left[address] = (max(tokens - 1, 0.0), moment)
        self._left.move_to_end(address)
        if tokens < 1 and not waits:
            self.counts.dropped += 1
        return tokens >= 1 or waits

    def left(self, address: str) -> float:
        """How many messages this sender may yet say at once."""
        return self._left.get(address, (self._burst, 0.0))[0]

    def stranger(self, sender: str) -> bool:
        """Counts a message of a sender in no inventory; True when it can be told apart from the others."""
        self.counts.strangers += 1
        counted = sender in self.strangers or len(self.strangers) < STRANGERS
        if counted:
            self.strangers[sender] = self.strangers.get(sender, 0) + 1
        return counted

    def refuse(self, reason: str) -> None:
        """Counts a message that cannot be used; `words` hold no secret."""
        self.counts.refused += 1
        self._rubbish.append(reason)

    def take_rubbish(self) -> list[str]:
        """The words of some that were refused since the last call."""
        taken = list(self._rubbish)
        self._rubbish.clear()
        return taken

    def put(self, heard: ListenerMessage) -> bool:
        """False when too much waits already; then it is counted as dropped."""
        try:
            self.queue.put_nowait(heard)
        except asyncio.QueueFull:
            self.counts.dropped += 1
            return False
        return True

    def part(self, asset: str, name: str) -> str:
        """The part's name; "" for one too many."""
        parts = self._parts.setdefault(asset, set())
        if name not in parts and len(parts) >= PARTS:
            return ""
        parts.add(name)
        return name

    def figures(self) -> dict[str, float]:
        """The counts by name."""
        return {name: float(value) for name, value in asdict(self.counts).items()}


def widen(transport: asyncio.BaseTransport) -> None:
    """More room in the kernel for a burst while the loop is busy; as much as net.core.rmem_max lets us have."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)


def cannot_listen(error: OSError, way: str, host: str, port: int) -> CollectorError:
    """Why the socket cannot be had, in words that name the mend."""
    endpoint = f"{way} {host}:{port}"
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
