"""The things that rules are asked about: the engine's own picture of assets, sources and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from feeds.model import Asset, AssetState, Change, EmergencyWarning, Kind, Reading, SourceState
from feeds.regions import covers, parent

SubjectKey = tuple[str, str]  # "asset" | "source" | "warning", the thing's id
_OVER = {Kind.ASSET: "asset", Kind.STATE: "asset", Kind.SOURCE: "source", Kind.WARNING: "warning"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing at one moment; only the fields of its kind are set."""

    kind: str
    id: str
    asset: Asset | None = None
    state: AssetState | None = None
    source: SourceState | None = None
    warning: EmergencyWarning | None = None

    @property
    def region(self) -> str:
        """Where it lies; for a warning over several regions the smallest that covers them all ("" when none does)."""
        if self.asset is not None:
            return self.asset.region
        if self.source is not None:
            return self.source.region
        return common_region(self.warning.regions) if self.warning is not None else ""

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.asset.labels) if self.asset is not None else {}

    @property
    def readings(self) -> Mapping[str, Reading]:
        return self.state.readings if self.state is not None else {}

    def summary(self) -> dict[str, str] | None:
        """What a message says of an asset: id, name, kind, region."""
        if self.asset is None:
            return None
        return {"id": self.asset.id, "name": self.asset.name, "kind": self.asset.kind, "region": self.asset.region}


def common_region(regions: Iterable[str]) -> str:
    """The smallest region that covers all of them, "" when there is none."""
    first, *others = list(regions) or [""]
    common = first
    while common and not all(covers(common, other) for other in others):
        common = parent(common)
    return common


class Subjects:
    """The newest record of everything, folded from changes."""

    def __init__(self, records: Mapping[Kind, Mapping[str, Any]] | None = None) -> None:
        found = records or {}
        self._records: dict[Kind, dict[str, Any]] = {kind: dict(found.get(kind, {})) for kind in _OVER}

    def fold(self, change: Change) -> SubjectKey | None:
        """Take one change in; the subject that it is about, or None when no rule can be about it."""
        over = _OVER.get(change.kind)
        if over is None:
            return None
        if change.after is None:
            self._records[change.kind].pop(change.id, None)
        else:
            self._records[change.kind][change.id] = change.after
        return over, change.id

    def get(self, key: SubjectKey) -> Subject | None:
        """The subject as it is now; None when it is not in the inventory, or never was heard of."""
        kind, id = key
        if kind == "asset":
            asset = self._records[Kind.ASSET].get(id)
            return asset and Subject(kind=kind, id=id, asset=asset, state=self._records[Kind.STATE].get(id))
        if kind == "source":
            source = self._records[Kind.SOURCE].get(id)
            return source and Subject(kind=kind, id=id, source=source)
        warning = self._records[Kind.WARNING].get(id)
        return warning and Subject(kind=kind, id=id, warning=warning)

    def everything(self) -> list[SubjectKey]:
        """Every subject there is."""
        pairs = ((Kind.ASSET, "asset"), (Kind.SOURCE, "source"), (Kind.WARNING, "warning"))
        return [(over, id) for kind, over in pairs for id in self._records[kind]]

    def knows_inventory(self) -> bool:
        """Whether absence means anything: after Redis was lost the inventory arrives later, and all at once."""
        return bool(self._records[Kind.ASSET])
