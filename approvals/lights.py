"""Changes of lights by time. Each is dated to the moment at which it became true, also after a stop. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.facts import FactSet
from feeds.cases.fold import fold_facts
from feeds.cases.store import CaseEvent
from feeds.workdays.clock import Light

AT_ONCE = 500
"""Cases whose lights change in one transaction; facts and commands are served in between."""


@dataclass(frozen=True, slots=True)
class LightChange:
    """A row after its moments have passed, and every light it had on the way with the moment of each."""

    row: CaseRow
    events: tuple[CaseEvent, ...]


def by_moments(row: CaseRow) -> bool:
    """True when the next light follows from the row alone, because its limit is known."""
    return row.state == "open" and row.limit_at is not None


def passed(row: CaseRow, now: float, seq: int) -> LightChange:
    """The change of a row whose limit is known: yellow and red in order, each at the moment it became true."""
    light, events = row.light, []
    for to, at in ((Light.YELLOW, row.warn_at), (Light.RED, row.limit_at)):
        if at is None or at > now or _rank(light) >= _rank(to):
            continue
        if to is Light.YELLOW and row.limit_at is not None and at >= row.limit_at:
            continue
        events.append(event(row, light, to, at, now))
        light = to
    following = min((at for at in (row.warn_at, row.limit_at) if at is not None and at > now), default=None)
    after = msgspec.structs.replace(row, light=light, next_at=following, seq=seq)
    return LightChange(after, tuple(events))


def reassessed(row: CaseRow, facts: FactSet, assessor: Assessor, now: float, seq: int) -> LightChange:
    """The change of a row whose clock has to be read again: an unpublished year, or a notice that did not come."""
    case = fold_facts(row.system, row.number, facts, assessor.precedence)
    after = msgspec.structs.replace(assessor.row(case, now), id=row.id, seq=seq)
    events: tuple[CaseEvent, ...] = ()
    if after.light != row.light and after.light:
        at = after.limit_at if after.light == Light.RED and after.limit_at is not None else row.next_at or now
        events = (event(row, row.light, Light(after.light), min(at, now), now),)
    return LightChange(after, events)


def event(row: CaseRow, was: str, to: str, at: float, now: float, cause: str = "time") -> CaseEvent:
    """A change of light that became true at `at` and was seen now."""
    return CaseEvent(case_id=row.id, at=at, seen=now, name="light", cause=cause, body={"from": was, "to": str(to)})


def _rank(light: str) -> int:
    return {Light.YELLOW: 1, Light.RED: 2}.get(Light(light), 0) if light else 0


def counted(changes: Iterable[LightChange]) -> dict[str, int]:
    """Numbers of changes by their new light, for the journal."""
    tally: dict[str, int] = {}
    for change in changes:
        for light_event in change.events:
            to = str(light_event.body["to"])
            tally[to] = tally.get(to, 0) + 1
    return tally
