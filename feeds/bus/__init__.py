"""The Redis bus: streams between roles, and the live state.

Names are imported on first use: a process that only reads a server's address needs no client.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_MODULES = {"Bus": "client", "BusError": "errors", "BusFull": "errors", "BusLost": "errors"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    return getattr(import_module(f"feeds.bus.{_MODULES.get(name, 'entries')}"), name)
