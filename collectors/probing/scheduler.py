"""All probes of the inventory: due on absolute ticks, run in their scheme's lane, told to the outbox.

Logs once when a target is lost and once when it is back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from collectors import registry, self_metrics
from collectors.alarms.conditions import Conditions
from collectors.contract import Measurement, Poller, Target
from collectors.errors import CollectorError, NotReady
from collectors.jobs import Job, Key, Spec, phase_of, specs
from collectors.probing import retries, verdicts
from collectors.probing.isolation import CutOff, Fault, Isolation
from collectors.probing.lanes import Lane
from collectors.probing.ticks import Schedule, next_tick, phase
from collectors.publisher import CALM, Outbox
from collectors.settings import Credential, SchemeSettings
from collectors.subscriber import Condition, Subscriber, SubscriberCallbacks
from feeds.clock import Clock
from feeds.model import Asset, Heartbeat, Observation

FIRST_ROUND_RATE = 500.0
"""Probes a second at most while the very first round fills the picture."""
IDLE = 0.5
"""Seconds after which the scheduler wakes even when nothing is due: it proves that it moves."""
SLACK = 0.001
"""Seconds that a job may start early: an event loop's timer may fire that much before its time."""
LOCKOUT_FIRST, LOCKOUT_LAST = 30.0, 600.0
"""Seconds without asking after a credential failed, doubling: nobody's account is locked by us."""

log = logging.getLogger(__name__)


