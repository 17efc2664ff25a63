"""Exercises (演练): injects that arrive by the clock of the exercise, among named participants."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from feeds.model.times import Time

EXERCISE_STATES = ("ready", "running", "paused", "stopped")
"""待开始, 进行中, 暂停, 结束."""
INJECT_KINDS = ("receipt", "casualties", "alert")
"""接报, 报数, 告警 (told as a receipt: an exercise raises no alert)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExerciseInject:
    """What arrives `at` seconds of the exercise's clock after its start. `given_at` is when it did, by our clock.

    `refused` is the code of what was wrong with it then, "" for nothing.
    """

    at: float
    kind: str
    body: dict[str, Any] = field(default_factory=dict)
    given_at: Time | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """One exercise. Writer: the command role. `id` is that of the incident that it plays, "{site}:X…".

    `speed` is how fast its clock runs. `elapsed` seconds of that clock had passed at `clock_at`; it runs on from there
    while the exercise is running. `participants` are accounts, persons of the roster and units ("unit:gaj"): nobody
    else is sent a message.
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
        """When an inject arrives by our clock; None while the exercise's clock stands, or after it has arrived."""
        if self.state != "running" or self.clock_at is None or inject.given_at is not None:
            return None
        return self.clock_at + max(0.0, inject.at - self.elapsed) / self.speed
