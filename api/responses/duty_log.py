"""Answers about the duty log."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.responses.common import ListPage, Texts, Time


class LogRow(msgspec.Struct, kw_only=True):
    """One row: a journal entry, its place in its chain, and whether the row still has its hash.

    `kind` is the sort of row, `record` and `name` are the journal's words. `decision`: somebody decided something about
    an incident. `claimed_at`, `corrects` and `corrected_by` are of entries of people; `retroactive`: made more than ten
    minutes after it happened.
    """

    seq: int
    chain: str
    number: int
    hash: str
    intact: bool
    at: Time
    kind: str
    decision: bool
    record: str
    name: str
    subject: str
    actor: str
    text: Texts
    incident: str
    mode: str
    claimed_at: Time | None
    retroactive: bool
    corrects: str
    corrected_by: str
    refs: list[dict[str, Any]]


class LogPage(ListPage, kw_only=True):
    """Rows of the duty log, newest first."""

    items: list[LogRow]
    kinds: Annotated[list[str], msgspec.Meta(description="Every sort of row, those of people first")]
