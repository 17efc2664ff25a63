"""From facts to the answer of `GET /api/v1/kpi`: every figure with its target, for one region, and by shift."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from api.load.facts import AlertLife, Facts, Mark
from api.load.figures import (
    CHATTER,
    DAY,
    FLOOD_ENDS,
    FLOOD_STARTS,
    HOUR,
    TEN_MINUTES,
    Durations,
    chatters,
    floods,
    peak,
    seconds_within,
    within,
)
from api.load.shifts import DutyShift
from api.settings import LoadSettings
from feeds.model import Severity
from feeds.wire import iso

Record = dict[str, Any]
TOP, SHOWN = 10, 10
STALE_LIMIT = 5
SHARES = {"low": 0.8, "medium": 0.15, "high": 0.05}
CLASS = {Severity.CRITICAL: "high", Severity.MAJOR: "medium"}


class LoadReport:
    """Figures of the last day up to `now`, for what `sees` lets through. `shifts` newest first."""

    def __init__(
        self,
        facts: Facts,
        now: float,
        sees: Callable[[AlertLife], bool],
        shifts: Sequence[DutyShift],
        targets: LoadSettings,
    ) -> None:
        self._facts, self._now, self._shifts, self._targets = facts, now, shifts, targets
        self._sees = _remembered(sees)
        self._shown = self._of(facts.shown)
        self._times = [mark.at for mark in self._shown]
        self._floods = floods(self._times, now)
        self._day = now - DAY

    def _of(self, marks: Iterable[Mark]) -> list[Mark]:
        return sorted((mark for mark in marks if self._sees(mark.life)), key=lambda mark: mark.at)

    def load(self, active: Iterable[Mapping[str, Any]]) -> Record:
        """Everything but the times people take; `active` are the records of alerts that are active now."""
        return {
            "since": iso(max(self._facts.since, self._day)),
            "complete": self._facts.since <= self._day,
            "rate": self._rate(),
            "flood": self._flood(),
            "peak": self._peak(),
            "stale": self._stale(active),
            "chattering": self._chattering(),
            "priorities": self._priorities(),
            "frequent": self._frequent(),
            "per_hour": self._per_hour(),
        } | self._operators()

    def _operators(self) -> Record:
        officers = sum(shift.officers for shift in self._shifts if shift.begins <= self._now < shift.ends)
        return {"operators": officers or 1, "operators_from": "roster" if officers else "assumed"}

    def _rate(self) -> Record:
        operators = self._operators()["operators"]
        ten, day = within(self._times, self._now - TEN_MINUTES), within(self._times, self._day)
        return {
            "ten_minutes": ten,
            "per_operator": round(ten / operators, 2),
            "target": 1,
            "day": day,
            "day_per_operator": round(day / operators, 2),
            "day_target": 150,
            "day_too_many": 300,
            "raised_day": within([mark.at for mark in self._of(self._facts.raised)], self._day),
        }

    def _flood(self) -> Record:
        now = self._floods[-1] if self._floods and self._floods[-1].end is None else None
        ended = [flood for flood in self._floods if flood.end is not None]
        return {
            "on": now is not None,
            "since": iso(now.start if now else None),
            "in_ten_minutes": within(self._times, self._now - TEN_MINUTES),
            "starts_above": FLOOD_STARTS,
            "ends_below": FLOOD_ENDS,
            "share_of_day": round(seconds_within(self._floods, self._day, self._now) / DAY, 4),
            "target": 0.01,
            "last": {"from": iso(ended[-1].start), "to": iso(ended[-1].end)} if ended else None,
        }

    def _peak(self) -> Record:
        times = [at for at in self._times if at > self._day]
        (hour, hour_at), (minute, minute_at) = peak(times, HOUR), peak(times, 60.0)
        return {
            "hour": hour,
            "hour_at": iso(hour_at),
            "hour_target": 15,
            "minute": minute,
            "minute_at": iso(minute_at),
            "minute_target": 2,
        }

    def _stale(self, active: Iterable[Mapping[str, Any]]) -> Record:
        limit = iso(self._day) or ""
        old = sorted(
            (record for record in active if record["raised_at"] < limit), key=lambda record: str(record["raised_at"])
        )
        names = ("id", "rule", "asset", "severity", "raised_at", "title")
        items = [{name: record[name] for name in names} for record in old[:SHOWN]]
        return {"count": len(old), "target": 0, "limit": STALE_LIMIT, "after_s": DAY, "items": items}

    def _chattering(self) -> Record:
        by_print: dict[str, list[Mark]] = defaultdict(list)
        for mark in self._of(self._facts.changed):
            if mark.at > self._day:
                by_print[mark.life.fingerprint].append(mark)
        lately = {key: within([mark.at for mark in marks], self._now - 60.0) for key, marks in by_print.items()}
        worst = sorted((key for key, count in lately.items() if count >= CHATTER), key=lambda key: -lately[key])
        items = [_named(by_print[key][-1].life) | {"changes": lately[key]} for key in worst[:SHOWN]]
        day = sum(chatters([mark.at for mark in marks]) for marks in by_print.values())
        return {"count": len(worst), "target": 0, "changes_a_minute": CHATTER, "items": items, "day": day}

    def _priorities(self) -> Record:
        counts = Counter(mark.life.severity for mark in self._shown if mark.at > self._day)
        total = sum(counts.values())
        shares = dict.fromkeys(SHARES, 0.0)
        for severity, count in counts.items():
            shares[CLASS.get(Severity(severity), "low")] += count / total
        return {
            "counts": {severity.value: counts[severity.value] for severity in Severity},
            **({name: round(share, 4) for name, share in shares.items()} if total else dict.fromkeys(SHARES)),
            "target": SHARES,
        }

    def _frequent(self) -> Record:
        marks = [mark for mark in self._shown if mark.at > self._day]
        counts, newest = Counter(mark.life.fingerprint for mark in marks), {m.life.fingerprint: m.life for m in marks}
        total = len(marks)
        items = [
            {**_named(newest[key]), "title": newest[key].title, "count": count, "share": round(count / total, 4)}
            for key, count in counts.most_common(TOP)
        ]
        share = round(sum(item["count"] for item in items) / total, 4) if total else None
        return {"share": share, "target": 0.05, "items": items}

    def _per_hour(self) -> list[Record]:
        """The last 24 clock hours, the present one too, oldest first."""
        first = (self._now // HOUR - 23) * HOUR
        shown, raised = (
            Counter(int((mark.at - first) // HOUR) for mark in marks if mark.at >= first)
            for marks in (self._shown, self._of(self._facts.raised))
        )
        return [{"at": iso(first + n * HOUR), "shown": shown[n], "raised": raised[n]} for n in range(24)]

    # -- people --------------------------------------------------------------------

    def taken(self, waiting: int, start: float | None = None, end: float | None = None) -> Record:
        """From the first event to the first person, of what was taken in the last day (or raised in a shift)."""
        lives = [mark.life for mark in self._facts.taken if self._sees(mark.life) and mark.life.shown_at is not None]
        times = _times(lives, lambda life: life.taken_at, waiting, self._day, start, end)
        return times | {"target": self._targets.mtta or None}

    def repaired(self, waiting: int, start: float | None = None, end: float | None = None) -> Record:
        """From the first event to the end, of what is over."""
        lives = {mark.life.id: mark.life for mark in self._facts.over if self._sees(mark.life)}
        shown = [life for life in lives.values() if life.shown_at is not None and life.over_at is not None]
        times = _times(shown, lambda life: life.over_at, waiting, self._day, start, end)
        return times | {"target": self._targets.mttr or None}

    def by_shift(self) -> list[Record]:
        """Each shift of the last day with its own figures; an alert belongs to the shift of its first event."""
        return [self._shift(shift) for shift in self._shifts]

    def _shift(self, shift: DutyShift) -> Record:
        end = min(shift.ends, self._now)
        shown = sum(1 for at in self._times if shift.begins <= at < end)
        tens = max(1.0, (end - shift.begins) / TEN_MINUTES)
        return {
            "id": shift.id,
            "name": shift.name,
            "from": iso(shift.begins),
            "to": iso(shift.ends),
            "current": shift.begins <= self._now < shift.ends,
            "operators": shift.officers or 1,
            "shown": shown,
            "per_operator_10min": round(shown / tens / (shift.officers or 1), 3),
            "mtta": self.taken(self._open(shift, lambda life: life.taken_at), shift.begins, shift.ends),
            "mttr": self.repaired(self._open(shift, lambda life: life.over_at), shift.begins, shift.ends),
            "flood_s": round(seconds_within(self._floods, shift.begins, end), 1),
        }

    def _open(self, shift: DutyShift, moment: Callable[[AlertLife], float | None]) -> int:
        """Alerts of a shift that are active, in sight, and still wait for that moment."""
        return sum(
            1
            for life in self._facts.lives.values()
            if shift.begins <= life.raised_at < shift.ends
            and life.active
            and not life.hidden
            and moment(life) is None
            and self._sees(life)
        )


def _times(
    lives: Iterable[AlertLife],
    moment: Callable[[AlertLife], float | None],
    waiting: int,
    since: float,
    start: float | None,
    end: float | None,
) -> Record:
    """With a shift the alert's first event lies in it; without one, the moment lies in the last day."""
    lengths = []
    for life in lives:
        at = moment(life)
        if at is None:
            continue
        counts = at > since if start is None or end is None else start <= life.raised_at < end
        if counts:
            lengths.append(max(0.0, at - life.raised_at))
    summary = Durations.of(lengths)
    return {
        "median_s": _rounded(summary.median),
        "p90_s": _rounded(summary.p90),
        "count": summary.count,
        "waiting": waiting,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _named(life: AlertLife) -> Record:
    return {"id": life.id, "rule": life.rule, "asset": life.asset}


def _remembered(sees: Callable[[AlertLife], bool]) -> Callable[[AlertLife], bool]:
    """`sees`, cached by region: there are many marks and few regions."""
    by_region: dict[str, bool] = {}

    def ask(life: AlertLife) -> bool:
        visible = by_region.get(life.region)
        if visible is None:
            visible = by_region[life.region] = sees(life)
        return visible

    return ask


def waiting(open_alerts: Collection[Mapping[str, Any]]) -> tuple[int, int]:
    """The number of visible alerts without an acknowledgement, and of those that are active."""
    visible = [record for record in open_alerts if record["active"] and not record["suppressed_by"]]
    return sum(not record["acked"] for record in visible), len(visible)
