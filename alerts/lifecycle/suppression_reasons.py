"""What hides an alert, as pure functions: every reason is recorded, has an end, and stops nothing underneath.

Sources: ISA-18.2-2016 (shelved, suppressed by design, out of service), IEC 62682.

Reasons (`Alert.suppressed_by`): `shelved` · `silenced:<silence>` · `maintenance:<window>` ·
`inhibited:<root alert>` · `flapping` · `held` (a newer result of a parent is waited for).

Transitions: shelve · unshelve · shelf_ended · silence · unsilence · maintenance_begin ·
maintenance_end · inhibit · uninhibit · flapping_start · flapping_end · hold · release ·
await_result (the root has recovered; a newer result is waited for) · affected.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from alerts.lifecycle.step import NotAllowed, step
from feeds.model import Alert, Hold, Shelf, Transition
from feeds.model.isa_state import INHIBITED

SHELVED, FLAPPING, HELD = "shelved", "flapping", "held"
SILENCED, MAINTENANCE = "silenced:", "maintenance:"

_NAMES = {
    "silenced": ("silence", "unsilence"),
    "maintenance": ("maintenance_begin", "maintenance_end"),
    "inhibited": ("inhibit", "uninhibit"),
    FLAPPING: ("flapping_start", "flapping_end"),
    HELD: ("hold", "release"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelve:
    """Somebody puts it aside until then; doing it again moves the end."""

    actor: str
    until: float
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unshelve:
    """Somebody takes it back before the end."""

    actor: str
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class ShelfEnded:
    """The shelf's `until` has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """One more reason, perhaps `instead` of one that it explains; `hold` bounds the waiting of a held alert."""

    reason: str
    hold: Hold | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """One reason fewer; `text` says why."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitResult:
    """The root has recovered: it stays hidden until a result is newer than that, at most until the hold's end.

    None: the root fails again, nothing is waited for.
    """

    hold: Hold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affect:
    """What lies behind this alert, counted by kind."""

    affected: dict[str, int] = field(default_factory=dict)


HidingEvent = Shelve | Unshelve | ShelfEnded | Hide | Reveal | AwaitResult | Affect


def apply(alert: Alert, event: HidingEvent, now: float) -> tuple[Alert, Transition]:
    """The open alert after the event and the step between, or NotAllowed."""
    match event:
        case Shelve():
            return _shelve(alert, event, now)
        case Unshelve():
            if alert.shelf is None:
                raise NotAllowed("not_shelved")
            words = {"actor": event.actor, "comment": event.comment, "command": event.command}
            return step(alert, "unshelve", now, _without(alert, SHELVED) | {"shelf": None}, **words)
        case ShelfEnded():
            if alert.shelf is None or alert.shelf.until > now:
                raise NotAllowed("not_ended")
            return step(alert, "shelf_ended", now, _without(alert, SHELVED) | {"shelf": None})
        case Hide():
            return _hide(alert, event, now)
        case Reveal():
            return _reveal(alert, event, now)
        case AwaitResult():
            return step(alert, "await_result" if event.hold else "inhibit", now, {"hold": event.hold})
        case Affect():
            return step(alert, "affected", now, {"affected": event.affected})


def _shelve(alert: Alert, event: Shelve, now: float) -> tuple[Alert, Transition]:
    if event.until <= now:
        raise NotAllowed("until_past")
    changes = {"shelf": Shelf(at=now, until=event.until), "suppressed_by": _with(alert.suppressed_by, SHELVED)}
    words = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return step(alert, "shelve", now, changes, **words)


def _hide(alert: Alert, event: Hide, now: float) -> tuple[Alert, Transition]:
    if event.reason in alert.suppressed_by:
        raise NotAllowed("hidden_already")
    if event.reason == f"{INHIBITED}{alert.id}":
        raise NotAllowed("inhibits_itself")
    kept = tuple(one for one in alert.suppressed_by if one != event.instead)
    changes = {"suppressed_by": _with(kept, event.reason), "hold": event.hold or alert.hold}
    if event.reason.startswith(INHIBITED):
        changes["hold"] = None
    return step(alert, _names(event.reason)[0], now, changes, text=event.reason)


def _reveal(alert: Alert, event: Reveal, now: float) -> tuple[Alert, Transition]:
    if event.reason not in alert.suppressed_by:
        raise NotAllowed("not_hidden")
    changes = _without(alert, event.reason)
    if alert.hold is not None and (event.reason == HELD or event.reason.startswith(INHIBITED)):
        changes["hold"] = None
    return step(alert, _names(event.reason)[1], now, changes, text=event.text or event.reason)


def of_topology(reason: str) -> bool:
    """Whether a reason comes from what the asset depends on; an alert has one such reason at most."""
    return reason == HELD or reason.startswith(INHIBITED)


def _names(reason: str) -> tuple[str, str]:
    return _NAMES[reason.partition(":")[0]]


def _with(reasons: tuple[str, ...], reason: str) -> tuple[str, ...]:
    return tuple(sorted({*reasons, reason}))


def _without(alert: Alert, reason: str) -> dict[str, object]:
    """Without one reason; with the last one gone the alert has been shown."""
    left = tuple(one for one in alert.suppressed_by if one != reason)
    return {"suppressed_by": left, "unseen": alert.unseen and bool(left)}
