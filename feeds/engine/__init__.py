"""The machinery of an engine that owns state: its loop, inbox, commands and metrics."""

from feeds.engine.loop import Engine, run_engine

__all__ = ["Engine", "run_engine"]
