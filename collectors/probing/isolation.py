"""Isolation of the collector itself: while it has no network, a missing answer does not show that a target is down.

`[collect] reference` names targets that always answer, such as a gateway. Before a target is reported as down, one of
them must answer, which takes as long as a ping. When none does, the collector is isolated. Its heartbeat
`network.reference` then reports that, and targets that it cannot reach are unknown, not down.
The isolation ends when reference targets have answered SETTLED times in a row.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from collectors import registry
from collectors.contract import Poller, Target
from collectors.errors import AuthFailed, CollectorError, NotReady, Reason
from collectors.probing import retries, verdicts
from collectors.settings import Credential
from feeds.clock import Clock
from feeds.model import REFERENCE, Heartbeat

TIMEOUT, ATTEMPTS = 0.25, 3
"""Timeout in seconds, and attempts. With the repeats (retries.REPEAT_BUDGET) a check ends within 0.95 s."""
CHECK_EVERY = 1.0
"""Seconds between two checks of the reference targets."""
ANSWER_VALID = 0.2
"""Seconds for which an answer of a reference target shows that the collector is connected."""
GAP = 1.3
"""Seconds without an answer of any reference target. Targets that failed during such a gap are polled again."""
SETTLED = 3
"""Consecutive answers that end an isolation."""
NO_ANSWER = frozenset((Reason.TIMEOUT, Reason.UNREACHABLE, Reason.UNRESOLVED))
"""Reasons that a collector without network may see. Every other reason comes from an answer."""

log = logging.getLogger(__name__)


class CutOff(Exception):
    """The state of a target is unknown because the collector itself is isolated."""


class FailureCause(StrEnum):
    """The cause of a failed round: the target, the collector, or uncertain after a short loss of the network."""

    TARGET = "target"
    COLLECTOR = "collector"
    UNCERTAIN = "uncertain"


class Isolation:
    """Watches the reference targets. `changed` is called when an isolation begins and when it ends.

    `clock` gives epoch seconds. `on` is True while the collector is isolated.
    """

    def __init__(self, site: str, clock: Clock, changed: Callable[[], None]) -> None:
        self._site = site
        self._clock = clock
        self._changed = changed
        self._targets: tuple[Target, ...] = ()
        self._pollers: dict[type[Poller], Poller] = {}
        self._check: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._answered_at = float("-inf")
        self._gap_ended = float("-inf")
        self._consecutive = 0
        self._missing = 0
        self._problem = ""
        self.on = False

    def update(self, uris: Iterable[str], credentials: Mapping[str, Credential]) -> None:
        """Apply settings. Without reference targets the collector is never isolated."""
        targets = tuple(registry.target_of(uri, timeout=TIMEOUT, credentials=credentials) for uri in uris)
        if targets == self._targets:
            return
        self._targets = targets
        if not targets and self.on:
            self._set(False)
        self._wake.set()

    async def cause_of(self, error: NotReady, began: float) -> FailureCause:
        """The cause of a failed round. `began` is the round's begin in loop time. Returns within a second."""
        if not self._targets or error.reason not in NO_ANSWER:
            return FailureCause.TARGET
        if not self.on and asyncio.get_running_loop().time() - self._answered_at > ANSWER_VALID:
            await self._await_check()
        if self.on:
            return FailureCause.COLLECTOR
        return FailureCause.UNCERTAIN if began < self._gap_ended else FailureCause.TARGET

    async def run(self) -> None:
        """Check the reference targets until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._wake.clear()
                if not self._targets:
                    await self._wake.wait()
                    continue
                began = loop.time()
                await self._await_check()
                try:
                    async with asyncio.timeout_at(began + CHECK_EVERY):
                        await self._wake.wait()
                except TimeoutError:
                    pass  # the next check is due
        finally:
            if self._check is not None:
                self._check.cancel()
                await asyncio.gather(self._check, return_exceptions=True)
            for poller in self._pollers.values():
                await poller.close()
            self._pollers.clear()

    async def _await_check(self) -> None:
        """Wait for the running check, or start one: callers share it."""
        if self._check is None or self._check.done():
            self._check = asyncio.create_task(self._check_targets(), name="reference targets")
        await asyncio.shield(self._check)

    async def _check_targets(self) -> None:
        """Poll all reference targets. The first answer is enough."""
        polls = [asyncio.create_task(self._answers(target)) for target in self._targets]
        missing = unknown = 0
        try:
            for poll in asyncio.as_completed(polls):
                answers = await poll
                if answers:
                    self._note_answer()
                    self._problem, self._missing = "", missing
                    self._consecutive += 1
                    if self.on and self._consecutive >= SETTLED:
                        self._set(False)
                    return
                missing, unknown = missing + 1, unknown + (answers is None)
        finally:
            for task in polls:
                task.cancel()
            await asyncio.gather(*polls, return_exceptions=True)
        self._consecutive, self._missing = 0, missing
        if not self.on and missing > unknown:
            self._set(True)

    def _note_answer(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._answered_at > GAP:
            self._gap_ended = now
        self._answered_at = now

    async def _answers(self, target: Target) -> bool | None:
        """True when the target answers. None when it cannot be polled."""
        cls = registry.poller_class(target.scheme)
        if cls not in self._pollers:
            self._pollers[cls] = cls()
        try:
            await retries.probe(self._pollers[cls], target, ATTEMPTS)
        except NotReady as error:
            return error.reason not in NO_ANSWER
        except AuthFailed:
            return True
        except CollectorError as error:
            self._problem = verdicts.sentence(error)
            return None
        return True

    def _set(self, on: bool) -> None:
        self.on, self._consecutive = on, 0
        if on:
            log.warning("isolated: no reference target answers")
        else:
            log.info("reference targets answer again")
        self._changed()

    def heartbeat(self, at: float, every: float) -> Heartbeat | None:
        """The heartbeat of the reference targets, None without any."""
        if not self._targets:
            return None
        error = _isolated(self._targets) if self.on else self._problem
        return Heartbeat(
            source=REFERENCE,
            kind=REFERENCE,
            at=at,
            ok=not error,
            every=every,
            error=error,
            region=self._site,
            targets=len(self._targets),
            failing=self._missing,
        )


def _isolated(targets: Iterable[Target]) -> str:
    hosts = ", ".join(target.uri.partition("?")[0] for target in targets)[:200]
    return (
        f"采集器被隔离：参考目标均无应答（{hosts}）；够不着的资产显示为未知。请检查采集器自身的网络"
        f" | isolated: no reference target answers ({hosts}); what it cannot reach is unknown. Check its own network"
    )
