"""Repetition filter of fetching feeds: the last version of each item, for a bounded number of items."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SeenVersions(Generic[K, V]):
    """The last version of each item by key. Beyond `limit` items the one seen longest ago is forgotten."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._versions: OrderedDict[K, V] = OrderedDict()

    def is_new(self, key: K, version: V) -> bool:
        """True when the item was not seen before, or with another version. This version is its last one from now on."""
        repeated = key in self._versions and self._versions[key] == version
        self._versions[key] = version
        self._versions.move_to_end(key)
        if len(self._versions) > self._limit:
            self._versions.popitem(last=False)
        return not repeated

    def __contains__(self, key: K) -> bool:
        return key in self._versions

    def clear(self) -> None:
        """Forget every item."""
        self._versions.clear()
