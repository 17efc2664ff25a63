"""Is it the others, or is it us? When the collector is cut off, silence says nothing about its targets.

`[collect] reference` names targets that always answer (a gateway, the core). A failure is held until it is known that
one of them answers now, which takes as long as a ping; when none does, the collector is isolated: it says so as the
source `network.reference`, and what it cannot reach is unknown, not down. It is back when they have answered SETTLED
times in a row.
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
"""Seconds of the first try; with the repeats (attempts.REPEAT_BUDGET) a look ends within 0.95 s."""
LOOK_EVERY = 1.0
YOUNG = 0.2
"""Seconds for which an answer of a reference target proves that we are connected."""
GAP = 1.3
"""Seconds without an answer of any reference target after which what failed meanwhile is asked once more."""
SETTLED = 3
SILENT = frozenset((Reason.TIMEOUT, Reason.UNREACHABLE, Reason.UNRESOLVED))
"""What a target may look like when nothing reaches it. Every other answer came from somebody."""

log = logging.getLogger(__name__)


class CutOff(Exception):
    """Nothing can be said of a target: the collector itself is out of touch."""


class Fault(StrEnum):
    """Whose fault a failure is: the target's, ours, or nobody can tell, because we were out of touch for a moment."""

    THEIRS = "theirs"
    OURS = "ours"
    DOUBTFUL = "doubtful"


class Isolation:
    """`changed` is called when it begins and when it ends; `clock` gives epoch seconds."""

    def __init__(self, site: str, clock: Clock, changed: Callable[[], None]) -> None:
        self._site = site
        self._clock = clock
        self._changed = changed
        self._targets: tuple[Target, ...] = ()
        self._pollers: dict[type[Poller], Poller] = {}
        self._looking: asyncio.Task[None] | None = None
        self._some = asyncio.Event()
        self._answered_at = float("-inf")
        self._gap_ended = float("-inf")
        self._good = 0
        self._missing = 0
        self._problem = ""
        self.on = False

    def update(self, uris: Iterable[str], credentials: Mapping[str, Credential]) -> None:
        """Take settings over; without reference targets nobody is ever isolated."""
        targets = tuple(registry.target_of(uri, timeout=TIMEOUT, credentials=credentials) for uri in uris)
        if targets == self._targets:
            return
        self._targets = targets
        if not targets and self.on:
            self._turn(False)
        self._some.set()

    async def fault(self, error: NotReady, began: float) -> Fault:
        """Whose fault it is that a round which began then (loop time) failed so. Answers within a second."""
        if not self._targets or error.reason not in SILENT:
            return Fault.THEIRS
        if not self.on and asyncio.get_running_loop().time() - self._answered_at > YOUNG:
            await self._look()
        if self.on:
            return Fault.OURS
        return Fault.DOUBTFUL if began < self._gap_ended else Fault.THEIRS

    async def run(self) -> None:
        """Looks for ever, as long as there are reference targets."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._some.clear()
                if not self._targets:
                    await self._some.wait()
                    continue
                began = loop.time()
                await self._look()
                try:
                    async with asyncio.timeout_at(began + LOOK_EVERY):
                        await self._some.wait()
                except TimeoutError:
                    pass  # time for the next look
        finally:
            if self._looking is not None:
                self._looking.cancel()
                await asyncio.gather(self._looking, return_exceptions=True)
            for poller in self._pollers.values():
                await poller.close()
            self._pollers.clear()

    async def _look(self) -> None:
        """One look for everybody who waits for it."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._ask(), name="reference targets")
        await asyncio.shield(self._looking)

    async def _ask(self) -> None:
        """Asks all; the first answer is enough."""
        asked = [asyncio.create_task(self._answers(target)) for target in self._targets]
        missing = unknown = 0
        try:
            for done in asyncio.as_completed(asked):
                answers = await done
                if answers:
                    self._answered()
                    self._problem, self._missing = "", missing
                    self._good += 1
                    if self.on and self._good >= SETTLED:
                        self._turn(False)
                    return
                missing, unknown = missing + 1, unknown + (answers is None)
        finally:
            for task in asked:
                task.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
        self._good, self._missing = 0, missing
        if not self.on and missing > unknown:
            self._turn(True)

    def _answered(self) -> None:
        moment = asyncio.get_running_loop().time()
        if moment - self._answered_at > GAP:
            self._gap_ended = moment
        self._answered_at = moment

    async def _answers(self, target: Target) -> bool | None:
        """Whether anybody answers there; None when it cannot be asked."""
        cls = registry.poller_class(target.scheme)
        if cls not in self._pollers:
            self._pollers[cls] = cls()
        try:
            await retries.probe(self._pollers[cls], target, ATTEMPTS)
        except NotReady as error:
            return error.reason not in SILENT
        except AuthFailed:
            return True
        except CollectorError as error:
            self._problem = verdicts.sentence(error)
            return None
        return True

    def _turn(self, on: bool) -> None:
        self.on, self._good = on, 0
        if on:
            log.warning("isolated: no reference target answers")
        else:
            log.info("reference targets answer again")
        self._changed()

    def heartbeat(self, at: float, every: float) -> Heartbeat | None:
        """How the reference targets do; None when there are none."""
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
    some = ", ".join(target.uri.partition("?")[0] for target in targets)[:200]
    return (
        f"采集器被隔离：参考目标均无应答（{some}）；够不着的资产显示为未知。请检查采集器自身的网络"
        f" | isolated: no reference target answers ({some}); what cannot be reached is unknown. Check our own network"
    )
