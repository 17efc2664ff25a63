"""The cost of one poll in each role, by stage: the real code, one stage after the other, without sockets or waking.

The benchmark `checks` also includes the protocol, the kernel, and the cold caches of a process that has slept.
"""

from __future__ import annotations

import gc
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import cast

from alerts.core.core import AlertCore
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import Subjects
from alerts.settings import RuleSettings
from bench.figures import Figure, median
from collectors.contract import Measurement
from collectors.jobs import Spec
from collectors.probing import verdicts
from collectors.settings import SchemeSettings
from feeds import wire
from feeds.bus import entries
from feeds.bus.entries import StreamEntry
from feeds.bus.keys import Keys
from feeds.bus.writes import script_arguments
from feeds.history.intake import HistoryIntake
from feeds.journal import Journal
from feeds.kinds import KINDS
from feeds.live.mirror import Audience, Mirror
from feeds.model import Asset, Change, Kind, Observation, Severity
from feeds.projection.projector import Projector
from watchfloor.runtime.role_process import GARBAGE

ASSETS, SLOT, SLOTS = 150, 30, 100
KEYS = Keys("532300")
METRICS = {
    "tcp": ("tcp.connect_ms",),
    "icmp": ("icmp.rtt_ms", "icmp.loss_percent"),
    "snmp, 12 readings": (
        "snmp.ms",
        "snmp.uptime_s",
        "snmp.rebooted",
        "ups.status",
        "ups.battery_s",
        "ups.minutes",
        "ups.charge",
        "ups.source",
        "ups.voltage",
        "ups.load",
        "snmp.missing",
    ),
}
RULES = (
    RuleSettings(id="link-down", when="health == 'down'", hold=0.0, recover_for=1.0, severity=Severity.CRITICAL),
    RuleSettings(id="partly", when="health == 'degraded'", hold=10.0, recover_for=60.0, severity=Severity.MINOR),
)


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Microseconds a check by stage, the middle of many slots of 30 checks."""
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    try:
        for scheme in METRICS:
            site = Stages(scheme)
            for turn in range(SLOTS // 4 if quick else SLOTS):
                site.slot(turn)
            per = {stage: round(median(durations), 2) for stage, durations in site.spent.items()}
            watched = per.pop("web, a page open")
            yield Figure(
                name=f"stages.{scheme}",
                value=sum(per.values()),
                unit="cpu us/check",
                conditions={
                    "assets": ASSETS,
                    "checks_together": SLOT,
                    "by_stage": per,
                    "web_a_page_open": watched,
                    "change_bytes": site.change_bytes,
                },
            )
    finally:
        gc.set_threshold(*before)


@dataclass(slots=True)
class Stages:
    """All roles' state of one site whose assets are probed by one scheme."""

    scheme: str
    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    now: float = field(default_factory=time.time)
    change_bytes: int = 0
    intake: HistoryIntake = field(default_factory=HistoryIntake)
    mirror: Mirror = field(default_factory=Mirror)
    specs: list[Spec] = field(init=False)
    projector: Projector = field(init=False)
    core: AlertCore = field(init=False)

    def __post_init__(self) -> None:
        scheme = self.scheme.partition(",")[0]
        settings = SchemeSettings(interval=1.0, timeout=2.0)
        self.specs = [
            Spec(
                key=(f"b{n}", f"{scheme}://127.0.1.{n}:161?cred=v2c"),
                scheme=scheme,
                family=scheme,
                source=f"network.{scheme}",
                settings=settings,
            )
            for n in range(ASSETS)
        ]
        assets = {
            spec.asset: Asset(
                id=spec.asset, name=f"测试节点 {spec.asset}", kind="router", region="532301", probes=(spec.probe,)
            )
            for spec in self.specs
        }
        # Nothing turns here, so that nothing is journaled.
        self.projector = Projector(cast(Journal, None), KEYS.site, assets)
        moved = list(self.projector._moved((), self.now))
        self.mirror.reset("e.0-0", KINDS.empty_state())
        self.mirror.apply(moved)
        projection = self.projector.projection
        subjects = Subjects({Kind.ASSET: projection.assets, Kind.STATE: projection.states})
        self.core = AlertCore(compile_rules(RULES), subjects=subjects)
        self.core.start_from_snapshot(self.now)

    @contextmanager
    def _stage(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[name].append((time.process_time() - began) / SLOT * 1e6)

    def slot(self, turn: int) -> None:
        """The checks that are due together, all the way."""
        self.now += SLOT / ASSETS
        specs = self.specs[turn * SLOT % ASSETS :][:SLOT]
        measured = [self._measured(turn) for _ in specs]
        with self._stage("collect"):
            observations: list[Observation] = []
            for spec, measurements in zip(specs, measured, strict=True):
                observations += verdicts.answered(spec, measurements, self.now)
            body = wire.encode_envelope("observation", observations, source="role.collect", sent_at=self.now)
        with self._stage("history"):
            self.intake.take(body, self.now)
        self.intake.clear()
        change = self._projected(turn, body)
        self.change_bytes = len(change) // SLOT
        with self._stage("alert"):
            for change_read in self._read(change, turn):
                self.core.fold(change_read, self.now)
            self.core.advance(self.now)
        with self._stage("web"):
            self.mirror.apply(self._read(change, turn))
        with self._stage("web, a page open"):
            for delta in self.mirror.flush():
                delta.encoded(Audience())

    def _measured(self, turn: int) -> list[Measurement]:
        """The first of the metrics is another one each time."""
        moving, *steady = METRICS[self.scheme]
        return [Measurement(metric=moving, value=turn % 50 + 0.5, unit="ms")] + [
            Measurement(metric=metric, value=n, unit="1") for n, metric in enumerate(steady)
        ]

    def _projected(self, turn: int, body: bytes) -> bytes:
        """The change entry that the projector writes for an envelope."""
        with self._stage("project"):
            fields = {b"s": b"role.collect", b"e": body}
            entry = entries.decoded(KEYS, KEYS.feed("network"), f"{turn + 1}-0", fields, "")
            changes = list(self.projector._joined(self.projector._moved([entry], self.now)))
            writes = list(entries.commit_writes(KEYS, "project", "e", {}, changes, (), (), {}))
            script_arguments("", "", writes)
        if len(changes) != SLOT:
            raise AssertionError(f"{SLOT} checks made {len(changes)} changes")
        return cast(bytes, writes[0][-1])

    def _read(self, change: bytes, turn: int) -> Sequence[Change]:
        entry: StreamEntry = entries.decoded(KEYS, KEYS.changes, f"{turn + 1}-0", {b"b": change}, f"e.{turn + 1}-0")
        return entry.items
