"""What runs and feeds an engine that owns state: its loop, its inbox, its commands and its figures."""

from feeds.engine.loop import Engine, run_engine

__all__ = ["Engine", "run_engine"]
