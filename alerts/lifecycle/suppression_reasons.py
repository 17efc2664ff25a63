"""Suppression reasons of an alert and their transitions, as pure functions.

Every reason is recorded and has an end. A suppressed alert goes on changing state.
Sources: ISA-18.2-2016 (shelved, suppressed by design, out of service), IEC 62682.

Reasons (`Alert.suppressed_by`): `shelved` · `silenced:<silence>` · `maintenance:<window>` ·
`inhibited:<root alert>` · `flapping` · `held` (waits for a newer result of a parent).

Transitions: shelve · unshelve · shelf_ended · silence · unsilence · maintenance_begin ·
maintenance_end · inhibit · uninhibit · flapping_start · flapping_end · hold · release ·
await_result (the root has recovered; the alert waits for a newer result) · affected.
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
class ShelveAlert:
    """Shelve the alert until that moment (epoch seconds). Shelving again moves the end."""

    actor: str
    until: float
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnshelveAlert:
    """End the shelving early."""

    actor: str
    comment: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class ShelfEnded:
    """The shelving has reached its `until`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hide:
    """Add a suppression reason.

    `instead`: the reason that it replaces, "" for none. `hold` bounds the wait of a held alert.
    """

    reason: str
    hold: Hold | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """Remove a suppression reason. `text` says why."""

    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitResult:
    """The root has recovered: the alert stays suppressed until a newer result, at most until the hold's end.

    None: the root has failed again and the alert waits for nothing.
    """

    hold: Hold | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Affect:
    """The number of assets that this alert affects, by kind."""

    affected: dict[str, int] = field(default_factory=dict)


HidingEvent = ShelveAlert | UnshelveAlert | ShelfEnded | Hide | Reveal | AwaitResult | Affect


def apply(alert: Alert, event: HidingEvent, now: float) -> tuple[Alert, Transition]:
    """The open alert after the event, and the transition; raises NotAllowed."""
    match event:
        case ShelveAlert():
            return _shelve(alert, event, now)
        case UnshelveAlert():
            if alert.shelf is None:
                raise NotAllowed("not_shelved")
            attribution = {"actor": event.actor, "comment": event.comment, "command": event.command}
            return step(alert, "unshelve", now, _without(alert, SHELVED) | {"shelf": None}, **attribution)
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


def _shelve(alert: Alert, event: ShelveAlert, now: float) -> tuple[Alert, Transition]:
    if event.until <= now:
        raise NotAllowed("until_past")
    changes = {"shelf": Shelf(at=now, until=event.until), "suppressed_by": _with(alert.suppressed_by, SHELVED)}
    attribution = {"actor": event.actor, "comment": event.comment, "command": event.command}
    return step(alert, "shelve", now, changes, **attribution)


def _hide(alert: Alert, event: Hide, now: float) -> tuple[Alert, Transition]:
    if event.reason in alert.suppressed_by:
        raise NotAllowed("hidden_already")
    if event.reason == f"{INHIBITED}{alert.id}":
        raise NotAllowed("inhibits_itself")
    reasons = tuple(reason for reason in alert.suppressed_by if reason != event.instead)
    changes = {"suppressed_by": _with(reasons, event.reason), "hold": event.hold or alert.hold}
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
    """True for a reason that comes from the topology. An alert has at most one such reason."""
    return reason == HELD or reason.startswith(INHIBITED)


def _names(reason: str) -> tuple[str, str]:
    return _NAMES[reason.partition(":")[0]]


def _with(reasons: tuple[str, ...], reason: str) -> tuple[str, ...]:
    return tuple(sorted({*reasons, reason}))


def _without(alert: Alert, reason: str) -> dict[str, object]:
    """The changes that remove one reason. An alert without reasons has been seen."""
    remaining = tuple(other for other in alert.suppressed_by if other != reason)
    return {"suppressed_by": remaining, "unseen": alert.unseen and bool(remaining)}