class Probing:
    """Keeps one job a probe. `clock` stamps observations; ticks are monotonic; `data` is the site's folder.
    `polled` hears what an asset answered, and when it was asked."""

    def __init__(
        self,
        outbox: Outbox,
        conditions: Conditions,
        isolation: Isolation,
        site: str,
        clock: Clock,
        data: Path | None = None,
        polled: Callable[[str, Sequence[Measurement], float], object] = lambda *_: None,
    ) -> None:
        self._outbox, self._polled, self._isolation = outbox, polled, isolation
        self._conditions = conditions
        self._data = data
        self._site = site
        self._clock = clock
        self._jobs: dict[Key, Job] = {}
        self._lanes: dict[str, Lane] = {}
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
        """How many targets do not answer, or cannot be asked."""
        return sum(job.failing for job in self._jobs.values())

    def everything(self) -> Iterator[Observation]:
        """The latest observations of every target."""
        for job in self._jobs.values():
            yield from job.latest

    def update(
        self, assets: Mapping[str, Asset], schemes: Mapping[str, SchemeSettings], credentials: Mapping[str, Credential]
    ) -> None:
        """Take settings over: what is the same goes on undisturbed, the rest stops or starts."""
        self._schemes = schemes
        for scheme, lane in self._lanes.items():
            lane.limit = self._settings(scheme).concurrency
        wanted = specs(assets, schemes, credentials)
        for key in [key for key in self._jobs if key not in wanted]:
            self._forget(self._jobs.pop(key))
            self._schedule.drop(key)
        fresh = [spec for key, spec in wanted.items() if not (key in self._jobs and spec.same(self._jobs[key].spec))]
        now = asyncio.get_running_loop().time()
        for spec in fresh:
            self._begin(spec, now, len(fresh))
        self._wake.set()

    def _begin(self, spec: Spec, now: float, together: int) -> None:
        """The first round comes soon and spread out; from then on the job keeps to its own absolute ticks."""
        interval = spec.settings.interval
        name = phase_of(spec)
        old = self._jobs.get(spec.key)
        if old is not None and old.spec.target != spec.target:
            self._forget(old)
        self._jobs[spec.key] = Job(spec=spec, offset=phase(name, interval))
        soon = min(interval, max(1.0, together / FIRST_ROUND_RATE))
        self._schedule.put(spec.key, now + phase(name, soon))

    def _settings(self, scheme: str) -> SchemeSettings:
        return self._schemes.get(scheme, SchemeSettings())

    async def run(self) -> None:
        """Probes for ever."""
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
            self._lanes.clear()

    def _enter(self, key: Key, due: float, tasks: asyncio.TaskGroup) -> None:
        job = self._jobs[key]
        lane = self._lanes.get(job.spec.scheme)
        if lane is None:
            limit = self._settings(job.spec.scheme).concurrency
            lane = Lane(job.spec.scheme, self._poller(job.spec), limit, tasks)
            self._lanes[job.spec.scheme] = lane
        lane.enter(due, partial(self._round, job, lane, due), slow=job.up is False)

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
                        push=self._told, request_poll=self._look, report_alarms=report, data_folder=self._data
                    )
                )
        return self._pollers[cls]

    def look_again(self) -> None:
        """What could not be reached while the collector was isolated is asked soon, spread out a little."""
        now = asyncio.get_running_loop().time()
        cut = [job for job in self._jobs.values() if job.cut_off and not job.running]
        soon = max(0.5, len(cut) / FIRST_ROUND_RATE)
        for job in cut:
            due = now + phase(phase_of(job.spec), soon)
            self._schedule.put(job.spec.key, due)
        self._wake.set()

    # -- what the far end says by itself -----------------------------------------

    def _told(self, target: Target, seen: Sequence[Measurement]) -> None:
        job = self._jobs.get((target.asset, target.uri))
        if job is None or job.spec.target != target:
            return  # it is no longer asked for
        fresh = verdicts.told(job.spec, seen, self._clock())
        keys = {one.key for one in fresh}
        job.latest = (*(one for one in job.latest if one.key not in keys), *fresh)
        self._outbox.put(fresh)

    def _look(self, target: Target) -> None:
        job = self._jobs.get((target.asset, target.uri))
        if job is not None and not job.running:
            self._schedule.put(job.spec.key, asyncio.get_running_loop().time())
            self._wake.set()

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

    async def _round(self, job: Job, lane: Lane, due: float) -> None:
        if self._jobs.get(job.spec.key) is not job:
            return  # taken out, or set anew, while it waited
        was = job.failing, job.cut_off
        job.running += 1
        try:
            latest = await self._judge(job, lane.poller)
        finally:
            job.running -= 1
        if self._jobs.get(job.spec.key) is not job:
            return
        job.latest = latest
        self.rounds += 1
        self._outbox.put(latest, within=CALM if (job.failing, job.cut_off) == was else 0.0)
        now = max(due, asyncio.get_running_loop().time())  # one that started early must not get its tick twice
        due = next_tick(now, job.spec.settings.interval, job.offset)
        self._schedule.put(job.spec.key, due)
        if due < self._until:
            self._wake.set()

    async def _judge(self, job: Job, poller: Poller | None) -> tuple[Observation, ...]:
        spec = job.spec
        try:
            if spec.problem is not None:
                raise spec.problem
            assert poller is not None
            assert spec.target is not None
            if job.locked_until > asyncio.get_running_loop().time():
                return tuple(_again(job, self._clock()))
            began = self._clock()
            seen = await self._asked(job, poller, spec.target)
            self._polled(spec.asset, seen, began)
        except CutOff:
            job.cut_off = True
            return verdicts.cut_off(spec, self._clock())
        except CollectorError as error:
            return self._missed(job, error)
        except Exception as error:  # one faulty collector must not blind the others: it is shown, and logged
            if not job.failing:
                log.exception("the collector itself failed", extra={"asset": spec.asset, "probe": spec.probe})
            return self._missed(job, verdicts.broken(error), logged=True)
        return self._hit(job, verdicts.answered(spec, seen, self._clock()))

    async def _asked(self, job: Job, poller: Poller, target: Target) -> Sequence[Measurement]:
        """One round, a second one when we were out of touch during the first. Raises CollectorError, CutOff."""
        # A target known to be down gets a single try: a dead one must not cost more than a live one.
        tries = 1 if job.up is False else job.spec.settings.attempts
        for last in (False, True):
            began = asyncio.get_running_loop().time()
            try:
                return await retries.probe(poller, target, tries, retries.budget(target.timeout))
            except NotReady as error:
                fault = await self._isolation.fault(error, began)
                if fault is Fault.THEIRS or (last and fault is Fault.DOUBTFUL):
                    raise
                if fault is Fault.OURS:
                    break
        raise CutOff

    def _hit(self, job: Job, seen: tuple[Observation, ...]) -> tuple[Observation, ...]:
        if job.failing:
            log.info("probe back", extra={"asset": job.spec.asset, "probe": job.spec.probe})
        job.up, job.failing, job.cut_off, job.lockouts = True, False, False, 0
        return seen

    def _missed(self, job: Job, error: CollectorError, *, logged: bool = False) -> tuple[Observation, ...]:
        if not job.failing and not logged:
            place = {"asset": job.spec.asset, "probe": job.spec.probe, "reason": error.en}
            log.warning("probe lost", extra=place)
        job.failing, job.cut_off = True, False
        job.up = False if isinstance(error, NotReady) else None
        if verdicts.is_lockout(error):
            hold = min(LOCKOUT_FIRST * 2**job.lockouts, LOCKOUT_LAST)
            job.lockouts += 1
            job.locked_until = asyncio.get_running_loop().time() + hold
        return verdicts.failed(job.spec, error, self._clock())

    def heartbeats(self, at: float, every: float) -> Iterator[Heartbeat]:
        """One a collector: its targets, how many fail, and whether it keeps up with its interval."""
        late: dict[str, float] = {}
        now = asyncio.get_running_loop().time()
        for scheme, lane in self._lanes.items():
            source = registry.source_name(scheme)
            late[source] = max(late.get(source, 0.0), lane.late(now) - self._settings(scheme).interval)
        counts: dict[str, list[bool]] = {}
        for job in self._jobs.values():
            counts.setdefault(job.spec.source, []).append(job.failing)
        own = self_metrics.of({registry.source_name(cls.schemes[0]): one for cls, one in self._pollers.items()})
        for source, failing in counts.items():
            behind = late.get(source, 0.0)
            error = verdicts.behind(behind) if behind > 0 else ""
            stats, words = own.get(source, ({}, ""))
            yield Heartbeat(
                source=source,
                kind=source,
                at=at,
                ok=not error,
                every=every,
                error=error or words,
                region=self._site,
                targets=len(failing),
                failing=sum(failing),
                stats=stats,
            )


def _again(job: Job, at: float) -> Iterator[Observation]:
    """What was last said of a target that is not asked for now, said again."""
    for one in job.latest:
        yield replace(one, observed_at=at, received_at=at)
