"""Who depends on whom, and what explains that something cannot be reached. Pure: records in, answers out.

All parents are essential, but those that share a `redundancy_group` stand in for one another: the child
is cut off only when every one of them is. What lies behind several failures belongs to the topmost one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from feeds.model import Asset


@dataclass(frozen=True, slots=True, order=True)
class Failure:
    """Since when something has failed, and the id of the alert that says so; earlier ones come first."""

    since: float
    alert: str


@dataclass(frozen=True, slots=True)
class Redundancy:
    """How many of the parents that stand in for one another are lost, and since when."""

    lost: int
    of: int
    since: float

    @property
    def partial(self) -> bool:
        return 0 < self.lost < self.of


Failing = Callable[[str], Failure | None]


class Topology:
    """The parents of every asset, and from them its children. Parents that do not exist may still come."""

    def __init__(self, assets: Mapping[str, Asset]) -> None:
        self._assets: dict[str, Asset] = {}
        self._children: dict[str, dict[str, None]] = {}
        self._links: dict[str, tuple[tuple[str, ...], ...]] = {}
        for asset in assets.values():
            self.put(asset)

    def put(self, asset: Asset) -> bool:
        """Take a new or altered asset in; True when it changes who depends on whom."""
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
        """What the asset needs, as groups: of each at least one parent must work. Circles are left out."""
        known = self._links.get(id)
        if known is None:
            asset = self._assets.get(id)
            groups: dict[str, list[str]] = {}
            below = set(self.below(id)) if asset is not None and asset.parents and self._children.get(id) else set()
            for parent in asset.parents if asset is not None else ():
                if parent == id or parent in below:
                    continue  # in a circle nothing explains anything
                above = self._assets.get(parent)
                name = f"group {above.redundancy_group}" if above and above.redundancy_group else f"alone {parent}"
                groups.setdefault(name, []).append(parent)
            known = self._links[id] = tuple(tuple(group) for group in groups.values())
        return known

    def children(self, id: str) -> Iterator[str]:
        """What depends on the asset directly."""
        yield from self._children.get(id, ())

    def below(self, id: str) -> Iterator[str]:
        """Everything that depends on the asset, nearest first; never the asset itself."""
        seen, layer = {id}, [id]
        while layer:
            layer = [child for one in layer for child in self._children.get(one, ()) if child not in seen]
            layer = list(dict.fromkeys(layer))
            seen.update(layer)
            yield from layer


class Causes:
    """For one state of all failures: why each asset is cut off. Remembers what it has found out."""

    def __init__(self, topology: Topology, failing: Failing, blind: Failing) -> None:
        self._topology, self._failing, self._blind = topology, failing, blind
        self._found: dict[str, Failure | None] = {}

    def cut(self, id: str) -> Failure | None:
        """The failure that hides everything on the asset: above it, or of the source that it is seen through."""
        if id not in self._found:
            reasons = [self._blind(id)]
            reasons += [self._lost(group) for group in self._topology.links(id)]
            self._found[id] = min((one for one in reasons if one is not None), default=None)
        return self._found[id]

    def down(self, id: str) -> Failure | None:
        """Why the asset gives nothing to those below it."""
        return self.cut(id) or self._failing(id)

    def _lost(self, group: Iterable[str]) -> Failure | None:
        """What took the last of several that stand in for one another; None while one of them works."""
        last: Failure | None = None
        for parent in group:
            found = self.down(parent)
            if found is None:
                return None
            last = found if last is None else max(last, found)
        return last

    def stand_in(self, id: str) -> Failure | None:
        """The failure that speaks for a failed asset too: of its lost group's last member.

        None while anything depends on the asset alone, or lost its last parent with it: then it is a root itself.
        So what speaks for others is never spoken for.
        """
        own = self._failing(id)
        found: Failure | None = None
        for child in self._topology.children(id) if own is not None else ():
            group = next((one for one in self._topology.links(child) if id in one), ())
            last = self._lost(group) if len(group) > 1 else None
            if last is None or last == own:
                return None
            found = last if found is None else max(found, last)
        return found

    def redundancy(self, id: str) -> Redundancy:
        """The worst of the asset's groups of parents that stand in for one another."""
        worst = Redundancy(0, 0, 0.0)
        for group in self._topology.links(id):
            lost = [one for one in map(self.down, group) if one is not None]
            if len(group) > 1 and len(lost) > worst.lost:
                worst = Redundancy(len(lost), len(group), max(one.since for one in lost))
        return worst
