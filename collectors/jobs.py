"""Probes of the inventory as jobs.

A `Spec` is a probe as inventory and settings define it. A `Job` adds the state of its polling.
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
from feeds.model import Asset, Observation, Quality

Key = tuple[str, str]
"""Asset id and probe URI."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """One probe as defined. `target` is None when it cannot be probed; `problem` is then the reason.

    `named` holds the metrics that no other probe of the asset gives: chosen with `metric=`, or of this kind of probe
    alone. Their readings need no instance.
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
        """Seconds for which a reading of this probe may be shown as fresh: two intervals and one timeout."""
        return 2 * self.settings.interval + self.settings.timeout + 1

    def same(self, other: Spec) -> bool:
        """True when nothing differs that matters for probing. Problems are compared by their text."""
        return self._identity == other._identity

    @property
    def _identity(self) -> tuple[object, ...]:
        return (self.key, self.instance, self.named, self.target, self.settings, str(self.problem or ""))


@dataclass(slots=True, kw_only=True)
class Job:
    """The state of one probe. `up` is None until it is known. `latest` holds its last published observations, of which
    `bad` are of bad quality.

    `cut_off`: the target could not be reached while the collector was isolated. `running` counts rounds in progress.
    `locked_until` (monotonic seconds) delays the next poll after a credential failed. `lockouts` counts consecutive
    failures of the credential.
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
    bad: int = 0

    def hold(self, latest: tuple[Observation, ...]) -> None:
        """Replace the last published observations."""
        self.latest = latest
        self.bad = sum(observation.quality is Quality.BAD for observation in latest)


def specs(
    assets: Mapping[str, Asset], schemes: Mapping[str, SchemeSettings], credentials: Mapping[str, Credential]
) -> dict[Key, Spec]:
    """All probes that the runner polls or reports a problem for. Valid passive ones (heartbeat) are left out."""
    specs_by_key: dict[Key, Spec] = {}
    for asset in assets.values():
        asset_specs = [
            spec for uri in dict.fromkeys(asset.probes) if (spec := _spec(asset.id, uri, schemes, credentials))
        ]
        for spec in _with_instances(asset_specs):
            specs_by_key[spec.key] = spec
    return specs_by_key


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


def _with_instances(asset_specs: list[Spec]) -> list[Spec]:
    """Set the instances of an asset's probes of one family: host:port, with a number where that is not unique."""
    families = Counter(spec.family for spec in asset_specs)
    metrics = {spec.key: _own_metrics(spec) for spec in asset_specs}
    uses = Counter(metric for own_metrics in metrics.values() for metric in own_metrics)
    taken: Counter[tuple[str, str]] = Counter()
    specs_with_instances = []
    for spec in asset_specs:
        if families[spec.family] == 1:
            specs_with_instances.append(spec)
            continue
        address = spec.target.address if spec.target else spec.probe
        taken[spec.family, address] += 1
        number = taken[spec.family, address]
        instance = address if number == 1 else f"{address}#{number}"
        specs_with_instances.append(replace(spec, instance=instance, named=_unique(metrics[spec.key], uses)))
    return specs_with_instances


def _own_metrics(spec: Spec) -> tuple[str, ...]:
    """The metrics that this probe alone can name."""
    if spec.target is None:
        return ()
    cls = registry.poller_class(spec.scheme)
    own = cls.own_metrics(spec.target) if issubclass(cls, NamedMetrics) else ()
    return own or tuple(filter(None, (spec.target.params.get("metric"),)))


def _unique(metrics: tuple[str, ...], uses: Counter[str]) -> frozenset[str]:
    return frozenset(metric for metric in metrics if uses[metric] == 1)


def phase_of(spec: Spec) -> str:
    """The name that fixes a job's offset in its interval. Targets that are polled in one request share it."""
    cls = registry.poller_class(spec.scheme) if spec.target is not None else None
    if cls is not None and spec.target is not None and issubclass(cls, GroupedPolling):
        return cls.poll_group(spec.target)
    return "|".join(spec.key)
