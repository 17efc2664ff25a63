"""The table of registered devices: where each one is reached, when it was heard, and when it is silent.

Bindings are stored in a file, so that they survive a restart of ours: most devices register again only after an hour.
"""

from __future__ import annotations

import statistics
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feeds import state_file

Address = tuple[str, int]
KEEPALIVE, KEEPALIVE_RANGE = 60.0, (5.0, 300.0)
"""Seconds between two keepalives of a device that has not shown its own interval, and the bounds of that interval."""
MISSES = 3
"""Keepalives that may be missed."""
MAX_BINDINGS = 50_000
EXPIRED_ALIVE = 86_400.0
"""Seconds for which keepalives count after the registration has expired."""


@dataclass(frozen=True, slots=True)
class Way:
    """The route to a device: transport ("UDP" or "TCP"), its address as seen (`peer`), and our own (`local`)."""

    transport: str
    peer: Address
    local: Address
    send: Callable[[bytes], None]


@dataclass(slots=True, kw_only=True)
class Binding:
    """One registered device. Times are of the platform's monotonic clock.

    `heard_at` is None until the device was heard since our own start. `left`: it has signed off.
    `interval` is that of its keepalives, None while it is not known; `configured` outweighs it.
    """

    device: str
    way: Way | None
    address: Address
    transport: str
    expires_at: float
    registered_at: float
    started_at: float
    heard_at: float | None = None
    keepalive_at: float | None = None
    version: str = ""
    charset: str = "GB2312"
    left: bool = False
    gaps: deque[float] = field(default_factory=lambda: deque(maxlen=5))
    configured: float | None = None
    misses: int = MISSES
    online: bool | None = None
    status_ok: bool = True
    faulty: frozenset[str] = frozenset()

    @property
    def interval(self) -> float:
        """Seconds between two keepalives."""
        if self.configured is not None:
            return self.configured
        if len(self.gaps) < 3:
            return KEEPALIVE
        return min(max(statistics.median(self.gaps), KEEPALIVE_RANGE[0]), KEEPALIVE_RANGE[1])

    @property
    def patience(self) -> float:
        """Seconds of silence after which the device counts as off line."""
        return self.misses * self.interval + min(5.0, self.interval / 2)

    @property
    def silent_at(self) -> float:
        """The time at which the device counts as off line unless it is heard before."""
        return (self.started_at if self.heard_at is None else self.heard_at) + self.patience

    def hear(self, now: float, *, keepalive: bool = False) -> None:
        """Note a message of the device."""
        if keepalive:
            if self.keepalive_at is not None and now - self.keepalive_at >= 1.0:
                self.gaps.append(now - self.keepalive_at)
            self.keepalive_at = now
        self.heard_at = now


class Bindings:
    """All bindings by device. `file` keeps them across restarts, None for none."""

    def __init__(self, file: Path | None, now: float, wall: float) -> None:
        self._file = file
        self._bindings: dict[str, Binding] = {}
        self.changed = False
        for row in state_file.read_json(file, lambda document: list(document["bindings"])) or [] if file else []:
            binding = _restored(row, now, wall)
            if binding is not None:
                self._bindings[binding.device] = binding

    def __len__(self) -> int:
        return len(self._bindings)

    def __iter__(self) -> Iterator[Binding]:
        return iter(list(self._bindings.values()))

    def get(self, device: str) -> Binding | None:
        """The binding of a device, None for one that is not registered."""
        return self._bindings.get(device)

    def put(self, binding: Binding) -> bool:
        """Store a new binding. False when there are too many."""
        if binding.device not in self._bindings and len(self._bindings) >= MAX_BINDINGS:
            return False
        self._bindings[binding.device] = binding
        self.changed = True
        return True

    def save(self, now: float, wall: float) -> None:
        """Write the table, if it has changed. Raises OSError."""
        if self._file is None or not self.changed:
            return
        rows = [_row(binding, now, wall) for binding in self._bindings.values() if not binding.left]
        state_file.write_json(self._file, {"bindings": rows})
        self.changed = False


def _row(binding: Binding, now: float, wall: float) -> dict[str, Any]:
    return {
        "device": binding.device,
        "host": binding.address[0],
        "port": binding.address[1],
        "transport": binding.transport,
        "expires": wall + binding.expires_at - now,
        "version": binding.version,
        "charset": binding.charset,
        "interval": binding.interval,
    }


def _restored(row: Any, now: float, wall: float) -> Binding | None:
    """The binding of a stored row, None for one that cannot be read or expired more than a day ago."""
    try:
        expires = float(row["expires"])
        binding = Binding(
            device=str(row["device"]),
            way=None,
            address=(str(row["host"]), int(row["port"])),
            transport=str(row["transport"]),
            expires_at=now + expires - wall,
            registered_at=now,
            started_at=now,
            version=str(row["version"]),
            charset=str(row["charset"]),
        )
        binding.gaps.extend([float(row["interval"])] * 3)
    except (KeyError, TypeError, ValueError):
        return None
    return binding if expires > wall - EXPIRED_ALIVE else None
