"""A warning's lifecycle: its state as a pure function of the received messages and the time.

CAP 1.2 (OASIS, 2010), 3.2.1: `Update` supersedes and `Cancel` retracts every message that it references. The order of
arrival has no effect, so late and duplicate messages do not change the result:

    pending     its onset lies ahead
    active      now
    superseded  an Update names it; ended at the Update's `sent`
    cancelled   a Cancel or an all-clear names it; ended at that message's `sent`. An all-clear is so itself
    expired     its time ran out and nobody cancelled it (`ended_by` is "": 已过期,未见解除)

Of several messages that end it the first by `sent` counts, and any of them takes precedence over expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from feeds.cap.findings import remark
from feeds.cap.message import reference_key
from feeds.model import EmergencyWarning
from feeds.moments import LATEST

ACTING = ("Update", "Cancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ender:
    """The parts of an ending message that the ended ones must remember. `received_at` in epoch seconds."""

    id: str
    msg_type: str
    status: str
    sent: float
    received_at: float
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWarning:
    """A warning with its inputs. `digests` are those of all received forms; the first one is displayed."""

    warning: EmergencyWarning
    enders: tuple[Ender, ...] = ()
    digests: tuple[str, ...] = ()
    shown: bool = True


def key_of(reference: str) -> str:
    """The key of a reference: sender, identifier and moment, independent of the notation of its time zone."""
    key = reference_key(reference)
    return reference if key is None else f"{key[0]},{key[1]},{key[2]:.3f}"


def ender_of(message: EmergencyWarning) -> Ender | None:
    """The message as an ender; None for other types and for an invalid signature. An all-clear ends like a Cancel."""
    acting = message.msg_type in ACTING or message.all_clear
    if not acting or any(finding_.code == "SIGNATURE_INVALID" for finding_ in message.findings):
        return None
    return Ender(
        id=message.id,
        msg_type="Cancel" if message.all_clear else message.msg_type,
        status=message.status,
        sent=message.sent,
        received_at=message.received_at,
        references=message.references,
    )


def acts_on(ender: Ender, warning: EmergencyWarning) -> bool:
    """True when it ends the warning. An exercise never ends an actual warning, and no message ends itself or a later
    one.
    """
    own, target = key_of(ender.id), key_of(warning.id)
    mutual = ender.sent == warning.sent and own in map(key_of, warning.references)
    return ender.status == warning.status and own != target and ender.sent >= warning.sent and not mutual


def settled(warning: EmergencyWarning, enders: Iterable[Ender], now: float) -> EmergencyWarning:
    """The warning with its state at `now`. `expires` must be set."""
    first = min(enders, key=lambda ender: (ender.sent, ender.id), default=None)
    if first is not None:
        state = "cancelled" if first.msg_type == "Cancel" else "superseded"
        return replace(warning, state=state, ended_at=first.sent, ended_by=first.id)
    if warning.all_clear:
        return replace(warning, state="cancelled", ended_at=warning.sent, ended_by=warning.id)
    if warning.expires is not None and now >= warning.expires:
        return replace(warning, state="expired", ended_at=warning.expires, ended_by="")
    state = "pending" if warning.onset is not None and now < warning.onset else "active"
    return replace(warning, state=state, ended_at=None, ended_by="")


def due(held: HeldWarning, keep: float) -> float | None:
    """Time of the next change by time alone; `keep` is how long an ended warning stays displayed."""
    warning = held.warning
    if warning.ended_at is not None:
        return warning.ended_at + keep
    return warning.onset if warning.state == "pending" else warning.expires


def with_life(message: EmergencyWarning, default_life: float) -> EmergencyWarning:
    """The message with an end: without `expires` it lasts the default duration from its onset (else `sent`), with a
    finding.
    """
    if message.expires is not None:
        return message
    start = max(message.sent, message.onset or message.sent)
    absent = remark("EXPIRES_ABSENT", xpath="/alert/info/expires", value=f"{default_life:g} s")
    others = tuple(finding_ for finding_ in message.findings if finding_.code != absent.code)
    return replace(message, expires=min(start + default_life, LATEST), findings=(*others, absent))


def with_unknown(warning: EmergencyWarning, unknown: Iterable[str]) -> EmergencyWarning:
    """With one REFERENCE_UNKNOWN finding for each reference that nobody has sent yet, and no other."""
    missing = tuple(
        remark("REFERENCE_UNKNOWN", xpath="/alert/references", value=reference) for reference in sorted(unknown)
    )
    others = tuple(finding_ for finding_ in warning.findings if finding_.code != "REFERENCE_UNKNOWN")
    return replace(warning, findings=(*others, *missing))


def with_changed_content(warning: EmergencyWarning) -> EmergencyWarning:
    """The warning with a finding that its key was received with other bytes; the first form stays displayed."""
    if any(finding_.code == "CONTENT_CHANGED" for finding_ in warning.findings):
        return warning
    changed = remark("CONTENT_CHANGED", xpath="/alert")
    return replace(warning, findings=(*warning.findings, changed))
