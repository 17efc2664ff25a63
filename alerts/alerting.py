"""The alert role's entry: the engine and the sender, together or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from alerts.engine import NAME, AlertEngine
from alerts.outbox import Sender, compile_receivers
from alerts.rules import compile_rules
from alerts.settings import HoldPolicy, ReceiverSettings, RuleSettings
from feeds.bus import Bus
from feeds.clock import Clock, now
from feeds.engine import run_engine
from feeds.inbox import Inbox
from feeds.journal import Intake, Journal


class Alerting:
    """Runs the alert role. RuleError or ReceiverError when the settings cannot be used."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        rules: Sequence[RuleSettings],
        receivers: Sequence[ReceiverSettings],
        site_name: str,
        clock: Clock = now,
        *,
        policy: HoldPolicy | None = None,
        sample: float = 0.0,
        intake: Intake | None = None,
    ) -> None:
        self._bus, self._clock, self._intake = bus, clock, intake
        compiled, webhooks = compile_rules(rules), compile_receivers(receivers)
        self._sender = Sender(journal, webhooks, clock=clock)
        inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        self.engine = AlertEngine(
            journal, compiled, receivers, site_name, clock=clock, wake=self._sender.wake, policy=policy, sample=sample,
            inbox=inbox,
        )

    async def run(self) -> None:
        """Until cancelled; when either part fails the other ends too, and the error is raised in a group."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(run_engine(self.engine, self._bus, self._clock), name="alerts.engine")
                tasks.create_task(self._sender.run(), name="alerts.outbox")
        finally:
            if self._intake is not None:
                await self._intake.close()

    async def reload(
        self, rules: Sequence[RuleSettings], receivers: Sequence[ReceiverSettings], *, sample: float = 0.0,
        policy: HoldPolicy | None = None,
    ) -> None:
        """Other rules and receivers from the next step on; RuleError or ReceiverError leaves the running ones."""
        compiled, webhooks = compile_rules(rules), compile_receivers(receivers)
        self.engine.replace(compiled, receivers, sample=sample, policy=policy)
        self._sender.replace(webhooks)
