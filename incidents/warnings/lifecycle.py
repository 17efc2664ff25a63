"""A warning's life: what it is, as a pure function of the messages that are known and of the time.

CAP 1.2 (OASIS, 2010), 3.2.1: `Update` supersedes and `Cancel` retracts every message that it references.
Nothing here remembers an order of arrival, so messages that come late or twice change nothing about the end:

pending     its onset lies ahead
active      now
superseded  an Update names it; ended at the Update's `sent`
cancelled   a Cancel names it; ended at the Cancel's `sent`
expired     its time ran out and nobody cancelled it (`ended_by` is "": 已过期,未见解除)

Of several messages that end it the first by `sent` counts; one that ends it counts more than expiry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from feeds.cap.findings import remark
from feeds.cap.message import reference_key
from feeds.model import EmergencyWarning

ACTING = ("Update", "Cancel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ender:
    """A message that ends others: what of it the others must remember. `received_at` in epoch seconds."""

    id: str
    msg_type: str
    status: str
    sent: float
    received_at: float
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A warning as it stands, and what it follows from. `digests` are all forms seen; the first is the one shown."""

    warning: EmergencyWarning
    enders: tuple[Ender, ...] = ()
    digests: tuple[str, ...] = ()
    shown: bool = True


def key_of(reference: str) -> str:
    """What makes two references the same: sender, identifier and the moment, however its zone is written."""
    key = reference_key(reference)
    return reference if key is None else f"{key[0]},{key[1]},{key[2]:.3f}"


def ender_of(message: EmergencyWarning) -> Ender | None:
    """The message's power over others; None when it has none (an invalid signature never triggers anything)."""
    if message.msg_type not in ACTING or any(one.code == "SIGNATURE_INVALID" for one in message.findings):
        return None
    return Ender(
        id=message.id,
        msg_type=message.msg_type,
        status=message.status,
        sent=message.sent,
        received_at=message.received_at,
        references=message.references,
    )


def acts_on(ender: Ender, warning: EmergencyWarning) -> bool:
    """Whether it ends the warning: an exercise never ends what is actual, nothing ends itself or what came later."""
    own, other = key_of(ender.id), key_of(warning.id)
    mutual = ender.sent == warning.sent and own in map(key_of, warning.references)
    return ender.status == warning.status and own != other and ender.sent >= warning.sent and not mutual


def settled(warning: EmergencyWarning, enders: Iterable[Ender], now: float) -> EmergencyWarning:
    """The warning with its state at `now`. `expires` must be set."""
    first = min(enders, key=lambda one: (one.sent, one.id), default=None)
    if first is not None:
        state = "cancelled" if first.msg_type == "Cancel" else "superseded"
        return replace(warning, state=state, ended_at=first.sent, ended_by=first.id)
    if warning.expires is not None and now >= warning.expires:
        return replace(warning, state="expired", ended_at=warning.expires, ended_by="")
    state = "pending" if warning.onset is not None and now < warning.onset else "active"
    return replace(warning, state=state, ended_at=None, ended_by="")


def due(held: Held, keep: float) -> float | None:
    """When time alone will next change something about it; `keep` is how long an ended one stays shown."""
    warning = held.warning
    if warning.ended_at is not None:
        return warning.ended_at + keep
    return warning.onset if warning.state == "pending" else warning.expires


def with_life(message: EmergencyWarning, default_life: float) -> EmergencyWarning:
    """With an end: a message without `expires` gets a default life from its onset (else `sent`), and a finding."""
    if message.expires is not None:
        return message
    start = max(message.sent, message.onset or message.sent)
    absent = remark("EXPIRES_ABSENT", xpath="/alert/info/expires", value=f"{default_life:g} s")
    given = tuple(one for one in message.findings if one.code != absent.code)
    return replace(message, expires=start + default_life, findings=(*given, absent))


def with_unknown(warning: EmergencyWarning, unknown: Iterable[str]) -> EmergencyWarning:
    """With one REFERENCE_UNKNOWN finding for each reference that nobody has sent yet, and no other."""
    missing = tuple(remark("REFERENCE_UNKNOWN", xpath="/alert/references", value=one) for one in sorted(unknown))
    given = tuple(one for one in warning.findings if one.code != "REFERENCE_UNKNOWN")
    return replace(warning, findings=(*given, *missing))


def with_changed_content(warning: EmergencyWarning) -> EmergencyWarning:
    """With the remark that the same key came again with other bytes; the first form stays the one shown."""
    if any(one.code == "CONTENT_CHANGED" for one in warning.findings):
        return warning
    changed = remark("CONTENT_CHANGED", xpath="/alert")
    return replace(warning, findings=(*warning.findings, changed))
