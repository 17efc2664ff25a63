"""The Redis bus: streams that roles meet on, and the live state beside them."""

from feeds.bus.client import Bus
from feeds.bus.entries import Beat, DeadLetter, Saved, State, StreamEntry, entry_order
from feeds.bus.errors import BusError, BusFull, BusLost

__all__ = [
    "Beat",
    "Bus",
    "BusError",
    "BusFull",
    "BusLost",
    "DeadLetter",
    "Saved",
    "State",
    "StreamEntry",
    "entry_order",
]
