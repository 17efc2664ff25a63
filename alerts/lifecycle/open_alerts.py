"""All open alerts, what has happened to them since it was last asked, and when time alone moves one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from alerts.deadlines import Agenda
from alerts.lifecycle import transitions
from alerts.rules.subjects import Subject, Subjects
from feeds.external import FOREIGN
from feeds.model import Alert, Transition

AlertKey = tuple[str, ...]  # rule, the subject's kind, the subject's id; for another tool's alert rule and fingerprint


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One transition that happened: the alert after it, and the id of what brought it about."""

    alert: Alert
    transition: Transition
    cause: str = ""
    subject: Subject | None = None


def key_of(alert: Alert) -> AlertKey:
    """What makes two open alerts the same one."""
    if FOREIGN in alert.rule:
        return (alert.rule, alert.fingerprint)
    return (alert.rule, alert.subject_kind, alert.asset)


class Registry:
    """Keeps alerts by id and identity. `kept` is told of every new form of an alert."""

    def __init__(self, subjects: Subjects, kept: Callable[[Alert], None], make_id: Callable[[float], str]) -> None:
        self.alerts: dict[str, Alert] = {}
        self.expiries: Agenda[tuple[str, str]] = Agenda()  # ("ack" | "shelf" | "hold", the alert's id)
        self.cause = self.command = ""
        self.make_id = make_id
        self._subjects, self._kept = subjects, kept
        self._by_key: dict[AlertKey, str] = {}
        self._steps: list[Step] = []
        self._closed: dict[str, Alert] = {}  # what the untaken steps closed or remarked on: newer than the journal

    def take_steps(self) -> list[Step]:
        """What has happened since the last call, in order."""
        steps, self._steps, self._closed = self._steps, [], {}
        return steps

    def find(self, id: str) -> Alert | None:
        """An open alert, or one that the untaken steps have closed."""
        return self.alerts.get(id) or self._closed.get(id)

    def open(self, key: AlertKey) -> Alert | None:
        """The open alert of that identity."""
        id = self._by_key.get(key)
        return self.alerts.get(id) if id is not None else None

    def apply(self, alert: Alert | None, event: transitions.Event, now: float, subject: Subject | None = None) -> Alert:
        """Carry an event out; the alert after it."""
        after, transition = transitions.apply(alert, event, now)
        self.record(after, transition, self.cause, subject)
        return after

    def record(self, alert: Alert, transition: Transition, cause: str, subject: Subject | None = None) -> None:
        """Remember a step that was made."""
        if self.command and not transition.command:
            transition = replace(transition, command=self.command)
        about = subject or self._subjects.get((alert.subject_kind, alert.asset))
        self._steps.append(Step(alert=alert, transition=transition, cause=cause, subject=about))
        self.keep(alert)

    def load(self, alerts: Iterable[Alert]) -> None:
        """Begin with these open alerts; `kept` is not told of them."""
        for alert in alerts:
            self.alerts[alert.id] = alert
            self._by_key[key_of(alert)] = alert.id
            if alert.ack is not None or alert.shelf is not None or alert.hold is not None:
                self._plan(alert)

    def keep(self, alert: Alert) -> None:
        """Hold on to an open alert and to its ends; let go of a closed one."""
        if alert.open:
            self.alerts[alert.id] = alert
            self._by_key[key_of(alert)] = alert.id
        else:
            self._closed[alert.id] = alert
            if self.alerts.pop(alert.id, None) is not None:
                del self._by_key[key_of(alert)]
        self._plan(alert)
        self._kept(alert)

    def _plan(self, alert: Alert) -> None:
        """When its acknowledgement, shelf and hold end."""
        ends = {
            "ack": alert.ack.until if alert.ack is not None else None,
            "shelf": alert.shelf.until if alert.shelf is not None else None,
            "hold": alert.hold.until if alert.hold is not None else None,
        }
        for what, at in ends.items():
            if at is None or not alert.open:
                self.expiries.drop((what, alert.id))
            else:
                self.expiries.set((what, alert.id), at)
