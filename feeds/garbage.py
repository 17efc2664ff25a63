"""Load much state without Python's garbage collector, which would scan it again and again in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

MANY = 500_000
"""So many new objects of a block are state: a collection would scan them for a second, and free none of them."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Switch the collector off for the block, and on again afterwards when it was on.

    A block that leaves MANY objects hides all that exist by then from later collections. They are freed as usual when
    nothing refers to them; only those that refer to one another in a circle stay.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            if gc.get_count()[0] >= MANY:
                gc.freeze()
            gc.enable()
