"""The domain model: every kind of record that passes through Watchfloor.

Records are frozen, slotted, keyword-only dataclasses without a framework. Records that every poll creates in thousands
are msgspec.Structs, which behave alike at a quarter of the cost (decision 25). Each kind has one writer. Condition,
operator actions and suppression are separate fields.

All times are epoch seconds (UTC, float); all coordinates are EPSG:4326 degrees.
"""

from __future__ import annotations

from feeds.model.alerts import Ack, Alert, Hold, RootCause, Severity, Shelf, Transition
from feeds.model.changes import Change, Kind
from feeds.model.commands import Command, Outcome, Result
from feeds.model.device_facts import DeviceFacts
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
from feeds.model.receipts import CHANNELS, RECEIPT_STATES, Candidate, Receipt
from feeds.model.warnings import BY_CODES, WARNING_STATES, Area, EmergencyWarning, Quake, Remark

__all__ = [
    "BY_CODES",
    "CHANNELS",
    "RECEIPT_STATES",
    "REFERENCE",
    "WARNING_STATES",
    "Ack",
    "Alert",
    "Area",
    "Asset",
    "AssetState",
    "Candidate",
    "Change",
    "Command",
    "DeviceFacts",
    "EmergencyWarning",
    "Health",
    "Heartbeat",
    "Hold",
    "Kind",
    "Observation",
    "Outcome",
    "Quake",
    "Quality",
    "Reading",
    "Receipt",
    "Remark",
    "Result",
    "RootCause",
    "Severity",
    "Shelf",
    "SourceState",
    "Transition",
    "Value",
]
