"""Take the open alerts of the journal in, in parts between which the role renews its lease and reports progress."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.core.core import AlertCore
from alerts.notify.notifier import Notifier
from feeds.documents.alert import AlertDocument
from feeds.engine.requests import Asking, YieldToLoop

PART = 2000
"""Alerts that are taken in at a time."""


def load_alerts(core: AlertCore, notifier: Notifier, documents: Sequence[AlertDocument]) -> Asking[None]:
    """Begin with these open alerts."""
    notifier.start()
    for first in range(0, len(documents), PART):
        part = documents[first : first + PART]
        notifier.load(part)
        core.load([document.alert for document in part])
        yield YieldToLoop()
    core.inhibition.loaded()
