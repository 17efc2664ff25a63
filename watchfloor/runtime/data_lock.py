"""The lock of a data folder: one supervisor at a time."""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path

from feeds import state_file

log = logging.getLogger(__name__)


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this data folder."""


class DataLock:
    """`run/lock`, locked for as long as the supervisor lives. The kernel frees it when the process ends."""

    def __init__(self, data: Path) -> None:
        self._data, self._path = data, data / "run" / "lock"
        self._file = -1
        self._failure = ""

    def take(self) -> None:
        """Take the lock. Raises AlreadyRunning, or OSError when the file cannot be made."""
        state_file.free_name(self._path)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise AlreadyRunning(
                f"Another Watchfloor already runs on {self._data}. Stop it first, or set another [site] data folder."
            ) from error
        self.release()
        self._file = file

    def hold(self) -> None:
        """Take the lock again when somebody has removed or replaced the file: it would keep no other one out."""
        if self._holds():
            return
        try:
            self.take()
        except (AlreadyRunning, OSError) as error:
            if str(error) != self._failure:  # asked every second
                log.error("%s was removed or replaced, and cannot be taken again: %s", self._path.name, error)
            self._failure = str(error)
        else:
            log.warning("%s was removed or replaced, and is taken again", self._path.name)
            self._failure = ""

    def _holds(self) -> bool:
        """True when the locked file is the one that another supervisor would open."""
        try:
            return os.path.samestat(os.stat(self._path), os.fstat(self._file))
        except OSError:
            return False

    def release(self) -> None:
        """Give the lock back."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
