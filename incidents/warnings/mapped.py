"""Chains of messages of mapped sources: references to the earlier messages that each updates or cancels. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from feeds.cap.writer import cap_time
from feeds.model import EmergencyWarning


def chained(message: EmergencyWarning, held: Iterable[EmergencyWarning]) -> EmergencyWarning | None:
    """The message with references to whole ids; None when it is a repetition or older than the last one.

    The same id again is an update of the last message with it. References of the row are ids of the same source.
    """
    own = [warning for warning in held if warning.source == message.source]
    last = max(
        (warning for warning in own if warning.identifier == message.identifier),
        key=lambda warning: warning.sent,
        default=None,
    )
    if last is not None and (last.digest == message.digest or message.sent < last.sent):
        return None
    named = {warning.id for warning in own if warning.identifier in message.references}
    if last is None:
        kind = "Update" if named and message.msg_type == "Alert" else message.msg_type
        return replace(message, references=tuple(sorted(named)), msg_type=kind)
    sent = max(message.sent, last.sent + 1)
    return replace(
        message,
        id=f"{message.sender},{message.identifier},{cap_time(sent)}",
        sent=sent,
        msg_type="Update" if message.msg_type == "Alert" else message.msg_type,
        references=tuple(sorted(named | {last.id})),
    )
