"""Counters into rates, and uptimes into reboots: pure, time is an input.

RFC 2578 (7.1.6, 7.1.10): a counter has no defined start, wraps at 2^32 or 2^64, and only
the difference of two samples means anything; a reboot breaks the series.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_OF_SPEED = 1.5
"""A rate above this part of the link's speed is no rate: the counter has jumped."""
SHORTEST = 0.05
"""Seconds between two samples of a counter at least."""
TICKS = 1 << 32
"""sysUpTime starts again after this many hundredths of a second, 497 days."""
DRIFT, SLACK = 0.02, 5.0
"""Tolerated drift of an agent's clock: a share of the elapsed time, and seconds."""


@dataclass(slots=True)
class Counters:
    """The last sample of every counter of one device, by OID: (value, monotonic seconds)."""

    last: dict[str, tuple[int, float]] = field(default_factory=dict)

    def rate(self, oid: str, value: int, at: float, bits: int, most: float = 0.0) -> float | None:
        """Counts a second since the last sample; None when that cannot be told. Never negative.

        `most` is the highest rate that is possible (counts a second), 0 when nobody knows.
        A 64-bit counter that goes back was set back, unless it stood in its last quarter.
        """
        before = self.last.get(oid)
        if before is None:
            self.last[oid] = (value, at)
            return None
        elapsed = at - before[1]
        if elapsed < SHORTEST:
            return None
        self.last[oid] = (value, at)
        step = value - before[0]
        if bits == 32 and most * elapsed >= 1 << 32:
            return None  # it may have wrapped more than once: RFC 2863 asks for 64-bit counters there
        if step < 0:
            size = 1 << bits
            # Without a known speed a wrap is believed only where it is near: from the top quarter to the lower half.
            near = before[0] >= size - size // 4 and value < size // 2
            if not (near or (bits == 32 and most)):
                return None
            step += size
        rate = step / elapsed
        return None if most and rate > most * MOST_OF_SPEED else rate

    def forget(self) -> None:
        """The device has started again: no difference across that means anything."""
        self.last.clear()

    def keep_only(self, oids: set[str]) -> None:
        """Lets go of counters that are no longer asked for."""
        for oid in self.last.keys() - oids:
            del self.last[oid]


@dataclass(slots=True)
class AgentUptime:
    """The last start of an agent, from sysUpTime (RFC 3418), snmpEngineTime and snmpEngineBoots (RFC 3411).

    sysUpTime wraps after 497 days. A wrap is told from a restart by snmpEngineTime, or by the elapsed time.
    """

    seconds: float | None = None
    rebooted_at: float | None = None
    _ticks: int | None = None
    _engine: tuple[int | None, int | None] = (None, None)
    _at: float = 0.0

    def see(self, ticks: int | None, engine_time: int | None, boots: int | None, at: float) -> bool:
        """Takes a sample at `at` (monotonic seconds). True when the device has started again since the last one."""
        rebooted = self._at > 0 and self._again(ticks, engine_time, boots, at)
        if ticks is not None:
            self._ticks = ticks
            self.seconds = ticks / 100
        if engine_time is not None and (ticks is None or engine_time > (self.seconds or 0) + TICKS / 200):
            self.seconds = float(engine_time)
        self._engine = (
            engine_time if engine_time is not None else self._engine[0],
            boots if boots is not None else self._engine[1],
        )
        self._at = at
        if rebooted:
            self.rebooted_at = at
        return rebooted

    def _again(self, ticks: int | None, engine_time: int | None, boots: int | None, at: float) -> bool:
        was_time, was_boots = self._engine
        if boots is not None and was_boots is not None and boots != was_boots:
            return True
        elapsed = at - self._at
        if engine_time is not None and was_time is not None and _began_since(engine_time, was_time, elapsed):
            return True
        if ticks is None or self._ticks is None or not _began_since(ticks / 100, self._ticks / 100, elapsed):
            return False
        # A wrap is no reboot: it stands where a wrap would have put it.
        expected = self._ticks + elapsed * 100 - TICKS
        return abs(ticks - expected) > 100 * (SLACK + elapsed * DRIFT)


def _began_since(uptime: float, before: float, elapsed: float) -> bool:
    """True when an uptime (seconds) is less than it was, or less than the time that has passed."""
    return uptime < before or uptime + SLACK < elapsed * (1 - DRIFT)
