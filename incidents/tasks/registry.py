"""The tasks in memory: by id and by incident, their numbers, and those that have just left."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from typing import Any

from feeds.model.tasks import Task


class TaskRegistry:
    """Tasks of a site. `site` begins the number of a task without an incident."""

    def __init__(self, site: str) -> None:
        self._site = site
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.tasks: dict[str, Task] = {}
        self.closed: dict[str, Task] = {}
        self.numbers: dict[str, int] = {}
        self.timers: list[tuple[float, str]] = []
        self._of_incident: dict[str, set[str]] = {}

    def put(self, task: Task) -> None:
        """Keep the newest form of a task."""
        before = self.tasks.get(task.id)
        if before is not None and before.incident != task.incident:
            self._of_incident.get(before.incident, set()).discard(task.id)
        self.tasks[task.id] = task
        if task.incident:
            self._of_incident.setdefault(task.incident, set()).add(task.id)

    def file(self, id: str) -> None:
        """Let a task leave; its last form stays in `closed` until it is written."""
        task = self.closed[id] = self.tasks.pop(id)
        self._of_incident.get(task.incident, set()).discard(id)

    def of(self, incident: str) -> list[Task]:
        """The tasks of one incident, oldest first."""
        tasks = [self.tasks[id] for id in self._of_incident.get(incident, ())] if incident else []
        return sorted(tasks, key=lambda task: (task.created_at, len(task.id), task.id))

    def schedule(self, at: float, id: str) -> None:
        """Look at a task at a moment."""
        heapq.heappush(self.timers, (at, id))

    def due(self, now: float) -> Iterator[Task]:
        """The tasks to look at until now, each as it is when its turn comes."""
        while self.timers and self.timers[0][0] <= now:
            _, id = heapq.heappop(self.timers)
            if (task := self.tasks.get(id)) is not None:
                yield task

    @property
    def next_due(self) -> float | None:
        """When the next task is to be looked at."""
        return self.timers[0][0] if self.timers else None

    def has_open_children(self, id: str) -> bool:
        """Whether a task below this one is still to be done."""
        return any(task.open for task in self.tasks.values() if task.parent == id)

    def next_id(self, incident: str, year: int) -> str:
        """A number that was never used: "{incident}/{n}", or "{site}:T{year}-{nnnn}" without an incident."""
        prefix = f"{incident}/" if incident else f"{self._site}:T{year}-"
        number = self.numbers[prefix] = self.numbers.get(prefix, 0) + 1
        return f"{prefix}{number}" if incident else f"{prefix}{number:04d}"

    def forget_numbers(self, incident: str) -> None:
        """No task will ever be issued in this incident again."""
        self.numbers.pop(f"{incident}/", None)

    def pending(self) -> Mapping[str, Any]:
        """The numbers given, which no document holds."""
        return {"numbers": dict(self.numbers)}
