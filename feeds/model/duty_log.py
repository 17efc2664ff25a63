"""Entries of the duty log (值班日志) that people make. What the site does by itself is in the journal already."""

from __future__ import annotations

from dataclasses import dataclass

from feeds.model.times import Time

LOG_KINDS = ("phone", "fax", "visit", "inspection", "decision", "remark")
"""电话, 传真, 来访, 检查, 决定, 备注."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReference:
    """A record that an entry of the log names. `seq` is the journal entry that made it as it was then, 0 for none."""

    kind: str
    id: str
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One entry of the duty log. Writer: the command role. `id` is "{site}:L{yyyymmdd}-{nnnn}".

    `at` is the engine's time of the entry. `claimed_at` is when it happened by its author's word; `retroactive` (补记):
    that is more than ten minutes before `at`. `kind` is one of LOG_KINDS. `corrects` is the entry that this one
    replaces, `corrected_by` the one that replaces this; both stay.
    """

    id: str
    mode: str = "real"
    kind: str
    text: str
    at: Time
    claimed_at: Time | None = None
    retroactive: bool = False
    author: str
    region: str
    incident: str = ""
    refs: tuple[LogReference, ...] = ()
    corrects: str = ""
    corrected_by: str = ""
    rev: int = 1
