"""Hashing passwords (argon2id, RFC 9106) in a thread of its own, below everything else in priority.

One hash takes tens of milliseconds, 64 MiB and every core. A flood of sign-ins therefore waits for one thread, which
serves nothing else, and the loop and all other threads of the process come first.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache, partial
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

HASHER = PasswordHasher()
NICE = 10
_Answer = TypeVar("_Answer")


async def hash_password(password: str) -> str:
    """An argon2id hash."""
    return await _in_turn(partial(HASHER.hash, password))


async def password_fits(hashed: str, password: str) -> bool:
    """True when the password is the hashed one; a damaged hash fits nothing."""
    try:
        return await _in_turn(partial(HASHER.verify, hashed, password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False


async def _in_turn(work: Callable[[], _Answer]) -> _Answer:
    return await asyncio.get_running_loop().run_in_executor(_pool(), work)


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "password", initializer=_step_back)


def _step_back() -> None:
    """Lower this thread's priority, and with it that of the threads that argon2 starts from it."""
    if sys.platform.startswith("linux"):
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
