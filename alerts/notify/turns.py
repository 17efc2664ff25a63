"""Which receivers are served next, so that none of them starves another. Pure.

Urgent messages go first across all receivers, then whoever was served longest ago. Workers are bounded: some are kept
for urgent messages, and receivers whose last message failed share a few, so that many that hang leave room.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alerts.notify.backoff import BackOff

WORKERS = 192
RESERVED = 48
"""Workers for urgent messages alone."""
SUSPECTS = 32
"""Workers at most for receivers whose last message failed."""


class Turns:
    """Chooses receivers. `back_off` knows which of them are left alone."""

    def __init__(self, back_off: BackOff) -> None:
        self._back_off = back_off
        self._last: dict[str, int] = {}
        self._count = 0

    def choose(self, ready: Mapping[str, bool], busy: Collection[str], now: float) -> list[str]:
        """Receivers to serve now, of those for which something is due (True: something urgent) and nobody works."""
        chosen: list[str] = []
        suspects = sum(self._back_off.is_suspect(receiver) for receiver in busy)
        for receiver in sorted(ready, key=lambda id: (not ready[id], self._last.get(id, 0))):
            urgent, suspect = ready[receiver], self._back_off.is_suspect(receiver)
            if receiver in busy or self._back_off.rests(receiver, now, urgent=urgent):
                continue
            workers = WORKERS if urgent else WORKERS - RESERVED
            if len(busy) + len(chosen) >= workers or (suspect and suspects >= SUSPECTS):
                continue
            suspects += suspect
            chosen.append(receiver)
            self._count += 1
            self._last[receiver] = self._count
        return chosen
