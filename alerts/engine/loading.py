"""Load the journal's open alerts in parts. Between parts the role renews its lease and reports progress."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.core.core import AlertCore
from alerts.notify.notifier import Notifier
from feeds.documents.alert import AlertDocument
from feeds.engine.requests import Asking, YieldToLoop

PART = 2000
"""Number of alerts in one part."""


def load_alerts(core: AlertCore, notifier: Notifier, documents: Sequence[AlertDocument]) -> Asking[None]:
    """Load open alerts into the core and the notifier."""
    notifier.start()
    for first in range(0, len(documents), PART):
        part = documents[first : first + PART]
        notifier.load(part)
        core.load([document.alert for document in part])
        yield YieldToLoop()
    core.inhibition.loaded()
