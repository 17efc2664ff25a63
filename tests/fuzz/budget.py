"""A limit on the processor time that one input may cost; other processes on the machine do not count."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 1.0
"""A role beats twice a second: with more than this it counts as silent."""


@contextmanager
def within(seconds: float = SECONDS, name: str = "") -> Iterator[None]:
    """Fail when the block uses more processor time than that."""
    gc.freeze()  # what other tests have left in this process is not looked through
    try:
        began = time.process_time()
        yield
        spent = time.process_time() - began
    finally:
        gc.unfreeze()
    assert spent <= seconds, f"{name} took {spent:.2f} s of processor time, at most {seconds:g} s are allowed"
