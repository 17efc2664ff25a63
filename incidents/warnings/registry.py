"""The registry of public warnings: takes messages and time, gives named steps. Pure: no I/O, no clock.

What a message means for others stays until they arrive (`waiting`), so an orphan Cancel ends its alert
whenever that comes. Ended warnings stay shown for `keep` seconds and then leave memory: the engine brings
them back from the journal (`restore`) when a message names them.

Steps: received · content_changed · superseded · cancelled · revised (another message ended it earlier) ·
activated · expired · removed · reference_found · waiting · acknowledged · refused · recounted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from feeds.model import EmergencyWarning
from incidents.warnings.lifecycle import (
    Ender,
    Held,
    acts_on,
    due,
    ender_of,
    key_of,
    settled,
    with_changed_content,
    with_life,
    with_unknown,
)

KEEP = 86_400.0
WAIT = 30 * 86_400.0
DEFAULT_LIFE = 6 * 3600.0
NOTICES = 10_000

_NOTICE_STEPS = {"Ack": "acknowledged", "Error": "refused"}
_STATE_STEPS = {"active": "activated", "expired": "expired", "cancelled": "cancelled", "superseded": "superseded"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happened to `subject` (a warning's id). `cause` is the id of the message, "" for time."""

    name: str
    subject: str
    at: float
    cause: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


