"""The life of a receipt: pure functions from a receipt and an input to its next form.

new        nobody has decided; after ANSWER_WITHIN seconds it is `unanswered`
attached   part of an incident that is known
opened     an incident was made of it
dismissed  nothing to act on; `restore` makes it new again
"""

from __future__ import annotations

from dataclasses import replace

from feeds.model import Receipt
from feeds.receipts import FUTURE, ReceiptReport
from feeds.regions import covers
from maps.regions import table

ANSWER_WITHIN = 300.0
"""Seconds within which somebody must decide on a new receipt."""
KEEP = 2 * 3600.0
"""Seconds for which an answered receipt stays on the screens; it is never deleted from the journal."""
TITLE = 40
"""Characters of the text that stand for a title where the sender gives none."""


def _region_of(report: ReceiptReport, fallback: str) -> str:
    """The county in which a report lies by its position, where that is one within the region that it names, else that.

    `fallback` is the region of a report that names none. A system of the whole prefecture names the prefecture in all
    of its reports; the county is told by its position.
    """
    named = report.region or fallback
    if report.lat is None or report.lon is None:
        return named
    point = {"type": "Point", "coordinates": [report.lon, report.lat]}
    inside = [code for code in table().regions_of(point) if covers(named, code)]
    return inside[0] if len(inside) == 1 else named


def received(report: ReceiptReport, region: str) -> Receipt:
    """The receipt that a report makes. A claimed time in the future is a problem, not a time."""
    problems = report.problems
    occurred_at = report.occurred_at
    if occurred_at is not None and occurred_at > report.received_at + FUTURE:
        problems, occurred_at = (*problems, "future: occurred_at"), None
    return Receipt(
        id=report.id,
        source=report.source,
        external_id=report.external_id,
        channel=report.channel,
        mode=report.mode,
        region=_region_of(report, region),
        received_at=report.received_at,
        reported_at=report.at,
        updated_at=report.updated_at,
        occurred_at=occurred_at,
        title=report.title or report.text[:TITLE],
        text=report.text,
        place=report.place,
        event_class=report.event_class,
        their_class=report.their_class,
        lat=report.lat,
        lon=report.lon,
        accuracy_m=report.accuracy_m,
        caller=report.caller,
        phone=report.phone,
        problems=problems,
    )


def updated(receipt: Receipt, report: ReceiptReport) -> Receipt:
    """The receipt after a newer report under its id: figures are replaced, what people decided stays."""
    fresh = received(report, receipt.region)
    return replace(
        fresh,
        state=receipt.state,
        received_at=receipt.received_at,
        unanswered=receipt.unanswered,
        answered_at=receipt.answered_at,
        answered_by=receipt.answered_by,
        reason=receipt.reason,
        incident=receipt.incident,
        versions=receipt.versions + 1,
        rev=receipt.rev + 1,
    )


def answered(receipt: Receipt, state: str, actor: str, reason: str, incident: str, now: float) -> Receipt:
    """The receipt after a person's decision."""
    return replace(
        receipt,
        state=state,
        unanswered=False,
        answered_at=now,
        answered_by=actor,
        reason=reason,
        incident=incident,
        rev=receipt.rev + 1,
    )


def restored(receipt: Receipt, now: float) -> Receipt:
    """A dismissed receipt as a new one again, whose time to answer begins anew at `answered_at`."""
    return replace(receipt, state="new", answered_at=now, answered_by="", reason="", incident="", rev=receipt.rev + 1)


def unanswered_from(receipt: Receipt) -> float | None:
    """The time at which a new receipt becomes unanswered. None for one that is answered or already `unanswered`."""
    if receipt.state != "new" or receipt.unanswered:
        return None
    return max(receipt.received_at, receipt.answered_at or 0.0) + ANSWER_WITHIN


def leaves_at(receipt: Receipt) -> float | None:
    """The time at which an answered receipt leaves the screens: KEEP after the answer or its last update, else None."""
    if receipt.state == "new" or receipt.answered_at is None:
        return None
    return max(receipt.answered_at, receipt.updated_at) + KEEP
