"""Facts that devices say of themselves, from observations: kept apart from readings, journaled when they change. Pure
but for `write`.

The journal's documents hold for what is known; Redis follows them. A fact is therefore never lost with Redis.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feeds.journal import Doc
from feeds.journal.tx import Tx
from feeds.model import Asset, Change, Kind, Observation
from feeds.model.device_facts import FACT_NAMES, LONGEST_FACT, DeviceFacts

FACTS = "facts"
"""The kind of journal entries (name `first` or `changed`) and of the documents."""
_OWN = {f"device.{name}": name for name in FACT_NAMES}
"""Metrics that are facts and no readings."""
_READINGS = {
    f"{family}.{name}": name for family in ("onvif", "gb28181") for name in ("maker", "model", "serial", "firmware")
}
"""Metrics that are facts and readings."""
_METRICS = _OWN | _READINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsEvent:
    """Facts of one probe that changed at `at` (epoch seconds): only those, by name. "" is an absent fact."""

    asset: str
    probe: str
    at: float
    before: dict[str, str]
    after: dict[str, str]

    @property
    def name(self) -> str:
        """`first` when the probe had given none of these facts before."""
        return "changed" if any(self.before.values()) else "first"


class FactsBook:
    """The facts of every asset. `published` are those in Redis, `docs` the journal's documents."""

    def __init__(self, published: Mapping[str, DeviceFacts] | None = None, docs: Iterable[Doc] = ()) -> None:
        self._published = dict(published or {})
        self._facts = {doc.id: DeviceFacts(id=doc.id, by_probe=_by_probe(doc.body)) for doc in docs}
        self._events: list[FactsEvent] = []

    def set_assets(self, assets: Mapping[str, Asset], now: float) -> Iterator[Change]:
        """Publish the facts of these assets and withdraw all others, also those of probes that an asset has no more."""
        for id in {**self._facts, **self._published}:
            asset, facts = assets.get(id), self._facts.get(id)
            if asset is None or facts is None:
                self._facts.pop(id, None)
            else:
                probes = ("", *asset.probes)
                by_probe = {probe: texts for probe, texts in facts.by_probe.items() if probe in probes}
                self._facts[id] = DeviceFacts(id=id, by_probe=by_probe)
            yield from self._publish(id, now, "inventory")

    def take(
        self, observations: Sequence[Observation], assets: Mapping[str, Asset], now: float, cause: str
    ) -> tuple[Sequence[Observation], list[Change]]:
        """Take the facts among observations. Returns those that are readings, and the changes of facts."""
        facts = [observation for observation in observations if observation.metric in _METRICS]
        if not facts:
            return observations, []
        touched: dict[str, None] = {}
        for (id, probe), group in _grouped(facts).items():
            asset = assets.get(id)
            if asset is not None and (not probe or probe in asset.probes) and self._learn(id, probe, group):
                touched[id] = None
        readings = [observation for observation in observations if observation.metric not in _OWN]
        return readings, [change for id in touched for change in self._publish(id, now, cause)]

    def _learn(self, id: str, probe: str, group: Collection[Observation]) -> bool:
        """Take what a probe gave. True when it differs from before."""
        facts = self._facts.get(id) or DeviceFacts(id=id)
        old = facts.by_probe.get(probe, {})
        new = {_METRICS[each.metric]: _bounded(each.value) for each in group}
        changed = {name: text for name, text in new.items() if text != old.get(name, "")}
        if not changed:
            return False
        before, at = {name: old.get(name, "") for name in changed}, max(each.observed_at for each in group)
        self._events.append(FactsEvent(asset=id, probe=probe, at=at, before=before, after=changed))
        present = {name: text for name, text in (old | new).items() if text}
        self._facts[id] = DeviceFacts(id=id, by_probe=facts.by_probe | {probe: present})
        return True

    def _publish(self, id: str, now: float, cause: str) -> Iterator[Change]:
        facts = self._facts.get(id)
        if facts == self._published.get(id):
            return
        if facts is None:
            del self._published[id]
        else:
            self._published[id] = facts
        yield Change(kind=Kind.FACTS, id=id, after=facts, at=now, cause=cause)

    @property
    def unwritten(self) -> bool:
        """True when events wait for `write`."""
        return bool(self._events)

    async def write(self, tx: Tx) -> None:
        """Journal the events since the last call: an entry each, and the asset's facts as its document."""
        for event in self._events:
            body = {"probe": event.probe, "before": event.before, "after": event.after}
            seq = await tx.append(kind=FACTS, name=event.name, subject=event.asset, at=event.at, body=body)
            if (facts := self._facts.get(event.asset)) is not None:
                await tx.put(FACTS, event.asset, {"by_probe": facts.by_probe}, seq=seq)
        self._events.clear()


def _grouped(facts: Iterable[Observation]) -> dict[tuple[str, str], list[Observation]]:
    groups: dict[tuple[str, str], list[Observation]] = {}
    for observation in facts:
        groups.setdefault((observation.asset, observation.probe), []).append(observation)
    return groups


def _bounded(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return " ".join(text.split())[:LONGEST_FACT]


def _by_probe(body: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The facts of a document. Facts of another name, as of a later version, are left out."""
    return {
        probe: {name: str(text) for name, text in texts.items() if name in FACT_NAMES}
        for probe, texts in body.get("by_probe", {}).items()
    }
