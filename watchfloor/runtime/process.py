"""Ties between processes: a child that never outlives its parent, and what its end says."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
REFUSED = 78
"""The exit code of a process that no restart will help (EX_CONFIG): its supervisor ends everything."""


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """For `preexec_fn` on Linux: the kernel sends us this signal when our parent dies, even by SIGKILL."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() == 1:
        os.kill(os.getpid(), number)
