"""Subjects of rules: the newest record of each asset, source, warning and region, folded from changes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import msgspec

from alerts.rules.context import AssetCounts, ReadingHistory
from alerts.rules.warnings_in_force import WarningsInForce
from feeds.external import Report
from feeds.inventory.addresses import AddressBook
from feeds.kinds import KINDS, REGION
from feeds.model import Asset, AssetState, Change, EmergencyWarning, Health, Kind, Reading, SourceState
from feeds.projection.clock_steps import stepped_source, stepped_state
from feeds.texts.catalogue import LANGUAGES

NamedSources = Callable[[Mapping[str, Asset]], Collection[str]]
"""The names of all configured sources, from the inventory."""
SubjectKey = tuple[str, str]  # a name in KINDS.subjects, the record's id
OWNER = "role.command"  # the source of the role that owns the warnings
_STATE = Kind.STATE


class Subject(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One subject at one moment: its newest record (None for a region) and, for an asset, its state.

    `member` and `member_readings` are set in the view of one member of an asset (see alerts.rules.members).
    """

    kind: str
    id: str
    record: Any = None
    state: AssetState | None = None
    member: str = ""
    member_readings: Mapping[str, Reading] | None = None

    @property
    def asset(self) -> Asset | None:
        return self.record if isinstance(self.record, Asset) else None

    @property
    def region(self) -> str:
        """The subject's region. For a warning over several regions the smallest that covers all, "" when none does."""
        return KINDS.subjects[self.kind].region(self)

    @property
    def head(self) -> str:
        """The account that answers for the subject, "" for nobody (feeds.kinds.subject)."""
        return KINDS.subjects[self.kind].head(self)

    @property
    def titles(self) -> dict[str, str]:
        """The subject's title, by language."""
        kind = KINDS.subjects[self.kind]
        return {language: kind.title(self, language) for language in LANGUAGES}

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.asset.labels) if self.asset is not None else {}

    @property
    def readings(self) -> Mapping[str, Reading]:
        if self.member_readings is not None:
            return self.member_readings
        return self.state.readings if self.state is not None else {}

    def key_of(self, metric: str) -> str:
        """The key of a metric's reading within the asset: that of the member where it has one."""
        own = f"{metric}[{self.member}]"
        return own if self.member and self.state is not None and own in self.state.readings else metric

    def summary(self) -> dict[str, str] | None:
        """The fields of an asset for a message: id, name, kind, region; None for other subjects."""
        if self.asset is None:
            return None
        return {"id": self.asset.id, "name": self.asset.name, "kind": self.asset.kind, "region": self.asset.region}


