"""Reading files that people put beside the settings, without ever waiting for one."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path) -> bytes:
    """The whole content of a regular file. Raises OSError, also for a directory, a FIFO, a socket or a device.

    Opening a FIFO would wait for a writer; it is opened without waiting, and refused.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        if not stat.S_ISREG(mode):
            kind = "a FIFO" if stat.S_ISFIFO(mode) else "a directory" if stat.S_ISDIR(mode) else "a device"
            raise OSError(errno.EINVAL, f"{kind}, not a regular file", str(path))
        return file.read()
