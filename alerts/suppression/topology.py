"""Topology: the dependencies between assets, and the failure that cuts an asset off. Pure.

An asset needs all its parents. Parents that share a `redundancy_group` are redundant: the child is cut off only when
all of them are. An asset behind several failures belongs to the topmost one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from feeds.model import Asset, RootCause


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """A failure: its beginning (epoch seconds) and the id of its alert. Earlier failures sort first.

    `unseen`: all that is known of the asset is that nothing is known.
    """

    since: float
    alert: str
    unseen: bool = field(default=False, compare=False)

    def cutting(self, asset: str) -> RootCause:
        """The record of an asset that this failure cuts off."""
        return RootCause(id=asset, root=self.alert, since=self.since)


@dataclass(frozen=True, slots=True)
class Redundancy:
    """A redundancy group: how many of its members are lost, of how many, and since when (epoch seconds).

    `failed` are those known to have failed. The others are unknown, which is no failure of a group.
    """

    lost: int
    of: int
    since: float
    failed: int = 0

    @property
    def partial(self) -> bool:
        return 0 < self.failed < self.of


Failing = Callable[[str], Failure | None]


class Topology:
    """The parents and children of every asset. A parent that is missing may be added later."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets: dict[str, Asset] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._links: dict[str, tuple[tuple[str, ...], ...]] = {}
        for asset in assets.values():
            self.put(asset)

    def put(self, asset: Asset) -> bool:
        """Take in a new or changed asset; True when the dependencies change."""
        old = self._assets.get(asset.id)
        self._assets[asset.id] = asset
        if old is not None and (old.parents, old.redundancy_group) == (asset.parents, asset.redundancy_group):
            return False
        self._unlink(old)
        for parent in asset.parents:
            self._children.setdefault(parent, {})[asset.id] = None
        self._links.clear()
        return bool(asset.parents or self._children.get(asset.id))

    def drop(self, id: str) -> None:
        """An asset has left the inventory."""
        self._unlink(self._assets.pop(id, None))
        self._links.clear()

    def _unlink(self, old: Asset | None) -> None:
        for parent in old.parents if old is not None else ():
            self._children.get(parent, {}).pop(old.id if old is not None else "", None)

    def asset(self, id: str) -> Asset | None:
        return self._assets.get(id)

    def links(self, id: str) -> tuple[tuple[str, ...], ...]:
        """The asset's parents in groups. At least one parent of each group must work. Circles are left out."""
        groups_of_parents = self._links.get(id)
        if groups_of_parents is None:
            asset = self._assets.get(id)
            groups: dict[str, list[str]] = {}
            below = set(self.below(id)) if asset is not None and asset.parents and self._children.get(id) else set()
            for parent in asset.parents if asset is not None else ():
                if parent == id or parent in below:
                    continue  # a circle of dependencies has no root cause
                above = self._assets.get(parent)
                name = f"group {above.redundancy_group}" if above and above.redundancy_group else f"alone {parent}"
                groups.setdefault(name, []).append(parent)
            groups_of_parents = self._links[id] = tuple(tuple(group) for group in groups.values())
        return groups_of_parents

    def children(self, id: str) -> Iterator[str]:
        """The assets that depend directly on the asset."""
        yield from self._children.get(id, ())

    def below(self, id: str) -> Iterator[str]:
        """All assets that depend on the asset, nearest first; never the asset itself."""
        visited, layer = {id}, [id]
        while layer:
            layer = [child for asset in layer for child in self._children.get(asset, ()) if child not in visited]
            layer = list(dict.fromkeys(layer))
            visited.update(layer)
            yield from layer


class RootCauses:
    """The root cause of each asset, for one set of failures. Answers are cached."""

    def __init__(self, topology: Topology, failing: Failing, blind: Failing) -> None:
        self._topology, self._failing, self._blind = topology, failing, blind
        self._cuts: dict[str, Failure | None] = {}
        self._has_failed: dict[str, bool] = {}

    def cut(self, id: str) -> Failure | None:
        """The failure that cuts the asset off: of an asset above it, or of the source that observes it."""
        if id not in self._cuts:
            reasons = [self._blind(id)]
            reasons += [self._lost(group) for group in self._topology.links(id)]
            self._cuts[id] = min((failure for failure in reasons if failure is not None), default=None)
        return self._cuts[id]

    def down(self, id: str) -> Failure | None:
        """The failure that makes the asset useless to its children: one that cuts it off, else its own."""
        return self.cut(id) or self._failing(id)

    def _lost(self, group: Iterable[str]) -> Failure | None:
        """The failure that took the last member of a redundancy group; None while one of them works."""
        last: Failure | None = None
        for parent in group:
            failure = self.down(parent)
            if failure is None:
                return None
            last = failure if last is None else max(last, failure)
        return last

    def stand_in(self, id: str) -> Failure | None:
        """The failure that represents a failed asset: that of the last member of its lost redundancy group.

        None while anything depends on the asset alone or lost its last parent with it: then the asset is a root itself.
        A failure that represents others is never represented by another one.
        """
        own = self._failing(id)
        latest: Failure | None = None
        for child in self._topology.children(id) if own is not None else ():
            group = next((group for group in self._topology.links(child) if id in group), ())
            last = self._lost(group) if len(group) > 1 else None
            if last is None or last == own:
                return None
            latest = last if latest is None else max(latest, last)
        return latest

    def redundancy(self, id: str) -> Redundancy:
        """The redundancy group of the asset's parents that has lost the most members."""
        worst = Redundancy(0, 0, 0.0)
        for group in self._topology.links(id):
            lost = [failure for failure in map(self.down, group) if failure is not None]
            failed = sum(map(self._is_failed, group))
            if len(group) > 1 and (failed, len(lost)) > (worst.failed, worst.lost):
                worst = Redundancy(len(lost), len(group), max(failure.since for failure in lost), failed)
        return worst

    def _is_failed(self, id: str) -> bool:
        """True when the asset is known to be useless to its children: by its own failure, or by those above it."""
        if id not in self._has_failed:
            self._has_failed[id] = False  # a circle of parents proves nothing
            own = self._failing(id)
            above = any(all(map(self._is_failed, group)) for group in self._topology.links(id) if group)
            self._has_failed[id] = above or (own is not None and not own.unseen)
        return self._has_failed[id]