class Registry:
    """All warnings that are shown or waited for.

    `held` and `notices` (Cancel, Ack, Error: digests only) are by key (see life.key_of), `waiting` by the key of
    the message that is missing.
    """

    def __init__(self, *, default_life: float = DEFAULT_LIFE, keep: float = KEEP) -> None:
        self._default_life, self._keep = default_life, keep
        self.held: dict[str, Held] = {}
        self.notices: dict[str, tuple[str, ...]] = {}
        self.waiting: dict[str, tuple[Ender, ...]] = {}
        self._steps: list[Step] = []

    @property
    def shown(self) -> dict[str, EmergencyWarning]:
        """What everybody sees, by id."""
        return {held.warning.id: held.warning for held in self.held.values() if held.shown}

    @property
    def next_due(self) -> float | None:
        """When `advance` will next have something to do."""
        times = [at for held in self.held.values() if (at := due(held, self._keep)) is not None]
        times += [one.received_at + WAIT for enders in self.waiting.values() for one in enders]
        return min(times, default=None)

    def knows(self, reference: str) -> bool:
        """Whether a message is in memory."""
        return key_of(reference) in self.held or key_of(reference) in self.notices

    def restore(self, held: Held) -> None:
        """Take a warning as the journal keeps it."""
        self.held[key_of(held.warning.id)] = held

    # -- messages ----------------------------------------------------------------

    def take(self, message: EmergencyWarning, now: float) -> list[Step]:
        """Take one message in; a duplicate gives no step."""
        key = key_of(message.id)
        if key in self.held:
            self._again(key, message, now)
        elif key in self.notices:
            if message.digest not in self.notices[key]:
                self.notices[key] += (message.digest,)
                self._say("content_changed", message.id, now, message.id, digest=message.digest)
        elif message.msg_type in ("Alert", "Update"):
            self._admit(key, message, now)
        else:
            self._notice(key, message, now)
        return self._taken()

    def _again(self, key: str, message: EmergencyWarning, now: float) -> None:
        held = self.held[key]
        if message.digest not in held.digests:
            digests = (*held.digests, message.digest)
            self.held[key] = replace(held, warning=with_changed_content(held.warning), digests=digests)
            self._say("content_changed", message.id, now, message.id, digest=message.digest)

    def _admit(self, key: str, message: EmergencyWarning, now: float) -> None:
        waited = self.waiting.pop(key, ())
        warning = with_life(message, self._default_life)
        enders = tuple(sorted((one for one in waited if acts_on(one, warning)), key=lambda one: (one.sent, one.id)))
        warning = settled(warning, enders, now)
        self.held[key] = Held(warning=warning, enders=enders, digests=(message.digest,), shown=True)
        self._say("received", warning.id, now, warning.id, state=warning.state)
        self._act(message, now)
        for one in waited:
            self._remark(one.id, now, cause=warning.id)

    def _notice(self, key: str, message: EmergencyWarning, now: float) -> None:
        self.notices[key] = (message.digest,)
        self._say("received", message.id, now, message.id, msg_type=message.msg_type)
        self._act(message, now)
        if step := _NOTICE_STEPS.get(message.msg_type):
            for reference in message.references:
                self._say(step, reference, now, message.id)

    def _act(self, message: EmergencyWarning, now: float) -> None:
        """Let the message end what it references; what has not arrived yet is waited for."""
        ender = ender_of(message)
        if ender is None:
            return
        for reference in dict.fromkeys(map(key_of, message.references)):
            if reference in self.held:
                self._end(reference, ender, now)
            elif reference != key_of(message.id) and reference not in self.notices:
                self.waiting[reference] = (*self.waiting.get(reference, ()), ender)
                self._say("waiting", message.id, now, message.id, reference=reference)
        self._remark(message.id, now, cause="")

    def _end(self, key: str, ender: Ender, now: float) -> None:
        held = self.held[key]
        if acts_on(ender, held.warning):
            enders = tuple(sorted((*held.enders, ender), key=lambda one: (one.sent, one.id)))
            self.held[key] = replace(held, enders=enders)
            self._resettle(key, now, cause=ender.id)

    def _remark(self, id: str, now: float, cause: str) -> None:
        """Bring the REFERENCE_UNKNOWN findings of an Update up to date; a finding that goes is a step."""
        held = self.held.get(key_of(id))
        if held is None:
            return
        unknown = [one for one in held.warning.references if self._waits(key_of(one), id)]
        warning = with_unknown(held.warning, unknown)
        if warning != held.warning:
            self.held[key_of(id)] = replace(held, warning=warning)
            if cause:
                self._say("reference_found", id, now, cause)

    def _waits(self, reference: str, id: str) -> bool:
        return any(one.id == id for one in self.waiting.get(reference, ()))

    # -- time --------------------------------------------------------------------

    def advance(self, now: float) -> list[Step]:
        """Let time pass: onset, expiry, the end of showing, the end of waiting."""
        for key, held in list(self.held.items()):
            at = due(held, self._keep)
            if at is not None and at <= now:
                self._resettle(key, now, cause="")
                self._drop_old(key, now)
        for key, enders in list(self.waiting.items()):
            left = tuple(one for one in enders if one.received_at + WAIT > now)
            if len(left) < len(enders):
                self.waiting[key] = left
                if not left:
                    del self.waiting[key]
        return self._taken()

    def clock_stepped(self, now: float) -> None:
        """The clock was set: a warning begins and ends by the wall clock, so each has the state of that moment."""
        for key in list(self.held):
            self._resettle(key, now, cause="")

    def _drop_old(self, key: str, now: float) -> None:
        """An ended warning leaves the screens and the memory `keep` seconds after its end; the journal keeps it."""
        held = self.held[key]
        ended = held.warning.ended_at
        if ended is not None and ended + self._keep <= now and held.shown:
            self.held[key] = replace(held, shown=False)
            self._say("removed", held.warning.id, now, "")

    def forget(self) -> None:
        """Drop from memory what is no longer shown, and the oldest notices; called when the journal has them."""
        for key in [key for key, held in self.held.items() if not held.shown]:
            del self.held[key]
        for key in list(self.notices)[:-NOTICES]:
            del self.notices[key]

    def _resettle(self, key: str, now: float, cause: str) -> None:
        held = self.held[key]
        before, after = held.warning, settled(held.warning, held.enders, now)
        if after != before:
            # One that had left the screens is shown again when something new ends it.
            shown = after.ended_at is None or after.ended_at + self._keep > now
            self.held[key] = replace(held, warning=after, shown=held.shown or shown)
            name = _STATE_STEPS.get(after.state, "revised") if after.state != before.state else "revised"
            self._say(
                name,
                after.id,
                now,
                cause,
                before=before.state,
                after=after.state,
                ended_at=after.ended_at,
                ended_by=after.ended_by,
            )

    # -- places ------------------------------------------------------------------

    def recount(self, count: Callable[[EmergencyWarning], EmergencyWarning], now: float) -> list[Step]:
        """Ask again what each shown warning affects (another inventory)."""
        for key, held in self.held.items():
            after = count(held.warning)
            if after != held.warning:
                self.held[key] = replace(held, warning=after)
                self._say("recounted", after.id, now, "", affected=dict(after.affected))
        return self._taken()

    def _say(self, name: str, subject: str, at: float, cause: str, **body: Any) -> None:
        self._steps.append(Step(name=name, subject=subject, at=at, cause=cause, body=body))

    def _taken(self) -> list[Step]:
        steps, self._steps = self._steps, []
        return steps
