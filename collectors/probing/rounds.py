"""One round of a probe: poll, decide whose failure it is, and update the job. Gives the observations to publish."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from collectors.contract import Measurement, Poller, Target
from collectors.errors import CollectorError, NotReady
from collectors.jobs import Job
from collectors.probing import retries, verdicts
from collectors.probing.isolation import CutOff, FailureCause, Isolation
from feeds.clock import Clock
from feeds.model import Observation

LOCKOUT_FIRST, LOCKOUT_LAST = 30.0, 600.0
"""Seconds without polling after a credential failed, doubling, so that no account is locked."""

log = logging.getLogger(__name__)
PolledCallback = Callable[[str, Sequence[Measurement], float], object]
"""Called with an asset, its measurements, and when the poll began (epoch seconds)."""


class ProbeRounds:
    """Runs rounds of probes. `clock` gives epoch seconds. `polled` is called after each successful poll."""

    def __init__(self, isolation: Isolation, clock: Clock, polled: PolledCallback) -> None:
        self._isolation = isolation
        self._clock = clock
        self._polled = polled

    async def run(self, job: Job, poller: Poller | None) -> tuple[Observation, ...]:
        """Poll the job's target. `poller` is None for a probe that cannot work. Raises nothing for a failed target."""
        spec = job.spec
        try:
            if spec.problem is not None:
                raise spec.problem
            assert poller is not None
            assert spec.target is not None
            if job.locked_until > asyncio.get_running_loop().time():
                return tuple(_repeated(job, self._clock()))
            began = self._clock()
            measurements = await self._poll(job, poller, spec.target)
            self._polled(spec.asset, measurements, began)
        except CutOff:
            job.cut_off = True
            return verdicts.cut_off(spec, self._clock())
        except CollectorError as error:
            return self._failed(job, error)
        except Exception as error:  # one faulty collector must not stop the others: it is shown and logged
            if not job.failing:
                log.exception("the collector itself failed", extra={"asset": spec.asset, "probe": spec.probe})
            return self._failed(job, verdicts.broken(error), logged=True)
        return self._succeeded(job, verdicts.answered(spec, measurements, self._clock()))

    async def _poll(self, job: Job, poller: Poller, target: Target) -> Sequence[Measurement]:
        """Poll once, and again when the collector lost its network meanwhile. Raises CollectorError, CutOff."""
        # A target known to be down gets a single attempt, so that it costs no more than one that is up.
        attempts = 1 if job.up is False else job.spec.settings.attempts
        for last in (False, True):
            began = asyncio.get_running_loop().time()
            try:
                return await retries.probe(poller, target, attempts, retries.budget(target.timeout))
            except NotReady as error:
                cause = await self._isolation.cause_of(error, began)
                if cause is FailureCause.TARGET or (last and cause is FailureCause.UNCERTAIN):
                    raise
                if cause is FailureCause.COLLECTOR:
                    break
        raise CutOff

    def _succeeded(self, job: Job, observations: tuple[Observation, ...]) -> tuple[Observation, ...]:
        if job.failing:
            log.info("probe back", extra={"asset": job.spec.asset, "probe": job.spec.probe})
        job.up, job.failing, job.cut_off, job.lockouts = True, False, False, 0
        return observations

    def _failed(self, job: Job, error: CollectorError, *, logged: bool = False) -> tuple[Observation, ...]:
        if not job.failing and not logged:
            extra = {"asset": job.spec.asset, "probe": job.spec.probe, "reason": error.en}
            log.warning("probe lost", extra=extra)
        job.failing, job.cut_off = True, False
        job.up = False if isinstance(error, NotReady) else None
        if verdicts.is_lockout(error):
            pause = min(LOCKOUT_FIRST * 2**job.lockouts, LOCKOUT_LAST)
            job.lockouts += 1
            job.locked_until = asyncio.get_running_loop().time() + pause
        return verdicts.failed(job.spec, error, self._clock())


def _repeated(job: Job, at: float) -> Iterator[Observation]:
    """The last observations of a target that is not polled now, with new times."""
    for observation in job.latest:
        yield replace(observation, observed_at=at, received_at=at)
