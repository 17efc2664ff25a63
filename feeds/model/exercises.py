"""Exercises (演练): injects that arrive by the clock of the exercise, among named participants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.model.times import Time

EXERCISE_STATES = ("ready", "running", "paused", "stopped")
"""待开始, 进行中, 暂停, 结束."""
EXERCISE_STATES_OF = {
    "start": ("ready",),
    "pause": ("running",),
    "resume": ("paused",),
    "inject": ("running", "paused"),
    "stop": ("ready", "running", "paused"),
}
"""The states in which each order is possible."""
INJECT_KINDS = ("receipt", "casualties", "alert")
"""接报, 报数, 告警 (told as a receipt: an exercise raises no alert)."""
STAMP = "【演练】"
"""The first word of whatever leaves the site about an exercise."""


def stamped(text: str, mode: str) -> str:
    """The text as it leaves the site: in any mode but "real" it begins with the stamp, once."""
    return text if mode == "real" else f"{STAMP}{text.removeprefix(STAMP)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseInject:
    """One event that arrives `at` seconds after the start, by the clock of the exercise.

    `given_at` is the time of its arrival by the site's clock. `refused` is the code of the refusal, "" when the inject
    was taken.
    """

    at: float
    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    given_at: Time | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise. Writer: the command role. `id` is the id of its incident, "{site}:X…".

    `speed` is the number of seconds of the exercise's clock for each second of the site's clock. The exercise's clock
    showed `elapsed` seconds at `clock_at` and runs on from there in the state "running". `participants` are accounts,
    persons of the roster and units ("unit:gaj"). Messages go to participants only.
    """

    id: str
    region: str
    title: str
    state: str = "ready"
    speed: float = 1.0
    participants: tuple[str, ...] = ()
    injects: tuple[ExerciseInject, ...] = ()
    created_by: str
    created_at: Time
    started_at: Time | None = None
    clock_at: Time | None = None
    elapsed: float = 0.0
    stopped_at: Time | None = None
    rev: int = 1

    def due_at(self, inject: ExerciseInject) -> float | None:
        """The time at which an inject is due by the site's clock; None when it has arrived or the clock stands."""
        if self.state != "running" or self.clock_at is None or inject.given_at is not None:
            return None
        return self.clock_at + max(0.0, inject.at - self.elapsed) / self.speed
