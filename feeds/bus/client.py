"""The whole bus: one connection with everything that can be done over it."""

from __future__ import annotations

from feeds.bus.beats import BeatBoard
from feeds.bus.committing import Committer
from feeds.bus.publishing import Publisher
from feeds.bus.reading import StreamReader


class Bus(Publisher, StreamReader, Committer, BeatBoard):
    """One process's connection to Redis (see feeds.bus.connection.Connection)."""
