"""Metric history: collected values, kept as points for a while and as rollups for years.

Parts are imported on first use. Settings readers (every command, the supervisor) need neither numpy nor SQLAlchemy,
which account for most of such a process's start-up time and memory.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.history.availability import Span, health_spans, seconds_by_health
    from feeds.history.reader import HistoryReader
    from feeds.history.recorder import Recorder, RecordingLoop
    from feeds.history.settings import HistorySettings
    from feeds.history.store import HistoryStore, Series, history_url

__all__ = [
    "HistoryReader",
    "HistorySettings",
    "HistoryStore",
    "Recorder",
    "RecordingLoop",
    "Series",
    "Span",
    "health_spans",
    "history_url",
    "seconds_by_health",
]

_MODULES = {
    "Span": "availability",
    "health_spans": "availability",
    "seconds_by_health": "availability",
    "HistoryReader": "reader",
    "Recorder": "recorder",
    "RecordingLoop": "recorder",
    "HistorySettings": "settings",
    "HistoryStore": "store",
    "Series": "store",
    "history_url": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
