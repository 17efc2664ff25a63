"""Entries of the duty log from orders. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo
from typing import Any

from feeds.model import Command, Outcome
from feeds.model.duty_log import LOG_KINDS, LogEntry, LogReference
from feeds.model.incidents import MODES, Incident
from feeds.receipts import FUTURE
from incidents.refusals import OrderRefused, required

RETROACTIVE = 600.0
"""An entry made later than this after it happened is marked (补记)."""
MOST_REFERENCES = 20


def number_prefix(site: str, at: float, zone: tzinfo) -> str:
    """What the ids of a day's entries begin with: "532300:L20261127"."""
    return f"{site}:L{datetime.fromtimestamp(at, zone):%Y%m%d}"


def entry_of(
    command: Command, id: str, region: str, incident: Incident | None, refs: Sequence[LogReference], now: float
) -> LogEntry:
    """The entry that an order makes. Raises OrderRefused."""
    args = command.args
    required(args, "text")
    kind = str(args.get("kind") or "remark")
    if kind not in LOG_KINDS:
        raise OrderRefused("unknown_kind")
    mode = incident.mode if incident is not None else str(args.get("mode") or "real")
    if mode not in MODES:
        raise OrderRefused("mode")
    claimed_at = _claimed(args, now)
    return LogEntry(
        id=id,
        mode=mode,
        kind=kind,
        text=str(args["text"]),
        at=now,
        claimed_at=claimed_at,
        retroactive=claimed_at is not None and now - claimed_at > RETROACTIVE,
        author=command.actor,
        region=region,
        incident=incident.id if incident is not None else "",
        refs=tuple(refs),
    )


def _claimed(args: Mapping[str, Any], now: float) -> float | None:
    claimed_at = args.get("claimed_at")
    if claimed_at is not None and float(claimed_at) > now + FUTURE:
        raise OrderRefused("future")
    return float(claimed_at) if claimed_at is not None else None


def correction(entry: LogEntry, command: Command, id: str, now: float) -> tuple[LogEntry, LogEntry]:
    """The entry that replaces another, and that other one, struck out. Raises OrderRefused."""
    required(command.args, "text")
    if entry.corrected_by:
        raise OrderRefused("corrected", Outcome.CONFLICT)
    claimed_at = _claimed(command.args, now) if "claimed_at" in command.args else entry.claimed_at
    claimed_at = claimed_at if claimed_at is not None else entry.at
    newer = replace(
        entry,
        id=id,
        text=str(command.args["text"]),
        at=now,
        claimed_at=claimed_at,
        retroactive=now - claimed_at > RETROACTIVE,
        author=command.actor,
        corrects=entry.id,
        rev=1,
    )
    return newer, replace(entry, corrected_by=id, rev=entry.rev + 1)


def references(args: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The kinds and ids of the records that an order names, each once. Raises OrderRefused."""
    named = [(str(ref.get("kind", "")), str(ref.get("id", ""))) for ref in args.get("refs") or ()]
    if len(named) > MOST_REFERENCES:
        raise OrderRefused("too_many_references")
    return list(dict.fromkeys(named))
