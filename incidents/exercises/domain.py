"""The domain of exercises: injects arrive through the ordinary intake when the exercise's clock reaches them.

It does no I/O (see feeds.engine.domain). Each inject is due once: what is due while the engine is not running arrives
at its next start, and what has arrived is noted in the transaction of what it brought.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from feeds.clock import restamped
from feeds.engine.record_domain import CLOCK_SET, RecordDomain
from feeds.engine.requests import Asking, FindDocument
from feeds.incidents.phases import BY_DUTY, DUTY
from feeds.journal import Doc
from feeds.journal.forms import register
from feeds.kinds import EXERCISE
from feeds.model import Command, Outcome, Result
from feeds.model.exercises import EXERCISE_STATES_OF, Exercise, ExerciseInject
from feeds.receipts import ReceiptReport
from feeds.regions import covers
from incidents.exercises.injects import MOST, injects_of
from incidents.handling.domain import IncidentDomain
from incidents.receipts.domain import ReceiptDomain
from incidents.refusals import OrderRefused, required

KIND = "exercise"
CREATE, INJECT = "exercise.create", "exercise.inject"
FASTEST = 60.0
SHOWN_AFTER = 86_400.0


def exercise_of(doc: Doc) -> Exercise:
    """An exercise from its document."""
    return msgspec.convert(doc.body, Exercise)


class ExerciseDomain(RecordDomain[Exercise]):
    """Exercises in memory: those that go on, and those that were stopped within a day.

    `after_stop` are told the id of each exercise that is stopped, in the transaction of the stop.
    """

    name = "command"
    kind = KIND
    entry_kind = KIND
    record = Exercise
    actions = frozenset((CREATE, *(f"exercise.{order}" for order in EXERCISE_STATES_OF)))

    def __init__(self, incidents: IncidentDomain, receipts: ReceiptDomain) -> None:
        super().__init__()
        self._incidents, self._receipts = incidents, receipts
        self.after_stop: list[Callable[[str, float], None]] = []

    @property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises in memory, by the number of their incident."""
        return self._held

    # -- orders ------------------------------------------------------------------

    def obey(self, command: Command, now: float) -> Asking[Result]:
        exercise = self.exercises.get(command.subject)
        try:
            if command.role not in BY_DUTY:
                raise OrderRefused("role", Outcome.FORBIDDEN)
            if command.action == CREATE:
                return self._done((yield from self._created(command, now)), "created", command, now)
            if exercise is None:
                doc = yield FindDocument(KIND, command.subject)
                return Result(command=command.id, outcome=Outcome.CONFLICT if doc is not None else Outcome.NOT_FOUND)
            return self._ordered(exercise, command, now)
        except OrderRefused as refused:
            after = EXERCISE.view(exercise) if exercise is not None else None
            return Result(command=command.id, outcome=refused.outcome, detail=refused.code, after=after)

    def _created(self, command: Command, now: float) -> Asking[Exercise]:
        args = command.args
        required(args, "title")
        speed = float(args.get("speed") or 1.0)
        if not 1 <= speed <= FASTEST:
            raise OrderRefused("speed:speed")
        injects = injects_of(args.get("injects") or ())
        title = str(args["title"])
        values = {"mode": "exercise", "title": title, "text": title, "place_unknown": True}
        if args.get("region"):
            values["region"] = str(args["region"])
        incident = yield from self._incidents.opened(replace(command, args=values), now)
        participants = tuple(dict.fromkeys(str(name) for name in args.get("participants") or ()))
        return Exercise(
            id=incident.id,
            region=incident.region,
            title=title,
            speed=speed,
            participants=participants,
            injects=injects,
            created_by=command.actor,
            created_at=now,
        )

    def _ordered(self, exercise: Exercise, command: Command, now: float) -> Result:
        if not covers(command.actor_region, exercise.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        if command.expected_rev is not None and command.expected_rev != exercise.rev:
            raise OrderRefused("", Outcome.CONFLICT)
        order = command.action.removeprefix("exercise.")
        if exercise.state not in EXERCISE_STATES_OF[order]:
            raise OrderRefused("transition", Outcome.CONFLICT)
        if order == "inject":
            if len(exercise.injects) >= MOST:
                raise OrderRefused("too_many_injects:injects")
            (inject,) = injects_of([{"at": elapsed(exercise, now), **command.args}])
            after = replace(exercise, injects=(*exercise.injects, inject))
            after = self._arrived(after, len(after.injects) - 1, now)
        else:
            after = _moved(exercise, order, now)
        for notify in self.after_stop if order == "stop" else ():
            notify(exercise.id, now)
        return self._done(replace(after, rev=exercise.rev + 1), order, command, now)

    def _done(self, exercise: Exercise, name: str, command: Command, now: float) -> Result:
        self._put(exercise)
        body = {name: value for name, value in command.args.items() if name not in ("participants", "body")}
        self._record(name, exercise.id, now, command=command, body=body | {"mode": KIND, "incident": exercise.id})
        return Result(command=command.id, outcome=Outcome.DONE, after=EXERCISE.view(exercise))

    # -- time --------------------------------------------------------------------

    def clock_stepped(self, by: float, now: float) -> None:
        for exercise in list(self.exercises.values()):
            if (moved := _after_clock_step(exercise, by, now)) != exercise:
                self._put(replace(moved, rev=exercise.rev + 1))
                self._record(CLOCK_SET, exercise.id, now, body={"mode": KIND, "incident": exercise.id})
        self._reschedule()

    def moments(self, exercise: Exercise) -> Iterable[float | None]:
        return (*(exercise.due_at(inject) for inject in exercise.injects), _leaves_at(exercise))

    def time_passed(self, exercise: Exercise, now: float) -> None:
        for number, inject in enumerate(exercise.injects):
            if (due := exercise.due_at(inject)) is not None and due <= now:
                exercise = replace(self._arrived(exercise, number, now), rev=exercise.rev + 1)
                self._put(exercise)
                inject = exercise.injects[number]
                body = {"number": number + 1, "kind": inject.kind, "refused": inject.refused}
                self._record("injected", exercise.id, now, body=body | {"mode": KIND, "incident": exercise.id})
        if (due := _leaves_at(exercise)) is not None and due <= now:
            self._remove(exercise.id)
            self._record("filed", exercise.id, now)

    def _arrived(self, exercise: Exercise, number: int, now: float) -> Exercise:
        """Give one inject to the ordinary intake; one that is refused there is noted with its reason."""
        inject = exercise.injects[number]
        refused = ""
        try:
            if inject.kind == "casualties":
                self._report(exercise, inject.body, now)
            else:
                self._receipts.inject(_report_of(exercise, inject, number, now), now)
        except OrderRefused as error:
            refused = error.code
        arrived = replace(inject, given_at=now, refused=refused)
        return replace(exercise, injects=(*exercise.injects[:number], arrived, *exercise.injects[number + 1 :]))

    def _report(self, exercise: Exercise, body: Mapping[str, Any], now: float) -> None:
        incident = self._incidents.incidents.get(exercise.id)
        if incident is None:
            raise OrderRefused("incident_closed")
        command = Command(
            id="",
            action="incident.casualties",
            subject=incident.id,
            actor=f"exercise/{exercise.id}",
            role=DUTY,
            actor_region="",
            at=now,
            valid_until=now,
        )
        self._incidents.also(incident, "casualties", body, command, now)


def elapsed(exercise: Exercise, now: float) -> float:
    """Seconds that the exercise's clock shows."""
    running = exercise.state == "running" and exercise.clock_at is not None
    return exercise.elapsed + (now - (exercise.clock_at or now)) * exercise.speed if running else exercise.elapsed


def _after_clock_step(exercise: Exercise, by: float, now: float) -> Exercise:
    """The exercise after the wall clock was set by `by` seconds, to `now`: its own clock neither jumps nor halts.

    0.0: between two runs, by an unknown amount; then it goes on from where it stood.
    """
    stopped_at = exercise.stopped_at and restamped(exercise.stopped_at, by, now)
    moved = replace(exercise, stopped_at=stopped_at)
    if exercise.state != "running" or exercise.clock_at is None:
        return moved
    return replace(moved, clock_at=exercise.clock_at + min(by, now - exercise.clock_at))


def _moved(exercise: Exercise, order: str, now: float) -> Exercise:
    """The exercise whose clock was started, stopped or let go on."""
    state = {"start": "running", "resume": "running", "pause": "paused", "stop": "stopped"}[order]
    shown = elapsed(exercise, now)
    return replace(
        exercise,
        state=state,
        elapsed=shown,
        clock_at=now,
        started_at=exercise.started_at or (now if order == "start" else None),
        stopped_at=now if order == "stop" else None,
    )


def _report_of(exercise: Exercise, inject: ExerciseInject, number: int, now: float) -> ReceiptReport:
    """The receipt that an inject is: of the exercise, never of a real event."""
    body = inject.body
    text = str(body.get("text") or " ".join(str(body.get(name, "")) for name in ("rule", "asset"))).strip()
    lat, lon = body.get("lat"), body.get("lon")
    located = isinstance(lat, int | float) and isinstance(lon, int | float)
    key = hashlib.sha256(f"{exercise.id}/{number}".encode()).hexdigest()[:12]
    return ReceiptReport(
        source="exercise",
        external_id=key,
        channel=str(body.get("channel") or ("alert" if inject.kind == "alert" else "site")),
        received_at=now,
        at=now,
        updated_at=now,
        text=text or inject.kind,
        place=str(body.get("place") or ""),
        region=exercise.region,
        event_class=str(body.get("class") or ""),
        lat=float(lat) if located else None,  # type: ignore[arg-type]
        lon=float(lon) if located else None,  # type: ignore[arg-type]
        accuracy_m=50.0,
        mode="exercise",
    )


def _leaves_at(exercise: Exercise) -> float | None:
    return exercise.stopped_at + SHOWN_AFTER if exercise.stopped_at is not None else None


register(KIND, exercise_of)
