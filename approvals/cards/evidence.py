"""The names that rules of cards may use, and the evidence that a card keeps of its case. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from approvals.cards import lateness
from approvals.open_cases import public_id
from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.items import ApprovalItem
from feeds.cases.model import FoldedCase
from feeds.workdays.calendar import Unpublished
from feeds.workdays.local_time import local_date


def names_of(
    row: CaseRow, case: FoldedCase, assessor: Assessor, now: float, signals: Mapping[str, int]
) -> dict[str, Any]:
    """The variables of a rule's expression: case, clock and item. See approvals/cards/rules.py."""
    item = assessor.catalogue.of(row.item, None)
    overdue, statutory_over = overdue_of(row, assessor, now)
    calendar = assessor.calendar(row.region)
    return {
        "case": {
            "kind": row.kind,
            "item": row.item,
            "department": row.department,
            "region": row.region,
            "state": row.state,
            "result": row.result,
            "light": row.light,
            "channel": row.channel,
            "flags": row.flags.split(),
            "has_reason": case.has_reason,
            "supplements": len(case.supplements),
            "fees_paid": sum(fee.amount for fee in case.fees if fee.paid is not None),
            "review": row.reviewed or 0,
            "score": sum(signals.values()),
        },
        "clock": {
            "overdue": overdue,
            "left": row.left or 0,
            "n": row.n or 0,
            "statutory_over": statutory_over,
            "steps_over": lateness.steps_over(case, calendar, now),
            "late_notices": lateness.late_notices(case, calendar),
            "suspension_over": lateness.suspension_over(case, calendar, now),
            "suspended_days": lateness.suspended_days(case, calendar, now),
            "delivery_over": lateness.delivery_over(case, item, calendar, now),
        },
        "item": _item_names(item),
    }


def evidence_of(row: CaseRow, assessor: Assessor, now: float, signals: Mapping[str, int]) -> dict[str, Any]:
    """The identity of the case and, as "evidence", its clock at this moment and its signals."""
    return {
        "id": public_id(row),
        "key": row.id,
        "number": row.number,
        "department": row.department,
        "region": row.region,
        "evidence": {
            "day0": None if row.day0 is None else date.fromordinal(row.day0).isoformat(),
            "due": None if row.due_day is None else date.fromordinal(row.due_day).isoformat(),
            "n": row.n,
            "overdue": overdue_of(row, assessor, now)[0],
            "flags": row.flags.split(),
            "seq": row.seq,
            **({"signals": dict(signals)} if signals else {}),
        },
    }


def overdue_of(row: CaseRow, assessor: Assessor, now: float) -> tuple[int, bool]:
    """Working days after the due day until now or the end, and whether the statutory limit is passed."""
    if row.due_day is None or row.in_time:
        return 0, False
    calendar, until = assessor.calendar(row.region), local_date(row.ended_at if row.ended_at is not None else now)
    try:
        days = calendar.between(date.fromordinal(row.due_day), until)
        used = calendar.between(date.fromordinal(row.day0), until) if row.day0 is not None else 0
    except Unpublished:
        return 0, False
    return days, bool(days and row.statutory and row.unit == "working_days" and used > row.statutory)


def _item_names(item: ApprovalItem | None) -> Mapping[str, Any]:
    if item is None:
        return {"known": False, "fee": -1, "online_required": False}
    fee = item.fee if item.fee is not None else -1
    return {"known": True, "fee": fee, "online_required": item.online_required}
