"""Ties between processes: the death of a parent, and the exit code of a refusal."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
REFUSED = 78
"""The exit code of a process that no restart will help (EX_CONFIG): its supervisor ends everything."""


def die_with_parent(number: int = signal.SIGTERM) -> None:
    """For `preexec_fn` on Linux: have the kernel send this signal when the parent dies, even by SIGKILL."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, number)
    if os.getppid() == 1:
        os.kill(os.getpid(), number)
