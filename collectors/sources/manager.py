"""Base of the managers of sources: they run one task for each source, and apply new settings while they run."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod


class SourceManager(ABC):
    """Runs the tasks of its sources in a group of its own. `_tasks` is None while it does not run."""

    def __init__(self) -> None:
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Run the sources until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            try:
                self._apply(tasks)
                await asyncio.Event().wait()
            finally:
                self._tasks = None

    def _settings_changed(self) -> None:
        """Apply the settings at once while running, else at the start."""
        if self._tasks is not None:
            self._apply(self._tasks)

    @abstractmethod
    def _apply(self, tasks: asyncio.TaskGroup) -> None:
        """End the tasks of sources that are gone or changed, and start the missing ones."""
