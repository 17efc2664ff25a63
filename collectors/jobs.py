"""The inventory's probes as jobs: what is asked of whom, and what is known of each.

A `Spec` is what the inventory and the settings say; a `Job` adds what has been seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from collectors import registry
from collectors import uri as uris
from collectors.contract import Target
from collectors.errors import Misconfigured
from collectors.settings import Credential, SchemeSettings
from collectors.subscriber import GroupedPolling, NamedMetrics
from feeds.model import Asset, Observation

Key = tuple[str, str]
"""Asset id and probe URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One probe as it is set. `target` is None when it cannot be probed; `problem` then says why.

    `named` holds the metrics that no other probe of the asset gives (chosen with `metric=`, or the probe's own kind):
    such a reading needs no instance to be told apart.
    """

    key: Key
    scheme: str
    family: str
    source: str
    instance: str = ""
    named: frozenset[str] = frozenset()
    target: Target | None = None
    problem: Misconfigured | None = None
    settings: SchemeSettings = field(default_factory=SchemeSettings)

    @property
    def asset(self) -> str:
        return self.key[0]

    @property
    def probe(self) -> str:
        return self.key[1]

    @property
    def fresh_for(self) -> float:
        """Seconds that a reading of this probe may be shown as fresh: two rounds, one of them slow."""
        return 2 * self.settings.interval + self.settings.timeout + 1

    def same(self, other: Spec) -> bool:
        """True when nothing that matters for probing differs (problems are compared by their sentence)."""
        return self._same == other._same

    @property
    def _same(self) -> tuple[object, ...]:
        return (self.key, self.instance, self.named, self.target, self.settings, str(self.problem or ""))


@dataclass(slots=True, kw_only=True)
class Job:
    """One probe at work. `up` is None until it is known; `latest` is what was last published of it.

    `cut_off`: it could not be reached while the collector was isolated. `running` counts its rounds under way.
    `locked_until` (monotonic seconds) holds off a credential that failed; `lockouts` counts in a row.
    """

    spec: Spec
    offset: float = 0.0
    up: bool | None = None
    failing: bool = False
    cut_off: bool = False
    running: int = 0
    lockouts: int = 0
    locked_until: float = 0.0
    latest: tuple[Observation, ...] = ()


def specs(
    assets: Mapping[str, Asset], schemes: Mapping[str, SchemeSettings], credentials: Mapping[str, Credential]
) -> dict[Key, Spec]:
    """Every probe that the runner works on; good passive ones (heartbeat) are left out."""
    found: dict[Key, Spec] = {}
    for asset in assets.values():
        own = [one for uri in dict.fromkeys(asset.probes) if (one := _spec(asset.id, uri, schemes, credentials))]
        for one in _with_instances(own):
            found[one.key] = one
    return found


def _spec(
    asset: str, uri: str, schemes: Mapping[str, SchemeSettings], credentials: Mapping[str, Credential]
) -> Spec | None:
    scheme = family = uri.partition(":")[0].lower()
    settings = schemes.get(scheme, SchemeSettings())
    try:
        scheme = uris.scheme_of(uri)
        cls = registry.poller_class(scheme)
        family = cls.family
        target = registry.target_of(uri, asset=asset, timeout=settings.timeout, credentials=credentials)
    except Misconfigured as problem:
        source = registry.source_name(scheme)
        return Spec(key=(asset, uri), scheme=scheme, family=family, source=source, problem=problem, settings=settings)
    if cls.passive:
        return None
    source = registry.source_name(scheme)
    return Spec(key=(asset, uri), scheme=scheme, family=family, source=source, target=target, settings=settings)


def _with_instances(own: list[Spec]) -> list[Spec]:
    """Names probes of one family on one asset apart: by host:port, and by number where that is the same."""
    families = Counter(one.family for one in own)
    names = {one.key: _names(one) for one in own}
    chosen = Counter(name for some in names.values() for name in some)
    taken: Counter[tuple[str, str]] = Counter()
    apart = []
    for one in own:
        if families[one.family] == 1:
            apart.append(one)
            continue
        place = one.target.address if one.target else one.probe
        taken[one.family, place] += 1
        number = taken[one.family, place]
        instance = place if number == 1 else f"{place}#{number}"
        apart.append(replace(one, instance=instance, named=_single(names[one.key], chosen)))
    return apart


def _names(one: Spec) -> tuple[str, ...]:
    """The metrics that are this probe's own."""
    if one.target is None:
        return ()
    cls = registry.poller_class(one.scheme)
    own = cls.own_metrics(one.target) if issubclass(cls, NamedMetrics) else ()
    return own or tuple(filter(None, (one.target.params.get("metric"),)))


def _single(names: tuple[str, ...], chosen: Counter[str]) -> frozenset[str]:
    return frozenset(name for name in names if chosen[name] == 1)


def phase_of(spec: Spec) -> str:
    """What a job's place in its interval hangs on: probes that are asked together are due together."""
    cls = registry.poller_class(spec.scheme) if spec.target is not None else None
    if cls is not None and spec.target is not None and issubclass(cls, GroupedPolling):
        return cls.poll_group(spec.target)
    return "|".join(spec.key)
