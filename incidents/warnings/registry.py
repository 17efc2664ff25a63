"""The registry of public warnings: takes messages and time, returns named steps. Pure: no I/O, no clock.

The effect of a message on missing ones is remembered until they arrive (`waiting`), so an orphan Cancel ends its alert
whenever that arrives. Ended warnings stay displayed for `keep` seconds and are then dropped from memory. The engine
restores them from the journal (`restore`) when a message references them.

Steps: received · content_changed · superseded · cancelled · revised (another message ended it earlier) · activated ·
expired · removed · reference_found · waiting · acknowledged · refused · recounted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from feeds.model import EmergencyWarning
from incidents.warnings.due_times import DueTimes
from incidents.warnings.lifecycle import (
    Ender,
    HeldWarning,
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
class WarningStep:
    """One step in the life of `subject` (a warning's id). `cause` is the id of the message, "" for time."""

    name: str
    subject: str
    at: float
    cause: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)


class WarningRegistry:
    """All warnings that are displayed or waited for.

    `held` and `notices` (Cancel, Ack, Error: digests only) are by key (see lifecycle.key_of), `waiting` by the key of
    the missing message. `changed`, `changed_notices` and `changed_waiting` are the keys that changed since the last
    `forget`, in order: the cost of a step follows from what changed, not from how much is held.
    """

    def __init__(self, *, default_life: float = DEFAULT_LIFE, keep: float = KEEP) -> None:
        self._default_life, self._keep = default_life, keep
        self.held: dict[str, HeldWarning] = {}
        self.notices: dict[str, tuple[str, ...]] = {}
        self.waiting: dict[str, tuple[Ender, ...]] = {}
        self.changed: dict[str, None] = {}
        self.changed_notices: dict[str, None] = {}
        self.changed_waiting: dict[str, None] = {}
        self._due, self._due_waiting = DueTimes(), DueTimes()
        self._hidden: dict[str, None] = {}
        self._steps: list[WarningStep] = []

    @property
    def shown(self) -> dict[str, EmergencyWarning]:
        """The public warnings, by id."""
        return {held.warning.id: held.warning for held in self.held.values() if held.shown}

    @property
    def next_due(self) -> float | None:
        """Time of the next call of `advance` that will do something."""
        times = (self._due.first(self._is_due), self._due_waiting.first(lambda _, key: key in self.waiting))
        return min((at for at in times if at is not None), default=None)

    def _is_due(self, at: float, key: str) -> bool:
        """False for a timer that a later change has made obsolete."""
        held = self.held.get(key)
        return held is not None and held.shown and due(held, self._keep) == at

    def newest_quakes(self) -> list[EmergencyWarning]:
        """The newest message of each earthquake in memory."""
        newest: dict[str, EmergencyWarning] = {}
        for held in self.held.values():
            warning = held.warning
            if warning.quake is not None:
                newest_so_far = newest.get(warning.identifier)
                newest[warning.identifier] = (
                    warning if newest_so_far is None or warning.sent > newest_so_far.sent else newest_so_far
                )
        return list(newest.values())

    def knows(self, reference: str) -> bool:
        """True when a message is in memory."""
        return key_of(reference) in self.held or key_of(reference) in self.notices

    def restore(self, held: HeldWarning) -> None:
        """Restore a warning from the journal."""
        self._hold(key_of(held.warning.id), held)

    def restore_waiting(self, reference: str, enders: tuple[Ender, ...]) -> None:
        """Restore from the journal the messages that wait for a missing one."""
        self.waiting[reference] = enders
        for ender in enders:
            self._due_waiting.add(ender.received_at + WAIT, reference)

    def _hold(self, key: str, held: HeldWarning) -> None:
        self.held[key] = held
        if not held.shown:
            self._hidden[key] = None
            return
        self._hidden.pop(key, None)
        at = due(held, self._keep)
        if at is not None:
            self._due.add(at, key)

    def _set(self, key: str, held: HeldWarning) -> None:
        self._hold(key, held)
        self.changed[key] = None

    def _set_notice(self, key: str, digests: tuple[str, ...]) -> None:
        self.notices[key] = digests
        self.changed_notices[key] = None

    # -- messages ----------------------------------------------------------------

    def take(self, message: EmergencyWarning, now: float) -> list[WarningStep]:
        """Take one message; a duplicate gives no step."""
        key = key_of(message.id)
        if key in self.held:
            self._repeated(key, message, now)
        elif key in self.notices:
            if message.digest not in self.notices[key]:
                self._set_notice(key, (*self.notices[key], message.digest))
                self._record_step("content_changed", message.id, now, message.id, digest=message.digest)
        elif message.msg_type in ("Alert", "Update"):
            self._admit(key, message, now)
        else:
            self._notice(key, message, now)
        return self._take_steps()

    def _repeated(self, key: str, message: EmergencyWarning, now: float) -> None:
        held = self.held[key]
        if message.digest not in held.digests:
            digests = (*held.digests, message.digest)
            self._set(key, replace(held, warning=with_changed_content(held.warning), digests=digests))
            self._record_step("content_changed", message.id, now, message.id, digest=message.digest)

    def _admit(self, key: str, message: EmergencyWarning, now: float) -> None:
        waited = self.waiting.pop(key, ())
        if waited:
            self.changed_waiting[key] = None
        warning = with_life(message, self._default_life)
        enders = tuple(
            sorted((ender for ender in waited if acts_on(ender, warning)), key=lambda ender: (ender.sent, ender.id))
        )
        warning = settled(warning, enders, now)
        self._set(key, HeldWarning(warning=warning, enders=enders, digests=(message.digest,), shown=True))
        self._record_step("received", warning.id, now, warning.id, state=warning.state)
        self._act(message, now)
        for ender in waited:
            self._update_findings(ender.id, now, cause=warning.id)

    def _notice(self, key: str, message: EmergencyWarning, now: float) -> None:
        self._set_notice(key, (message.digest,))
        self._record_step("received", message.id, now, message.id, msg_type=message.msg_type)
        self._act(message, now)
        if step := _NOTICE_STEPS.get(message.msg_type):
            for reference in message.references:
                self._record_step(step, reference, now, message.id)

    def _act(self, message: EmergencyWarning, now: float) -> None:
        """Let the message end what it references; missing references are waited for."""
        ender = ender_of(message)
        if ender is None:
            return
        for reference in dict.fromkeys(map(key_of, message.references)):
            if reference in self.held:
                self._end(reference, ender, now)
            elif reference != key_of(message.id) and reference not in self.notices:
                self.waiting[reference] = (*self.waiting.get(reference, ()), ender)
                self.changed_waiting[reference] = None
                self._due_waiting.add(ender.received_at + WAIT, reference)
                self._record_step("waiting", message.id, now, message.id, reference=reference)
        self._update_findings(message.id, now, cause="")

    def _end(self, key: str, ender: Ender, now: float) -> None:
        held = self.held[key]
        if acts_on(ender, held.warning):
            enders = tuple(sorted((*held.enders, ender), key=lambda message: (message.sent, message.id)))
            self._set(key, replace(held, enders=enders))
            self._update_state(key, now, cause=ender.id)

    def _update_findings(self, id: str, now: float, cause: str) -> None:
        """Update the REFERENCE_UNKNOWN findings of an Update; a removed finding is a step."""
        held = self.held.get(key_of(id))
        if held is None:
            return
        unknown = [reference for reference in held.warning.references if self._waits(key_of(reference), id)]
        warning = with_unknown(held.warning, unknown)
        if warning != held.warning:
            self._set(key_of(id), replace(held, warning=warning))
            if cause:
                self._record_step("reference_found", id, now, cause)

    def _waits(self, reference: str, id: str) -> bool:
        return any(ender.id == id for ender in self.waiting.get(reference, ()))

    # -- time --------------------------------------------------------------------

    def advance(self, now: float) -> list[WarningStep]:
        """Let time pass: onset, expiry, the end of display, the end of waiting."""
        for at, key in self._due.take(now):
            if self._is_due(at, key):
                self._update_state(key, now, cause="")
                self._drop_old(key, now)
        for _, key in self._due_waiting.take(now):
            remaining = tuple(ender for ender in self.waiting.get(key, ()) if ender.received_at + WAIT > now)
            self.changed_waiting[key] = None
            self.waiting[key] = remaining
            if not remaining:
                del self.waiting[key]
        return self._take_steps()

    def clock_stepped(self, now: float) -> None:
        """Set the state of each warning by the corrected wall clock."""
        for key in list(self.held):
            self._update_state(key, now, cause="")

    def _drop_old(self, key: str, now: float) -> None:
        """Drop an ended warning from screens and memory `keep` seconds after its end; it stays in the journal."""
        held = self.held[key]
        ended = held.warning.ended_at
        if ended is not None and ended + self._keep <= now and held.shown:
            self._set(key, replace(held, shown=False))
            self._record_step("removed", held.warning.id, now, "")

    def forget(self) -> None:
        """Drop warnings that are no longer displayed, and the oldest notices, after the journal has them."""
        for key in self._hidden:
            self.held.pop(key, None)
        while len(self.notices) > NOTICES:
            del self.notices[next(iter(self.notices))]
        for keys in (self._hidden, self.changed, self.changed_notices, self.changed_waiting):
            keys.clear()

    def _update_state(self, key: str, now: float, cause: str) -> None:
        held = self.held[key]
        before, after = held.warning, settled(held.warning, held.enders, now)
        if after != before:
            # A warning that was no longer displayed is displayed again when a message changes its end.
            shown = after.ended_at is None or after.ended_at + self._keep > now
            self._set(key, replace(held, warning=after, shown=held.shown or shown))
            name = _STATE_STEPS.get(after.state, "revised") if after.state != before.state else "revised"
            self._record_step(
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

    def recount(self, count: Callable[[EmergencyWarning], EmergencyWarning], now: float) -> list[WarningStep]:
        """Count the affected assets of each displayed warning again (another inventory)."""
        for key, held in list(self.held.items()):
            after = count(held.warning)
            if after != held.warning:
                self._set(key, replace(held, warning=after))
                self._record_step("recounted", after.id, now, "", affected=dict(after.affected))
        return self._take_steps()

    def _record_step(self, name: str, subject: str, at: float, cause: str, **body: Any) -> None:
        self._steps.append(WarningStep(name=name, subject=subject, at=at, cause=cause, body=body))

    def _take_steps(self) -> list[WarningStep]:
        steps, self._steps = self._steps, []
        return steps
