"""Back-off: how long a receiver, or one person behind it, is paused after a failed message. Pure.

A person is paused alone while the others behind the same receiver are served: one full mailbox says nothing about the
gateway. The receiver is away when a message to everybody behind it failed, or messages to STRIKES persons in a row.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
STRIKES = 3
"""Persons in a row whose messages fail before the receiver itself counts as away."""
URGENT_PAUSE = 10.0
"""Seconds after a failure from which a message that is urgent and was never tried may try the receiver again."""


def pause_after(attempts: int, jitter: Callable[[], float] = random.random) -> float:
    """Seconds until the next attempt: 1, 2, 4 … up to 5 min, each shortened by up to a half so that they spread."""
    whole = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 16))
    return whole * (1.0 - jitter() / 2)


@dataclass(slots=True)
class Pause:
    """Nothing is sent from `since` until `until`. `asked`: the receiver itself named the end."""

    failures: int = 0
    since: float = 0.0
    until: float = 0.0
    requested_by_receiver: bool = False

    def holds(self, now: float) -> bool:
        """False also when the clock was set back before `since`: no pause outlasts its own length."""
        return self.since <= now < self.until


@dataclass(slots=True)
class _ReceiverPauses:
    whole: Pause = field(default_factory=Pause)
    persons: dict[str, Pause] = field(default_factory=dict)
    strikes: set[str] = field(default_factory=set)


class BackOff:
    """The pauses of all receivers, from the outcomes of the messages sent to them."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._receivers: dict[str, _ReceiverPauses] = {}

    def failed(self, receiver: str, person: str, attempts: int, now: float, after: float = 0.0) -> float:
        """A message failed for the `attempts`-th time; the moment until which it waits. `after`: what was asked for."""
        state = self._receivers.setdefault(receiver, _ReceiverPauses())
        state.strikes.add(person)
        away = not person or len(state.strikes) >= STRIKES or state.whole.failures > 0
        pause = state.whole if away else state.persons.setdefault(person, Pause())
        if not pause.holds(now):  # messages under way at the same time fail together, and count as one
            pause.failures += 1
        wait = max(pause_after(max(pause.failures, attempts), self._jitter), min(after, LONGEST_PAUSE))
        pause.since, pause.until, pause.requested_by_receiver = now, now + wait, after > 0
        return pause.until

    def answered(self, receiver: str, person: str) -> bool:
        """The receiver took or refused a message; whether it, or that person, had been given up for a while."""
        state = self._receivers.get(receiver)
        if state is None:
            return False
        was_away = state.whole.failures > 0 or person in state.persons
        state.whole = Pause()
        state.strikes.clear()
        state.persons.pop(person, None)
        if not state.persons:
            del self._receivers[receiver]
        return was_away

    def rests(self, receiver: str, now: float, *, urgent: bool = False) -> bool:
        """True while the receiver is paused. An urgent message waits for URGENT_PAUSE seconds at most."""
        pause = self._whole(receiver)
        if not pause.holds(now):
            return False
        return pause.requested_by_receiver or not urgent or now < pause.since + URGENT_PAUSE

    def is_suspect(self, receiver: str) -> bool:
        """True when the last message to the receiver failed. One message is tried before the others follow."""
        return self._whole(receiver).failures > 0

    def resting_persons(self, receiver: str, now: float) -> list[str]:
        """The persons who are paused now while others behind the receiver are served."""
        state = self._receivers.get(receiver)
        return [person for person, pause in state.persons.items() if pause.holds(now)] if state is not None else []

    def try_now(self, receiver: str) -> None:
        """End the receiver's pause: it is tried with something urgent. Should that fail, the next pause is longer."""
        pause = self._whole(receiver)
        pause.until = pause.since

    def clear(self) -> None:
        """End all pauses: the receivers may have changed."""
        self._receivers.clear()

    def _whole(self, receiver: str) -> Pause:
        state = self._receivers.get(receiver)
        return state.whole if state is not None else Pause()
