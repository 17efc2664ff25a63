"""Who may write for a role: of its copies on several machines one at a time, and each store checks that itself.

A lease in Redis says whose turn it is; a number in the journal, raised with each turn, stands where Redis may forget.
A copy that was stopped and goes on after its turn shows the holder and the number of before, and nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass


class Fenced(Exception):
    """Another copy of this role has taken over. Nothing was written: stop, and wait for the next turn."""


@dataclass(slots=True)
class Fence:
    """What a copy shows with every write: who holds the role on the bus, and its number in the journal.

    Until its first turn `holder` is nobody's and `number` 0: every write is refused.
    """

    role: str
    holder: str = "-"
    number: int = 0
