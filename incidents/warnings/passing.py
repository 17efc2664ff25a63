"""Messages that pass warnings on to receivers: queued with the steps of the warnings' lives, sent by the alert role.

The body is that of every receiver (see alerts.receivers.webhook), with `alert` null and

    {"reason": "warning", "step": "received" | "superseded" | "cancelled" | "expired",
     "warning": {"id": …, "state": …, "headline": …, …},     the public record
     "cap": "<alert …>"}                                      CAP 1.2 as received, else written from the record
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from feeds.cap.writer import cap_document
from feeds.cap.xml import as_text
from feeds.engine.requests import QueueMessage
from feeds.incidents.passing import Passing
from feeds.kinds import WARNING, Audience
from feeds.kinds.warning import may_trigger
from feeds.model import EmergencyWarning
from incidents.warnings.registry import WarningStep

REASON = "warning"
VERSION = 1
BEGUN = "received"
ENDED = ("superseded", "cancelled", "expired")
IN_FORCE = ("pending", "active")
OUTSIDE = Audience(personal=False)
"""Receivers read what an audience without personal data reads."""


def messages(
    steps: Iterable[WarningStep],
    warnings: Mapping[str, EmergencyWarning],
    originals: Mapping[str, Mapping[str, Any]],
    passing: Passing,
) -> Sequence[QueueMessage]:
    """The messages of these steps, in order.

    `warnings` are the newest forms by id, `originals` the messages received with these steps (see RegistryStore.write).
    A warning that was over when it arrived is told to nobody.
    """
    return [
        _message(step, warning, originals, rule.receiver, passing.site)
        for step in steps
        if (warning := warnings.get(step.subject)) is not None and _is_told(step, warning)
        for rule in passing.rules
        if rule.matches(warning)
    ]


def _is_told(step: WarningStep, warning: EmergencyWarning) -> bool:
    """True for what begins or ends a public, actual warning. None with an invalid signature is told."""
    if not may_trigger(warning) or warning.scope != "Public":
        return False
    return step.name in ENDED or (step.name == BEGUN and step.body.get("state") in IN_FORCE and not warning.all_clear)


def _message(
    step: WarningStep, warning: EmergencyWarning, originals: Mapping[str, Mapping[str, Any]], receiver: str, site: str
) -> QueueMessage:
    key = f"{warning.id}:{step.name}:{step.cause or int(step.at)}:{receiver}"
    body = {
        "version": VERSION,
        "key": key,
        "reason": REASON,
        "site": site,
        "alert": None,
        "asset": None,
        "step": step.name,
        "warning": WARNING.shown(OUTSIDE, WARNING.view(warning)),
        # That of the message that made the step: a Cancel says more than the warning that it ends.
        "cap": _cap(originals.get(step.cause), warning),
    }
    urgent = step.name == BEGUN and warning.colour == "red"
    return QueueMessage(key=key, receiver=receiver, subject=warning.id, at=step.at, body=body, urgent=urgent)


def _cap(original: Mapping[str, Any] | None, warning: EmergencyWarning) -> str:
    """The message as CAP: as received where it came as a document, else written."""
    if original is not None and original.get("form", "cap") == "cap":
        if "raw" in original:
            return str(original["raw"])
        return as_text(base64.b64decode(original["raw_base64"]))
    return cap_document(warning).decode()
