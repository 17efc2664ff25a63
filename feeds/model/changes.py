"""What moves between the roles: one state that became another."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from feeds.model.alerts import Alert
from feeds.model.facts import Asset, AssetState, SourceState
from feeds.model.warnings import EmergencyWarning


class Kind(StrEnum):
    """Kinds of state that live in Redis; each has one writing engine."""

    ASSET = "asset"
    STATE = "state"
    SOURCE = "source"
    ALERT = "alert"
    WARNING = "warning"


class Change(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One state became another. `after` None means that it is gone.

    `rev` is given by the bus when it is read: "epoch.ms-seq", opaque to clients.
    `cause` is the command's id or the input's id that brought it about.
    """

    kind: Kind
    id: str
    after: Asset | AssetState | SourceState | Alert | EmergencyWarning | None
    at: float
    cause: str = ""
    rev: str = ""
