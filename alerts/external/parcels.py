"""What other tools have sent in, as it waits in the intake, given to the core."""

from __future__ import annotations

from dataclasses import replace

from alerts.core.core import Board
from feeds import external
from feeds.external import Report
from feeds.journal import Parcel


def take_parcel(board: Board, parcel: Parcel, now: float) -> None:
    """Apply one parcel; raises wire.Undecodable when another version wrote it and nobody can read it."""
    received = external.unpack(parcel.body)
    if parcel.at > now:  # the clock was set back since
        received = [_earlier(report, parcel.at - now) for report in received]
    board.report(received, min(parcel.at, now), cause=f"intake {parcel.id}", region=parcel.region)


def _earlier(report: Report, by: float) -> Report:
    """The report with its lease as long as it was when it came in."""
    return replace(
        report,
        until=report.until - by if report.until is not None else None,
        at=report.at - by if report.at is not None else None,
    )
