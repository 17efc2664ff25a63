"""The open alerts, their transitions since the last call, and the moments at which their marks expire."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from alerts.deadlines import Deadlines
from alerts.lifecycle import transitions
from alerts.rules.delays import Key
from alerts.rules.members import member_key
from alerts.rules.subjects import Subject, Subjects
from feeds.external import FOREIGN
from feeds.model import Alert, Transition

AlertKey = tuple[str, ...]
"""Rule (with its member: `if-down[GE0/0/1]`), the subject's kind and id; another tool's alert: rule, fingerprint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStep:
    """One transition: the alert after it, and the id of the change or command that caused it."""

    alert: Alert
    transition: Transition
    cause: str = ""
    subject: Subject | None = None


def new_id(now: float) -> str:
    """A new alert id. Ids sort by time; two alerts of one moment differ."""
    return f"{int(now * 1000):012x}-{secrets.token_hex(4)}"


def key_of(alert: Alert) -> AlertKey:
    """The identity of an open alert."""
    if FOREIGN in alert.rule:
        return (alert.rule, alert.fingerprint)
    return condition_key(alert)


def condition_key(alert: Alert) -> Key:
    """The condition of a rule that the alert is about: the rule (with the member), the subject's kind and its id."""
    return (member_key(alert.rule, alert.member), alert.subject_kind, alert.asset)


class OpenAlerts:
    """The open alerts by id and by identity. `on_change` is called with every new form of an alert."""

    def __init__(self, subjects: Subjects, on_change: Callable[[Alert], None], make_id: Callable[[float], str]) -> None:
        self.alerts: dict[str, Alert] = {}
        self.expiries: Deadlines[tuple[str, str]] = Deadlines()  # ("ack" | "shelf" | "hold", the alert's id)
        self.cause = self.command = ""
        self.make_id = make_id
        self._subjects, self._on_change = subjects, on_change
        self._by_key: dict[AlertKey, str] = {}
        self._members: dict[tuple[str, str], dict[str, None]] = {}  # with open alerts, by rule and asset
        self._steps: list[AlertStep] = []
        self._closed: dict[str, Alert] = {}  # what the untaken steps closed or remarked on: newer than the journal

    def take_steps(self) -> list[AlertStep]:
        """The steps since the last call, in order."""
        steps, self._steps, self._closed = self._steps, [], {}
        return steps

    def find(self, id: str) -> Alert | None:
        """An open alert, or one that the untaken steps have closed."""
        return self.alerts.get(id) or self._closed.get(id)

    def open(self, key: AlertKey) -> Alert | None:
        """The open alert of that identity."""
        id = self._by_key.get(key)
        return self.alerts.get(id) if id is not None else None

    def members(self, rule: str, asset: str) -> list[str]:
        """The members of an asset that have open alerts of a rule."""
        return list(self._members.get((rule, asset), ()))

    def apply(self, alert: Alert | None, event: transitions.Event, now: float, subject: Subject | None = None) -> Alert:
        """Apply an event and return the alert after it; raises NotAllowed."""
        after, transition = transitions.apply(alert, event, now)
        self.record(after, transition, self.cause, subject)
        return after

    def record(self, alert: Alert, transition: Transition, cause: str, subject: Subject | None = None) -> None:
        """Record a transition that was already applied."""
        if self.command and not transition.command:
            transition = replace(transition, command=self.command)
        about = subject or self._subjects.get((alert.subject_kind, alert.asset))
        self._steps.append(AlertStep(alert=alert, transition=transition, cause=cause, subject=about))
        self.keep(alert)

    def load(self, alerts: Iterable[Alert]) -> None:
        """Begin with these open alerts. `on_change` is not called for them."""
        for alert in alerts:
            self.alerts[alert.id] = alert
            self._by_key[key_of(alert)] = alert.id
            if alert.member:
                self._keep_member(alert)
            if alert.ack is not None or alert.shelf is not None or alert.hold is not None:
                self._plan(alert)

    def keep(self, alert: Alert) -> None:
        """Store an open alert and schedule its expiries; drop a closed one."""
        if alert.open:
            self.alerts[alert.id] = alert
            self._by_key[key_of(alert)] = alert.id
        else:
            self._closed[alert.id] = alert
            if self.alerts.pop(alert.id, None) is not None:
                del self._by_key[key_of(alert)]
        self._keep_member(alert)
        self._plan(alert)
        self._on_change(alert)

    def _keep_member(self, alert: Alert) -> None:
        if alert.member and alert.open:
            self._members.setdefault((alert.rule, alert.asset), {})[alert.member] = None
        elif alert.member:
            self._members.get((alert.rule, alert.asset), {}).pop(alert.member, None)

    def _plan(self, alert: Alert) -> None:
        """Schedule the ends of the alert's acknowledgement, shelf and hold."""
        ends = {
            "ack": alert.ack.until if alert.ack is not None else None,
            "shelf": alert.shelf.until if alert.shelf is not None else None,
            "hold": alert.hold.until if alert.hold is not None else None,
        }
        for mark, at in ends.items():
            if at is None or not alert.open:
                self.expiries.drop((mark, alert.id))
            else:
                self.expiries.set((mark, alert.id), at)
