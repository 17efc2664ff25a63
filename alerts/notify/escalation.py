"""Escalation of alerts that nobody acknowledges: steps over time, without I/O.

A run begins when an alert is active, visible and unacknowledged. It stops when the alert is acknowledged, suppressed or
over. When the alert is unattended again, a new run begins. A promised repair time that passes is notified once, also
for an acknowledged alert. The alert's document holds the state of the run, so that it continues after a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from alerts.deadlines import Deadlines
from alerts.receivers.matching import matches
from alerts.rules.subjects import Subject
from feeds.documents.alert import EscalationRun
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.model import Alert

STEP, REPEAT, PROMISE = "step", "repeat", "promise"
MOST = 200
"""Alerts that are escalated in one batch: ten thousand at once must not stop everything else meanwhile."""
AGAIN = 1800.0
"""Seconds after which a policy that reached nobody at all is tried again."""
Find = Callable[[str], tuple[Alert, Subject | None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """One escalation step that is due. `steps` name the people; `part` is the step's part of the message's key."""

    alert: Alert
    subject: Subject | None
    name: str
    policy: str
    number: int
    step: int
    part: str
    steps: tuple[StepSettings, ...]


class Escalations:
    """The escalation runs of all open alerts, and their next due times."""

    def __init__(self) -> None:
        self.policies: tuple[EscalationSettings, ...] = ()
        self._runs: dict[str, EscalationRun] = {}
        self._deadlines: Deadlines[tuple[str, str]] = Deadlines()

    def run_of(self, id: str) -> EscalationRun | None:
        """An alert's run as its document keeps it."""
        run = self._runs.get(id)
        return replace(run, next_at=self.next_at(id)) if run is not None else None

    def load(self, alert: Alert, run: EscalationRun | None) -> None:
        """Go on with an alert from its document."""
        if run is not None:
            self._runs[alert.id] = run
            self._plan(alert.id)
        if alert.ack is not None:
            self._plan_promise(alert)

    def next_at(self, id: str) -> float | None:
        """When an alert's next step falls due."""
        return self._deadlines.at((STEP, id))

    def next_due(self) -> float | None:
        """When the first of all steps falls due."""
        return self._deadlines.next_due()

    def is_due(self, now: float) -> bool:
        """Whether anything falls due by now."""
        due = self._deadlines.next_due()
        return due is not None and due <= now

    def note(self, alert: Alert, subject: Subject | None, at: float) -> None:
        """Take in the newest form of an alert: begin, continue or stop its run."""
        if not alert.open:
            self.drop(alert.id)
            return
        run = self._runs.get(alert.id)
        policy = self._choose(alert, subject) if _is_unattended(alert) else None
        if policy is None:
            if run is not None and run.running:
                self._keep(alert.id, replace(run, running=False))
        elif run is None or not run.running or run.policy != policy.id:
            number = run.number + 1 if run is not None else 1
            promised = run.promised if run is not None else None
            self._keep(
                alert.id, EscalationRun(policy=policy.id, number=number, running=True, began=at, promised=promised)
            )
        self._plan_promise(alert)

    def drop(self, id: str) -> None:
        """The alert is closed."""
        self._runs.pop(id, None)
        self._deadlines.drop((STEP, id))
        self._deadlines.drop((PROMISE, id))

    def set_policies(
        self,
        policies: Sequence[EscalationSettings],
        alerts: Iterable[Alert],
        subject_of: Callable[[Alert], Subject | None],
        at: float,
    ) -> None:
        """Replace the policies. A run whose policy has changed begins anew; the others continue."""
        self.policies = tuple(policies)
        for alert in alerts:
            if alert.id not in self._runs and not (self.policies and _is_unattended(alert)):
                continue  # there is nothing to stop, and nothing to begin
            self.note(alert, subject_of(alert), at)
            run = self._runs.get(alert.id)
            if run is not None and run.running and not run.reached and (run.step or run.began > at):
                self._restart(alert.id, run, at)  # there may be somebody now
            self._plan(alert.id)

    def fire(self, now: float, find: Find, most: int = MOST) -> list[Fired]:
        """The steps that are due, in order of their due times, `most` at once. The others stay due."""
        fired: list[Fired] = []
        while len(fired) < most and self.is_due(now):
            timer, id = self._deadlines.pop()
            record = find(id)
            if record is None:
                self._runs.pop(id, None)
                continue
            due_step = self._promise(*record, now) if timer == PROMISE else self._step(*record, now)
            if due_step is not None:
                fired.append(due_step)
        return fired

    def reached_nobody(self, fired: Fired, now: float) -> None:
        """Nobody could be reached: the next step is due at once; after the last one the run is repeated later."""
        run, steps = self._runs.get(fired.alert.id), self._steps(fired.policy)
        if fired.name != STEP or run is None or not run.running:
            return
        if run.step < len(steps):
            self._keep(fired.alert.id, replace(run, began=now - steps[run.step].after))
        elif not run.reached:
            self._restart(fired.alert.id, run, now + AGAIN - steps[0].after)

    def reached_somebody(self, fired: Fired) -> None:
        """Note that the run has reached somebody."""
        run = self._runs.get(fired.alert.id)
        if run is not None and not run.reached:
            self._runs[fired.alert.id] = replace(run, reached=True)

    def clock_stepped(self, by: float, now: float) -> list[str]:
        """The clock was set by `by` seconds: steps keep their remaining time. Returns the alerts whose run has moved.

        A run never begins later than AGAIN from now. A promised repair time stays: a person chose that moment.
        """
        moved = []
        for id, run in self._runs.items():
            began, last = min(run.began + by, now + AGAIN), min(run.last + by, now)
            if run.running and (began, last) != (run.began, run.last):
                self._runs[id] = replace(run, began=began, last=last)
                self._plan(id)
                moved.append(id)
        return moved

    def _restart(self, id: str, run: EscalationRun, began: float) -> None:
        """Begin another run of the policy."""
        again = EscalationRun(
            policy=run.policy, number=run.number + 1, running=True, began=began, promised=run.promised
        )
        self._keep(id, again)

    # -- inside ------------------------------------------------------------------

    def _step(self, alert: Alert, subject: Subject | None, now: float) -> Fired | None:
        run = self._runs.get(alert.id)
        steps = self._steps(run.policy) if run is not None else ()
        if run is None or not run.running or not steps:
            return None
        if run.step < len(steps) and run.began + steps[run.step].after <= now:
            run, name = replace(run, step=run.step + 1, repeats=0, last=now), STEP
            part = f"e{run.number}.{run.step}"
        elif run.step:
            run, name = replace(run, repeats=run.repeats + 1, last=now), REPEAT
            part = f"e{run.number}.{run.step}.{run.repeats}"
        else:
            return None
        self._keep(alert.id, run)
        return Fired(
            alert=alert,
            subject=subject,
            name=name,
            policy=run.policy,
            number=run.number,
            step=run.step,
            part=part,
            steps=(steps[min(run.step, len(steps)) - 1],),
        )

    def _promise(self, alert: Alert, subject: Subject | None, now: float) -> Fired | None:
        """Notify of a broken promise: the people of the first step, and those one step above the last one done."""
        promise = alert.ack.estimated_restoration if alert.ack is not None else None
        run = self._runs.get(alert.id) or EscalationRun()
        if promise is None or promise > now or run.promised == promise or not _shown(alert):
            return None
        self._keep(alert.id, replace(run, promised=promise))
        policy = self._choose(alert, subject)
        steps = policy.steps if policy is not None else ()
        above = run.step if policy is not None and run.policy == policy.id else 0
        meant = sorted({0, min(max(above, 1), len(steps) - 1)}) if steps else []
        return Fired(
            alert=alert,
            subject=subject,
            name=PROMISE,
            policy=policy.id if policy is not None else "",
            number=run.number,
            step=meant[-1] + 1 if meant else 0,
            part=f"p{promise:.0f}",
            steps=tuple(steps[index] for index in meant),
        )

    def _choose(self, alert: Alert, subject: Subject | None) -> EscalationSettings | None:
        return next((policy for policy in self.policies if matches(policy, alert, subject)), None)

    def _steps(self, policy: str) -> tuple[StepSettings, ...]:
        return next((candidate.steps for candidate in self.policies if candidate.id == policy), ())

    def _keep(self, id: str, run: EscalationRun) -> None:
        self._runs[id] = run
        self._plan(id)

    def _plan(self, id: str) -> None:
        """Schedule the run's next step, or the repetition of the last one."""
        run = self._runs.get(id)
        steps = self._steps(run.policy) if run is not None and run.running else ()
        times = []
        if run is not None and run.step < len(steps):
            times.append(run.began + steps[run.step].after)
        if run is not None and 0 < run.step <= len(steps):
            repeat = steps[run.step - 1].repeat
            if repeat is not None and run.repeats < steps[run.step - 1].times:
                times.append(run.last + repeat)
        if times:
            self._deadlines.set((STEP, id), min(times))
        else:
            self._deadlines.drop((STEP, id))

    def _plan_promise(self, alert: Alert) -> None:
        promise = alert.ack.estimated_restoration if alert.ack is not None and _shown(alert) else None
        run = self._runs.get(alert.id)
        if promise is None or (run is not None and run.promised == promise):
            self._deadlines.drop((PROMISE, alert.id))
        else:
            self._deadlines.set((PROMISE, alert.id), promise)


def _shown(alert: Alert) -> bool:
    return alert.active and not alert.suppressed_by


def _is_unattended(alert: Alert) -> bool:
    return _shown(alert) and alert.ack is None
