"""Metric history: what was collected is kept, as points for a while and as rollups for years.

Its parts are imported when they are asked for: whoever only reads the settings (every command, the supervisor)
needs neither numpy nor SQLAlchemy, which are most of such a process's start and memory.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feeds.history.availability import Span, health_spans, seconds_by_health
    from feeds.history.reader import History
    from feeds.history.recorder import Recorder, Recording
    from feeds.history.settings import HistorySettings
    from feeds.history.store import HistoryStore, Series, history_url

__all__ = [
    "History",
    "HistorySettings",
    "HistoryStore",
    "Recorder",
    "Recording",
    "Series",
    "Span",
    "health_spans",
    "history_url",
    "seconds_by_health",
]

_IN = {
    "Span": "availability",
    "health_spans": "availability",
    "seconds_by_health": "availability",
    "History": "reader",
    "Recorder": "recorder",
    "Recording": "recorder",
    "HistorySettings": "settings",
    "HistoryStore": "store",
    "Series": "store",
    "history_url": "store",
}


def __getattr__(name: str) -> Any:
    if name not in _IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_IN[name]}"), name)
