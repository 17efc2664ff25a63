"""The vocabulary: every kind of thing that flows through Watchfloor.

Frozen, slotted, keyword-only dataclasses without a framework; what every poll makes by the thousand is a
msgspec.Struct, which looks the same and costs a quarter (decision 25). Each kind has ONE writer; what is, what
someone did about it and what hides it are separate fields.
All times are epoch seconds (UTC, float); all coordinates are EPSG:4326 degrees.
"""

from __future__ import annotations

from feeds.model.alerts import Ack, Alert, Hold, Severity, Shelf, Transition
from feeds.model.changes import Change, Kind
from feeds.model.commands import Command, Outcome, Result
from feeds.model.facts import (
    REFERENCE,
    Asset,
    AssetState,
    Health,
    Heartbeat,
    Observation,
    Quality,
    Reading,
    SourceState,
    Value,
)
from feeds.model.warnings import WARNING_STATES, Area, EmergencyWarning, Remark

__all__ = [
    "REFERENCE",
    "WARNING_STATES",
    "Ack",
    "Alert",
    "Area",
    "Asset",
    "AssetState",
    "Change",
    "Command",
    "EmergencyWarning",
    "Health",
    "Heartbeat",
    "Hold",
    "Kind",
    "Observation",
    "Outcome",
    "Quality",
    "Reading",
    "Remark",
    "Result",
    "Severity",
    "Shelf",
    "SourceState",
    "Transition",
    "Value",
]
