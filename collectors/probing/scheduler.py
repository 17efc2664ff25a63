"""Scheduler of the inventory's probes: due on absolute ticks, run in the worker pool of their scheme, then published.

Each target is logged once when it is lost and once when it is back (see rounds.py).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from collectors import registry, self_metrics
from collectors.alarms.conditions import Conditions
from collectors.contract import Measurement, Poller, Target
from collectors.jobs import Job, Key, Spec, phase_of, specs
from collectors.probing import verdicts
from collectors.probing.isolation import Isolation
from collectors.probing.rounds import PolledCallback, ProbeRounds
from collectors.probing.ticks import Schedule, next_tick, phase
from collectors.probing.worker_pools import WorkerPool
from collectors.publisher import IDLE_DELAY, Outbox
from collectors.settings import Credential, SchemeSettings
from collectors.subscriber import Condition, Hastening, Subscriber, SubscriberCallbacks
from feeds.clock import Clock
from feeds.model import Asset, Heartbeat, Observation

FIRST_ROUND_RATE = 500.0
"""Probes a second at most in the first round after the start or a change of settings."""
IDLE = 0.5
"""Seconds after which the scheduler wakes even when nothing is due, to show that it is alive."""
SLACK = 0.001
"""Seconds by which a job may start early: timers of the event loop may fire early by this much."""


class ProbeScheduler:
    """One job for each probe. `clock` gives the observations' epoch seconds. Ticks are monotonic.

    `data` is the folder of collectors' own files. `polled` is called after each successful poll.
    """

    def __init__(
        self,
        outbox: Outbox,
        conditions: Conditions,
        isolation: Isolation,
        site: str,
        clock: Clock,
        data: Path | None = None,
        polled: PolledCallback = lambda *_: None,
    ) -> None:
        self._outbox = outbox
        self._rounds = ProbeRounds(isolation, clock, polled)
        self._conditions = conditions
        self._data = data
        self._site = site
        self._clock = clock
        self._jobs: dict[Key, Job] = {}
        self._pools: dict[str, WorkerPool] = {}
        self._schedule = Schedule()
        self._wake = asyncio.Event()
        self._until = 0.0
        self._pollers: dict[type[Poller], Poller] = {}
        self._schemes: Mapping[str, SchemeSettings] = {}
        self.moved_at = 0.0
        self.rounds = 0

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def failing(self) -> int:
        """The number of targets that do not answer or cannot be polled."""
        return sum(job.failing for job in self._jobs.values())

    def everything(self) -> Iterator[Observation]:
        """The latest observations of every target."""
        for job in self._jobs.values():
            yield from job.latest

    def update(
        self, assets: Mapping[str, Asset], schemes: Mapping[str, SchemeSettings], credentials: Mapping[str, Credential]
    ) -> None:
        """Apply settings. Unchanged probes continue undisturbed."""
        self._schemes = schemes
        for scheme, pool in self._pools.items():
            pool.limit = self._settings(scheme).concurrency
        new_specs = specs(assets, schemes, credentials)
        for key in [key for key in self._jobs if key not in new_specs]:
            self._forget(self._jobs.pop(key))
            self._schedule.drop(key)
        changed = [
            spec for key, spec in new_specs.items() if not (key in self._jobs and spec.same(self._jobs[key].spec))
        ]
        now = asyncio.get_running_loop().time()
        for spec in changed:
            self._begin(spec, now, len(changed))
        self._wake.set()

    def _begin(self, spec: Spec, now: float, count: int) -> None:
        """Schedule the first round of a probe: soon, and spread out. Later rounds follow its absolute ticks."""
        interval = spec.settings.interval
        name = phase_of(spec)
        previous = self._jobs.get(spec.key)
        if previous is not None and previous.spec.target != spec.target:
            self._forget(previous)
        self._jobs[spec.key] = Job(spec=spec, offset=phase(name, interval))
        soon = min(interval, max(1.0, count / FIRST_ROUND_RATE))
        self._schedule.put(spec.key, now + phase(name, soon))

    def _settings(self, scheme: str) -> SchemeSettings:
        return self._schemes.get(scheme, SchemeSettings())

    async def run(self) -> None:
        """Probe until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    now = self.moved_at = loop.time()
                    for due, key in self._schedule.due(now + SLACK):
                        self._enter(cast(Key, key), due, tasks)
                    self._until = min(self._schedule.next_due() or now + IDLE, now + IDLE)
                    try:
                        async with asyncio.timeout_at(self._until):
                            await self._wake.wait()
                    except TimeoutError:
                        pass  # the next job is due
                    self._wake.clear()
        finally:
            for poller in self._pollers.values():
                await poller.close()
            self._pollers.clear()
            self._pools.clear()

    def _enter(self, key: Key, due: float, tasks: asyncio.TaskGroup) -> None:
        job = self._jobs[key]
        pool = self._pools.get(job.spec.scheme)
        if pool is None:
            limit = self._settings(job.spec.scheme).concurrency
            pool = WorkerPool(job.spec.scheme, self._poller(job.spec), limit, tasks)
            self._pools[job.spec.scheme] = pool
        pool.submit(due, partial(self._round, job, pool, due), slow=job.up is False)

    def _poller(self, spec: Spec) -> Poller | None:
        if spec.scheme not in registry.known_schemes():
            return None
        cls = registry.poller_class(spec.scheme)
        if cls not in self._pollers:
            poller = self._pollers[cls] = cls()
            if isinstance(poller, Subscriber):
                report = partial(self._report, poller)
                poller.attach(
                    SubscriberCallbacks(
                        push=self._take_pushed,
                        request_poll=self._poll_now,
                        report_alarms=report,
                        data_folder=self._data,
                    )
                )
        return self._pollers[cls]

    def poll_cut_off(self) -> None:
        """Poll the targets soon that could not be reached while the collector was isolated, spread out a little."""
        now = asyncio.get_running_loop().time()
        cut_off = [job for job in self._jobs.values() if job.cut_off and not job.running]
        soon = max(0.5, len(cut_off) / FIRST_ROUND_RATE)
        for job in cut_off:
            due = now + phase(phase_of(job.spec), soon)
            self._schedule.put(job.spec.key, due)
        self._wake.set()

    # -- values and alarms that targets send between polls ------------------------

    def _take_pushed(self, target: Target, measurements: Sequence[Measurement]) -> None:
        job = self._jobs.get((target.asset, target.uri))
        if job is None or job.spec.target != target:
            return  # it is no longer in the inventory
        pushed = verdicts.pushed(job.spec, measurements, self._clock())
        keys = {observation.key for observation in pushed}
        job.hold((*(observation for observation in job.latest if observation.key not in keys), *pushed))
        self._outbox.put(pushed)

    def _poll_now(self, target: Target) -> None:
        job = self._jobs.get((target.asset, target.uri))
        if job is not None and not job.running:
            self._schedule.put(job.spec.key, asyncio.get_running_loop().time())
            self._wake.set()

    def check(self, asset: str) -> int:
        """Poll all probes of an asset now and in full. Returns their number.

        A locked account stays locked: its probe repeats what it knows.
        """
        targets = [
            job.spec.target for key, job in self._jobs.items() if key[0] == asset and job.spec.target is not None
        ]
        for target in targets:
            poller = self._pollers.get(registry.poller_class(target.scheme))
            if isinstance(poller, Hastening):
                poller.hasten(target)
            self._poll_now(target)
        return len(targets)

    def _report(self, poller: Poller, target: Target, conditions: Sequence[Condition]) -> None:
        job = self._jobs.get((target.asset, target.uri))
        if job is not None and job.spec.target == target:
            self._conditions.put(poller, job.spec, conditions)

    def _forget(self, job: Job) -> None:
        target = job.spec.target
        poller = self._pollers.get(registry.poller_class(target.scheme)) if target is not None else None
        if target is not None and isinstance(poller, Subscriber):
            poller.forget(target)
            self._conditions.forget(job.spec)

    async def _round(self, job: Job, pool: WorkerPool, due: float) -> None:
        if self._jobs.get(job.spec.key) is not job:
            return  # removed or changed while it waited
        previous_state = job.failing, job.cut_off
        job.running += 1
        try:
            latest = await self._rounds.run(job, pool.poller)
        finally:
            job.running -= 1
        if self._jobs.get(job.spec.key) is not job:
            return
        job.hold(latest)
        self.rounds += 1
        self._outbox.put(latest, within=IDLE_DELAY if (job.failing, job.cut_off) == previous_state else 0.0)
        now = max(due, asyncio.get_running_loop().time())  # a round that started early must not get its tick twice
        due = next_tick(now, job.spec.settings.interval, job.offset)
        self._schedule.put(job.spec.key, due)
        if due < self._until:
            self._wake.set()

    def heartbeats(self, at: float, every: float) -> Iterator[Heartbeat]:
        """One heartbeat for each collector: its targets, how many fail, and whether it keeps up with its interval.

        `bad_readings` of its figures counts the readings of bad quality.
        """
        late: dict[str, float] = {}
        now = asyncio.get_running_loop().time()
        for scheme, pool in self._pools.items():
            source = registry.source_name(scheme)
            late[source] = max(late.get(source, 0.0), pool.late(now) - self._settings(scheme).interval)
        counts: dict[str, list[bool]] = {}
        bad: Counter[str] = Counter()
        for job in self._jobs.values():
            counts.setdefault(job.spec.source, []).append(job.failing)
            bad[job.spec.source] += job.bad
        pollers = {registry.source_name(cls.schemes[0]): poller for cls, poller in self._pollers.items()}
        metrics = self_metrics.of(pollers)
        for source, failing in counts.items():
            behind = late.get(source, 0.0)
            error = verdicts.behind(behind) if behind > 0 else ""
            stats, remark = metrics.get(source, ({}, ""))
            yield Heartbeat(
                source=source,
                kind=source,
                at=at,
                ok=not error,
                every=every,
                error=error or remark,
                region=self._site,
                targets=len(failing),
                failing=sum(failing),
                stats={**stats, "bad_readings": float(bad[source])},
            )
