"""Fencing: of a role's processes on several machines only one may write, and each store checks this itself.

A lease in Redis names the current holder. A generation number in the journal, raised at every takeover, survives a loss
of Redis. A process that was suspended and resumes after a takeover presents an old holder and generation, and nothing
is written.
"""

from __future__ import annotations

from dataclasses import dataclass


class Fenced(Exception):
    """Another process has taken over this role. Nothing was written: stop, and wait for the lease."""


@dataclass(slots=True)
class Fence:
    """The token that a process presents with every write: the role's holder on the bus, and its generation in the
    journal.

    Before the first takeover `holder` is nobody's and `number` is 0: every write is rejected.
    """

    role: str
    holder: str = "-"
    number: int = 0
