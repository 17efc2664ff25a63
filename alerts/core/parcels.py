"""Apply parcels of other tools' reports from the intake to the alert core."""

from __future__ import annotations

from dataclasses import replace

from alerts.core.core import AlertCore
from feeds import external
from feeds.external import Report
from feeds.journal import Parcel


def take_parcel(core: AlertCore, parcel: Parcel, now: float) -> None:
    """Apply one parcel; raises wire.Undecodable when it was written by an incompatible version."""
    received = external.unpack(parcel.body)
    if parcel.at > now:  # the clock was set back in the meantime
        received = [_earlier(report, parcel.at - now) for report in received]
    core.report(received, min(parcel.at, now), cause=f"intake {parcel.id}", region=parcel.region)


def _earlier(report: Report, by: float) -> Report:
    """The report moved back by `by` seconds, so that its lease keeps its length."""
    return replace(
        report,
        until=report.until - by if report.until is not None else None,
        at=report.at - by if report.at is not None else None,
    )
