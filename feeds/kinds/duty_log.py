"""Entries of the duty log (值班日志) that people make. Written by the command role."""

from __future__ import annotations

from feeds.kinds.filters import Exact, From, Search, Sort, Within, Words
from feeds.kinds.kind import RecordKind
from feeds.kinds.modes import is_exercise
from feeds.model.duty_log import LOG_KINDS, LogEntry
from feeds.model.incidents import MODES

LOG = RecordKind(
    name="log",
    plural="log_entries",
    record=LogEntry,
    writer="command",
    apart=is_exercise,
    archive="log",
    confidential=lambda entry: True,
    entries=("log",),
    filters=(
        Words(name="kind", words=LOG_KINDS),
        Words(name="mode", words=MODES, default="real", about="Left out: real; * for all"),
        Exact(name="incident"),
        Within(),
        Search(name="q", fields=("id", "text")),
        From(name="since", field="at"),
    ),
    sort=Sort(("at", "id"), down=True, page=100),
)