class Subjects:
    """The newest record of every subject, folded from changes."""

    def __init__(
        self, records: Mapping[str, Mapping[str, Any]] | None = None, named_sources: NamedSources | None = None
    ) -> None:
        stored_records = records or {}
        self.named_sources = named_sources
        self._over = {
            stored.name: kind.subject.name
            for kind in KINDS
            if kind.subject is not None
            for stored in kind.stored
            if stored.ruled
        }
        self._records: dict[str, dict[str, Any]] = {
            name: _evaluated(over, stored_records.get(name, {})) for name, over in self._over.items()
        }
        self.assets: Mapping[str, Asset] = self._records[Kind.ASSET]
        self.states: Mapping[str, AssetState] = self._records[Kind.STATE]
        self._counts, self._history, self._warned = AssetCounts(), ReadingHistory(), WarningsInForce()
        self._warned.use(self._records[Kind.WARNING].values(), self.assets)
        self._addresses = AddressBook(self.assets.values())
        for asset in self.assets.values():
            self._counts.put(asset, asset.id, self.states.get(asset.id))

    # -- the context of rules ----------------------------------------------------

    def remember(self, metrics: Iterable[tuple[str, float]]) -> None:
        """Keep the past of these metrics, each for that many seconds, from now on."""
        self._history.want(metrics)

    def count(self, region: object, kind: object, health: object, *, include_unknown: bool = False) -> int:
        """The number of assets by region, kind and health; see RuleContext.count."""
        return self._counts.count(region, kind, health, include_unknown=include_unknown)

    def health_of(self, asset: object, *, require_known: bool = False) -> str:
        """An asset's health; see RuleContext.health_of."""
        about = self.assets[str(asset)]
        health = self.health(about.id)
        if require_known and about.probes and health is Health.UNKNOWN:
            raise KeyError(about.id)
        return health.value

    def region_of(self, asset: object) -> str:
        """An asset's region; see RuleContext.region_of."""
        return self.assets[str(asset)].region

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        """The change of a reading per second over the last `seconds`; None when unknown."""
        return self._history.rate(asset, key, seconds, now)

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        """The warnings in force at an asset, of at least that level and about that event ("" is any).

        KeyError while the warnings are unknown: after Redis was lost, until the role that owns them has published them
        again.
        """
        if OWNER not in self._records[Kind.SOURCE]:
            raise KeyError(OWNER)
        return self._warned.over(asset, level, event)

    def moved(self) -> tuple[bool, bool]:
        """Two flags since the last call: a count or health has changed; a warning at an asset has changed."""
        return self._counts.moved(), self._warned.moved()

    # -- records -----------------------------------------------------------------

    def meant(self, report: Report) -> Subject | None:
        """The asset of another tool's report: by its id, else by the address of a probe; None when there is none."""
        subject = self.get(("asset", report.asset))
        if subject is None and (report.by_address or report.address):
            id = (report.by_address and self._addresses.find(report.asset)) or self._addresses.find(report.address)
            subject = self.get(("asset", id)) if id else None
        return subject

    def source(self, id: str) -> SourceState | None:
        source: SourceState | None = self._records[Kind.SOURCE].get(id)
        return source

    def health(self, asset: str) -> Health:
        """An asset's health; unknown when it has no state."""
        state = self.states.get(asset)
        return state.health if state is not None else Health.UNKNOWN

    def kind(self, asset: str) -> str:
        """An asset's kind, "" when it is not in the inventory."""
        record = self.assets.get(asset)
        return record.kind if record is not None else ""

    def failed_since(self, asset: str, otherwise: float) -> float:
        """The beginning (epoch seconds) of an asset's failure; `otherwise` when it is healthy or unknown."""
        state = self.states.get(asset)
        bad = state is not None and state.health in (Health.DOWN, Health.DEGRADED)
        return state.since if state is not None and bad else otherwise

    def sources_of(self, asset: str) -> set[str]:
        """The sources that observe an asset."""
        state = self.states.get(asset)
        return {reading.source for reading in state.readings.values()} if state is not None else set()

    def seen_through(self, source: str) -> list[str]:
        """The assets that a source observes, alone or among others."""
        return [id for id, state in self.states.items() if any(r.source == source for r in state.readings.values())]

    def fold(self, change: Change) -> SubjectKey | None:
        """Take in one change; return the key of its subject, or None when no rule can be over it."""
        if isinstance(change.after, AssetState):  # as nearly every change
            self._records[_STATE][change.id] = change.after
            self._counts.put(self.assets.get(change.id), change.id, change.after)
            self._history.put(change.id, change.after.readings)
            return "asset", change.id
        over = self._over.get(change.kind)
        if over is None:
            return None
        records = self._records[change.kind]
        before = records.get(change.id)
        if self.left(change):
            records.pop(change.id, None)
        else:
            records[change.id] = change.after
        if change.kind == Kind.SOURCE and change.id == OWNER and before is None:
            self._warned.mark_moved()
        elif change.kind == Kind.WARNING:
            self._warned.put(change.id, records.get(change.id))
        elif over == Kind.ASSET:
            self._fold_asset(change, before)
        return over, change.id

    def clock_stepped(self, by: float, now: float) -> None:
        """The clock was set by `by` seconds: keep the age of every state and source."""
        states, sources = self._records[_STATE], self._records[Kind.SOURCE]
        states.update({id: stepped_state(state, by, now) for id, state in states.items()})
        sources.update({id: stepped_source(source, by, now) for id, source in sources.items()})
        self._history.clear()

    def _fold_asset(self, change: Change, before: Any) -> None:
        """Take in an asset that was added, changed or removed, or a state that was removed."""
        asset = self.assets.get(change.id)
        if change.kind == Kind.ASSET:
            self._warned.placed(before, asset)
            if asset is not None:
                self._addresses.put(asset)
            else:
                self._addresses.drop(change.id)
        self._counts.put(asset, change.id, self.states.get(change.id))
        if change.after is None:
            self._history.drop(change.id)

    def left(self, change: Change) -> bool:
        """True when a change removes its record or makes it no longer live."""
        live = KINDS.stored[change.kind].live
        if change.after is None or (live is not None and not live(change.after)):
            return True
        over = self._over.get(change.kind)
        return over in KINDS.subjects and not KINDS.subjects[over].evaluated(change.after)

    def get(self, key: SubjectKey) -> Subject | None:
        """The subject as it is now; None when there is no such record."""
        kind, id = key
        if kind == REGION.name:
            return Subject(kind=kind, id=id) if id in self._counts.regions() else None
        record = self._records.get(kind, {}).get(id)
        if record is None:
            return None
        return Subject(kind=kind, id=id, record=record, state=self.states.get(id) if kind == Kind.ASSET else None)

    def everything(self) -> list[SubjectKey]:
        """The keys of all subjects."""
        return [key for over in (*dict.fromkeys(self._over.values()), REGION.name) for key in self.of_kind(over)]

    def of_kind(self, over: str) -> list[SubjectKey]:
        """The keys of all subjects of one kind. Regions are those of assets, and those that cover several of these."""
        if over == REGION.name:
            return [(over, id) for id in self._counts.regions()]
        return [(over, id) for id in self._records.get(over, {})]

    def is_removed(self, key: SubjectKey) -> bool:
        """True when a subject without a record was removed for good, by the inventory or the settings.

        False while that is unknown. After Redis was lost, the inventory arrives later and all at once; a source or
        warning that is still expected may yet report.
        """
        kind, id = key
        if not self.assets or self.get(key) is not None:
            return False
        if kind == Kind.SOURCE:
            return self.named_sources is not None and id not in self.named_sources(self.assets)
        return kind == Kind.ASSET


def _evaluated(over: str, records: Mapping[str, Any]) -> dict[str, Any]:
    """The records that rules are asked about."""
    subject = KINDS.subjects[over]
    return {id: record for id, record in records.items() if subject.evaluated(record)}
