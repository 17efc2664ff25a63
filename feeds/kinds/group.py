"""Groups of open alerts by cause, rule, unit and county, while there is a flood (docs/flood.md).

Made by each web worker, for each audience.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from feeds.kinds.alert import need_of
from feeds.kinds.audience import Audience, Record
from feeds.kinds.counted import NOTHING, CountedKind, CountPair, Everybody, Share, Traits, by_group
from feeds.kinds.filters import Exact, Words
from feeds.model import Kind, Severity
from feeds.model.isa_state import root_of
from feeds.model.times import Time

Axis = Literal["all", "cause", "rule", "unit", "region"]
AXES: tuple[Axis, ...] = ("all", "cause", "rule", "unit", "region")
ALL = "all:"
"""The group of everything."""
MANY, RAISED, SPAN = 50, 30, timedelta(minutes=10)
"""A flood: so many alerts that nobody has taken, or so many raised within the span up to the newest of them."""
CURVE, SHOWN = 60, 5
"""Minutes of a curve, and alerts named, at most."""
_WORST = tuple(str(severity) for severity in Severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Open alerts with the same cause, rule, unit or county (`by`, `key`); `all` has every one.

    `count` alerts, of which `active` hold and `unacked` were taken by nobody; `severities` of them, `severity` the
    worst. `curve`: how many were raised in which minute, the newest 60 minutes that have any. `needs`: how many need a
    person, by the reason; `alerts`: ids of these, worst and oldest first, five at most. `rule` is the rule of all of
    them, "" when they have several.
    """

    id: str
    by: Axis
    key: str
    rule: str
    severity: Severity
    severities: dict[str, int]
    count: int
    active: int
    unacked: int
    first_at: Time
    last_at: Time
    curve: dict[str, int]
    needs: dict[str, int]
    alerts: list[str]


def groups_of(alert: Record, owner: str) -> tuple[str, ...]:
    """The ids of the groups that an open alert is in; `owner` is the unit of its asset.

    An alert that something hides is in the group of its cause only.
    """
    root = alert["cut_by"] or (alert["id"] if alert["affected"] else "")
    cause = (f"cause:{root}",) if root else ()
    if alert["suppressed_by"]:
        return cause if alert["cut_by"] else ()
    unit = (f"unit:{owner}",) if owner else ()
    region = (f"region:{alert['region'][:6]}",) if alert["region"] else ()
    return (ALL, *cause, f"rule:{alert['rule']}", *unit, *region)


def _share(kind: str, record: Record, asset: Record | None, audience: Audience) -> Share:
    groups = groups_of(record, asset["owner"] if asset is not None else "")
    return (groups, _pairs(record)) if groups else NOTHING


def _pairs(alert: Record) -> tuple[CountPair, ...]:
    pairs = [
        ("severity", str(alert["severity"])),
        ("minute", f"{alert['raised_at'][:16]}:00.000Z"),
        ("rule", alert["rule"]),
    ]
    if alert["active"]:
        pairs.append(("active", ""))
    if not alert["acked"]:
        pairs.append(("unacked", ""))
    if need := alert["need"]:
        rank = _WORST.index(alert["severity"])
        pairs += [("need", need), ("top", f"{rank} {alert['raised_at']} {alert['id']}")]
    return tuple(pairs)


def _trait(values: Sequence[Any], asset: Record | None) -> Hashable:
    """The share of an alert that needs a person, or explains others, names it."""
    _, _, id, active, ack, suppressed_by, severity, affected, region, rule, raised_at = values
    suppressed, cut_by = bool(suppressed_by), root_of(suppressed_by) if suppressed_by else ""
    if suppressed and not (cut_by or affected):
        return None
    owner = asset["owner"] if asset is not None else ""
    acked = ack is not None
    need = need_of(active=active, acked=acked, suppressed=suppressed, severity=severity, affected=affected)
    return (
        id if affected or need else "",
        *(cut_by, suppressed, owner, region, rule, severity, _minute(raised_at), active, acked),
    )


def _minute(at: str | float) -> Hashable:
    """The minute of a time as it is shown: RFC 3339, or epoch seconds of which the milliseconds are shown."""
    return at[:16] if isinstance(at, str) else math.floor(at * 1000) // 60_000


_TRAITS = Traits(
    ("id", "active", "ack", "suppressed_by", "severity", "affected", "region", "rule", "raised_at"), _trait
)


def _group(id: str, counts: Counter[CountPair]) -> Record:
    by, _, key = id.partition(":")
    values = by_group(counts)
    severities, minutes = values["severity"], values["minute"]
    newest = sorted(minutes)[-CURVE:]
    top = heapq.nsmallest(SHOWN, values.get("top", {}))
    return {
        "id": id,
        "by": by,
        "key": key,
        "rule": next(iter(values["rule"])) if len(values["rule"]) == 1 else "",
        "severity": next(severity for severity in _WORST if severity in severities),
        "severities": severities,
        "count": sum(severities.values()),
        "active": counts.get(("active", ""), 0),
        "unacked": counts.get(("unacked", ""), 0),
        "first_at": min(minutes),
        "last_at": newest[-1],
        "curve": {minute: minutes[minute] for minute in newest},
        "needs": values.get("need", {}),
        "alerts": [text.split(" ", 2)[2] for text in top],
    }


def _flood(counts: Mapping[str, Counter[CountPair]]) -> bool:
    """True during a flood. It depends on the alerts, not on the clock, so that all workers agree."""
    everything = counts.get(ALL)
    if not everything:
        return False
    if everything.get(("unacked", ""), 0) >= MANY:
        return True
    minutes = {minute: count for (group, minute), count in everything.items() if group == "minute"}
    start = (datetime.fromisoformat(max(minutes)) - SPAN).strftime("%Y-%m-%dT%H:%M:00.000Z")
    return sum(count for minute, count in minutes.items() if minute > start) >= RAISED


GROUP = CountedKind(
    name="group",
    plural="groups",
    record=Group,
    writer="web",
    visible=Everybody(),
    filters=(Words(name="by", words=AXES), Exact(name="key")),
    faces={
        "row": ("id", "by", "key", "rule", "severity", "count", "active", "unacked", "first_at", "last_at", "needs")
    },
    slashes=True,
    plain=False,
    over=(Kind.ALERT,),
    share=_share,
    count=_group,
    present=_flood,
    traits={Kind.ALERT: _TRAITS},
)
