"""The incident that an order names: from memory, else from the journal."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from feeds.engine.requests import Asking, FindDocument
from feeds.model.incidents import Incident
from incidents.refusals import OrderRefused


def find_incident(id: str, present: Mapping[str, Incident]) -> Asking[Incident]:
    """An incident in memory, else of the journal. Raises OrderRefused `no_incident`."""
    incident = present.get(id)
    if incident is None and (doc := (yield FindDocument("incident", id))) is not None:
        incident = msgspec.convert(doc.body, Incident)
    if incident is None:
        raise OrderRefused("no_incident")
    return incident


def named_incident(id: str) -> Asking[Incident | None]:
    """Like `find_incident()` in the journal only. None for an order that names no incident."""
    return (yield from find_incident(id, {})) if id else None
