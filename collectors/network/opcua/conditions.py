"""Alarms and conditions (OPC 10000-9): which ones a server keeps, and how each stands.

A condition that is no longer retained is over. An older branch that still waits for an acknowledgement (5.5.2) makes
its condition unacknowledged, whatever the present state says of itself; an acknowledgement is given to all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds
from asyncua.ua.object_ids import ObjectIds as IDS

from collectors.charset import printable
from collectors.contract import Measurement
from collectors.network.opcua.values import seconds, severity
from collectors.subscriber import Condition

REFRESH_START, REFRESH_END, REFRESH_REQUIRED = (
    IDS.RefreshStartEventType,
    IDS.RefreshEndEventType,
    IDS.RefreshRequiredEventType,
)
MOST = 500
"""Conditions of one probe that are kept, and of those that are over how many are told."""
BRANCHES = 16
"""Older states of one condition."""
SHOWN = 50
"""Of these, how many get a reading of their own."""
TEXT = 400
OVER = "已解除 | over"
LAST = 60.0
"""Seconds for which the last word on a condition, that somebody acknowledged it, is said."""
_BASE, _CONDITION = IDS.BaseEventType, IDS.ConditionType
_ACKED, _ALARM = IDS.AcknowledgeableConditionType, IDS.AlarmConditionType
# What is asked of each event, in this order.
FIELDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (_BASE, ("EventId",)),
    (_BASE, ("EventType",)),
    (_BASE, ("SourceName",)),
    (_BASE, ("Time",)),
    (_BASE, ("Message",)),
    (_BASE, ("Severity",)),
    (_CONDITION, ("ConditionName",)),
    (_CONDITION, ("BranchId",)),
    (_CONDITION, ("Retain",)),
    (_ACKED, ("AckedState", "Id")),
    (_ALARM, ("ActiveState", "Id")),
    (_CONDITION, ()),
    (_CONDITION, ("Comment",)),
    (_CONDITION, ("ClientUserId",)),
)


def event_filter() -> ua.EventFilter:
    """The event filter. It selects every event, because those that frame a refresh are not conditions."""
    event_filter = ua.EventFilter()
    event_filter.SelectClauses = [_operand(kind, path) for kind, path in FIELDS]
    return event_filter


def _operand(kind: int, path: tuple[str, ...]) -> ua.SimpleAttributeOperand:
    operand = ua.SimpleAttributeOperand()
    operand.TypeDefinitionId = ua.NodeId(ua.Int32(kind))
    operand.BrowsePath = [ua.QualifiedName(name) for name in path]
    # The condition's own id is the NodeId attribute of an empty path (OPC 10000-9, 5.5.2).
    operand.AttributeId = AttributeIds.Value if path else AttributeIds.NodeId
    return operand


@dataclass(slots=True)
class StoredCondition:
    """One condition. `event` is the id of its newest event, which an acknowledgement names.

    `said`: it was reported as acknowledged.
    """

    id: ua.NodeId
    event: bytes
    condition: Condition
    ack_reported: bool = False


@dataclass(slots=True)
class Alarms:
    """All conditions of one event notifier."""

    left_out: int = 0
    again: bool = False
    refreshes: int = 0
    _stored: dict[str, StoredCondition] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)
    _last: dict[str, tuple[Condition, float]] = field(default_factory=dict)
    _refreshed: set[str] | None = None
    _older: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def take(self, fields: Sequence[ua.Variant], at: float) -> bool:
        """One event, as FIELDS asked for it; True when something may have changed. `again`: refresh is asked for."""
        (event, kind, source, moment, message, level, name, branch, retain, acked, active, id, comment, user) = _plain(
            fields
        )
        number = kind.Identifier if isinstance(kind, ua.NodeId) and kind.NamespaceIndex == 0 else None
        if number == REFRESH_START:
            self._refreshed = set()
            return False
        if number == REFRESH_REQUIRED:
            self.again = True
            return False
        if number == REFRESH_END:
            return self._end_refresh()
        if not isinstance(id, ua.NodeId) or id.is_null():
            return False
        key, acked = id.to_string(), acked if isinstance(acked, bool) else None
        came = seconds(moment) if isinstance(moment, datetime) else None
        value, active = level if isinstance(level, int) else 0, active if isinstance(active, bool) else None
        condition = Condition(
            name=self._name(key, _text(source), _text(name)),
            active=active is not False,
            acked=acked is not False,
            severity=severity(value),
            since=self._since(key, active is not False, came or at),
            level=value,
            text=_text(message),
            takes_ack=acked is not None,
            by=_text(user) if acked else "",
            comment=_text(comment) if acked else "",
        )
        event = event if isinstance(event, bytes) else b""
        if isinstance(branch, ua.NodeId) and not branch.is_null():
            return self._take_older(key, branch.to_string(), event if retain and acked is False else None, condition)
        if self._refreshed is not None:
            self._refreshed.add(key)
        # Some servers let go of an alarm that they still call active.
        return self._newest(StoredCondition(id, event, condition), bool(retain) or active is True, at)

    def _take_older(self, key: str, branch: str, event: bytes | None, condition: Condition) -> bool:
        """`event` waits for an acknowledgement; None: that state waits no more. A refresh may leave them out."""
        older = self._older.setdefault(key, {})
        older.pop(branch, None)
        if event is not None:
            older[branch] = event
            if len(older) > BRANCHES:
                older.pop(next(iter(older)))
        if not older or key not in self._stored:
            del self._older[key]
        if not older and condition.acked and key in self._stored:
            retained = self._stored[key]
            retained.condition = replace(retained.condition, takes_ack=True, by=condition.by, comment=condition.comment)
        return True

    def _newest(self, fresh: StoredCondition, retained: bool, at: float) -> bool:
        key = fresh.id.to_string()
        before = self._stored.get(key)
        self._last.pop(key, None)
        if not _proven(before.condition if before is not None else None, fresh.condition):
            fresh.condition = replace(fresh.condition, takes_ack=False)
        if not retained:
            acked = fresh.condition.takes_ack and fresh.condition.acked
            if before is not None and acked and not before.ack_reported:  # acknowledged at last: that is the news
                mine = fresh.condition if fresh.condition.by or fresh.condition.comment else before.condition
                self._last[key] = replace(fresh.condition, by=mine.by, comment=mine.comment), at
                if len(self._last) > MOST:
                    del self._last[next(iter(self._last))]
            return self._drop(key)
        if before is None and len(self._stored) >= MOST:
            self.left_out += 1
            return True
        fresh.ack_reported = before is not None and before.ack_reported and fresh.condition.acked
        self._stored[key] = fresh
        return True

    def _name(self, key: str, source: str, name: str) -> str:
        """Source and condition; where two are called the same, the id tells them apart."""
        text = "/".join(filter(None, (source, name))) or key
        taken = any(retained.condition.name == text for other_key, retained in self._stored.items() if other_key != key)
        return f"{text} ({key})" if taken else text

    def _since(self, key: str, active: bool, moment: float) -> float:
        """When it became active, or ceased to be; an acknowledgement or a repeat is neither."""
        retained = self._stored.get(key)
        return retained.condition.since if retained is not None and retained.condition.active is active else moment

    def _end_refresh(self) -> bool:
        """End the conditions that the refresh did not report again."""
        refreshed, self._refreshed = self._refreshed, None
        self.refreshes += 1
        gone = [key for key in self._stored if refreshed is not None and key not in refreshed]
        for key in gone:
            self._drop(key)
        return bool(gone)

    def _drop(self, key: str) -> bool:
        gone = self._stored.pop(key, None)
        self._older.pop(key, None)
        if gone is not None and len(self._over) < MOST:
            self._over.add(gone.condition.name)
        return gone is not None

    def report(self, at: float) -> list[Condition]:
        """All of them, and those that an acknowledgement has just ended."""
        self._last = {key: ended for key, ended in self._last.items() if at - ended[1] < LAST}
        for key, retained in self._stored.items():
            retained.ack_reported = self._stands(key).acked
        return [*self.conditions, *(condition for condition, _ in self._last.values())]

    def _stands(self, key: str) -> Condition:
        """As a person sees it: its older states count."""
        condition = self._stored[key].condition
        return replace(condition, acked=False, takes_ack=True, by="", comment="") if key in self._older else condition

    @property
    def conditions(self) -> list[Condition]:
        """The worst first."""
        conditions = [self._stands(key) for key in self._stored]
        return sorted(conditions, key=lambda condition: (not condition.active, condition.severity.rank, condition.name))

    def find(self, name: str) -> tuple[ua.NodeId, list[bytes]] | None:
        """A condition's id, and the ids of the events that wait for an acknowledgement, the oldest first."""
        for key, retained in self._stored.items():
            if retained.condition.name == name:
                older = list(self._older.get(key, {}).values())
                return retained.id, [*older, *([] if older and retained.condition.acked else [retained.event])]
        return None

    def measurements(self, at: float) -> list[Measurement]:
        """The count of conditions and the most severe ones. Conditions that ended are reported once more."""
        conditions = self.conditions
        active = [condition for condition in conditions if condition.active]
        waiting = sum(not condition.acked for condition in conditions)
        worst = active[0].text if active else ""
        measurements = [
            Measurement(metric="opcua.alarms", value=len(active), observed_at=at, text=worst),
            Measurement(metric="opcua.unacked", value=waiting, observed_at=at),
        ]
        if self.left_out:
            text = f"超过 {MOST} 个告警，其余未列入 | more than {MOST} conditions; the others are left out"
            measurements.append(
                Measurement(metric="opcua.alarms_left_out", value=self.left_out, observed_at=at, text=text)
            )
        over, self._over = self._over - {condition.name for condition in conditions}, set()
        measurements += [_reading(condition, at) for condition in conditions[:SHOWN]]
        return measurements + [
            Measurement(metric="opcua.alarm", value=False, instance=name, observed_at=at, text=OVER)
            for name in sorted(over)
        ]


def _proven(previous: Condition | None, fresh: Condition) -> bool:
    """Somebody acknowledged it. A state that ended and is acknowledged in one breath was only laid aside, as a branch
    (5.5.2); and of one that is first met when it has ended nobody can tell."""
    if not fresh.acked or fresh.by:
        return True
    if previous is None:
        return fresh.active
    return previous.takes_ack if previous.acked else previous.active is fresh.active


def _reading(condition: Condition, at: float) -> Measurement:
    zh, en = ("已确认", "acknowledged") if condition.acked else ("未确认", "unacknowledged")
    text = f"级别 {condition.level}，{zh}：{condition.text} | severity {condition.level}, {en}: {condition.text}"
    return Measurement(metric="opcua.alarm", value=condition.active, instance=condition.name, observed_at=at, text=text)


def _plain(fields: Sequence[ua.Variant]) -> list[object]:
    values = [field.Value if isinstance(field, ua.Variant) else None for field in fields[: len(FIELDS)]]
    return values + [None] * (len(FIELDS) - len(values))


def _text(value: object) -> str:
    if isinstance(value, ua.LocalizedText):
        value = value.Text
    text = value if isinstance(value, str) else ""
    return printable(text[:TEXT]).replace("[", "(").replace("]", ")")
