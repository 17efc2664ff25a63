"""From a CAP document as it came to a warning that the registry can take."""

from __future__ import annotations

from feeds.cap.message import CapDocument, CapRefused, parse, to_warning
from feeds.model import EmergencyWarning


class Refused(ValueError):
    """The document cannot be used; the text says why (finding codes and XPaths)."""


def read(document: CapDocument, source: str) -> EmergencyWarning:
    """The document's message, not yet placed on the map; Refused when its mode does not let it through.

    A lenient source's faulty message is kept with its findings; a strict one's is not.
    """
    try:
        message = parse(document.raw, document.mode, document.profile)
    except CapRefused as no:
        raise Refused(str(no)) from no
    return to_warning(message, source=document.source or source, received_at=document.received_at)
