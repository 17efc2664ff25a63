"""Metric history: what was collected is kept, as points for a while and as rollups for years."""

from feeds.history.availability import Span, health_spans, seconds_by_health
from feeds.history.reader import History
from feeds.history.recorder import Recorder, Recording
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore, Series, history_url

__all__ = [
    "History", "HistorySettings", "HistoryStore", "Recorder", "Recording", "Series", "Span", "health_spans",
    "history_url", "seconds_by_health",
]  # fmt: skip
