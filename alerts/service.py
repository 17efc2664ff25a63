"""The alert role's entry: the engine and the sender, together or not at all."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from alerts.engine.loop import NAME, AlertEngine
from alerts.handover_watch import HandoverWatch
from alerts.notify.retention import OutboxRetention
from alerts.notify.sender import Sender
from alerts.receiver_watch import ReceiverWatch
from alerts.receivers.base import ReceiverError, ReceiverTarget
from alerts.receivers.catalogue import SiteDefaults, compile_receiver, compile_receivers
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import NamedSources
from alerts.settings import EscalationSettings, HoldPolicy, OutboxSettings, ReceiverSettings, RuleSettings
from feeds.bus import Bus
from feeds.clock import Clock, now
from feeds.duty.handover import HandoverSettings
from feeds.engine import run_engine
from feeds.engine.inbox import Inbox
from feeds.journal import Intake, Journal
from feeds.role_status import RoleStatus

log = logging.getLogger(__name__)


class AlertService:
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
        escalations: Sequence[EscalationSettings] = (),
        site_defaults: SiteDefaults | None = None,
        outbox: OutboxSettings | None = None,
        handover: HandoverSettings | None = None,
        named_sources: NamedSources | None = None,
        status: RoleStatus | None = None,
    ) -> None:
        self._status = status or RoleStatus()
        self._bus, self._clock, self._intake = bus, clock, intake
        self._site_defaults = site_defaults or SiteDefaults()
        compiled = compile_rules(rules)
        self._usable(receivers)
        self._sender = Sender(journal, clock=clock)
        self._pruner = OutboxRetention(journal, clock, outbox)
        inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        self.engine = AlertEngine(
            journal,
            compiled,
            receivers,
            site_name,
            clock=clock,
            wake=self._sender.wake,
            policy=policy,
            sample=sample,
            inbox=inbox,
            escalations=escalations,
            site_defaults=self._site_defaults,
            on_receivers_changed=self._send_to,
            on_clock_set=self._sender.clock_stepped,
            named_sources=named_sources,
        )
        self._watch = (
            HandoverWatch(journal, intake, NAME, lambda: self.engine.core.alerts.values(), bus.site, clock, handover)
            if intake is not None
            else None
        )
        self._receiver_watch = (
            ReceiverWatch(
                journal,
                intake,
                NAME,
                lambda: self.engine.core.alerts.values(),
                lambda: [receiver.id for receiver in self.engine.people.receivers],
                bus.site,
                clock,
                outbox,
            )
            if intake is not None
            else None
        )
        self._status.add_condition(lambda: self.engine.book.out(self._site_defaults.language))
        self._status.add_condition(lambda: journal.set_aside.words(self._site_defaults.language))

    async def run(self) -> None:
        """Until cancelled; when either part fails the other ends too, and the error is raised in a group."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(
                    run_engine(self.engine, self._bus, self._clock, self._status), name="alerts.engine.loop"
                )
                tasks.create_task(self._sender.run(), name="alerts.notify.sender")
                tasks.create_task(self._pruner.run(), name="alerts.notify.retention")
                if self._watch is not None:
                    tasks.create_task(self._watch.run(), name="alerts.handover")
                if self._receiver_watch is not None:
                    tasks.create_task(self._receiver_watch.run(), name="alerts.receivers.catalogue")
        finally:
            if self._intake is not None:
                await self._intake.close()

    async def reload(
        self,
        rules: Sequence[RuleSettings],
        receivers: Sequence[ReceiverSettings],
        *,
        sample: float = 0.0,
        policy: HoldPolicy | None = None,
        escalations: Sequence[EscalationSettings] = (),
        outbox: OutboxSettings | None = None,
        handover: HandoverSettings | None = None,
        named_sources: NamedSources | None = None,
    ) -> None:
        """Other rules and receivers from the next step on; RuleError or ReceiverError leaves the running ones."""
        compiled = compile_rules(rules)
        self._usable(receivers)
        self.engine.replace(
            compiled, receivers, sample=sample, policy=policy, escalations=escalations, named_sources=named_sources
        )
        self._pruner.settings = outbox or OutboxSettings()
        if self._watch is not None:
            self._watch.settings = handover or HandoverSettings()
        if self._receiver_watch is not None:
            self._receiver_watch.settings = outbox or OutboxSettings()

    def _usable(self, receivers: Sequence[ReceiverSettings]) -> None:
        for target in compile_receivers(receivers, self._site_defaults).values():
            target.close()

    def _send_to(self, receivers: Sequence[ReceiverSettings]) -> None:
        """The file's receivers and those made here. One that cannot be used any more stops none of the others."""
        targets: dict[str, ReceiverTarget] = {}
        for settings in receivers:
            try:
                targets[settings.id] = compile_receiver(settings, self._site_defaults)
            except ReceiverError as error:
                log.error("%s: nothing is sent to it", error)
        self._sender.replace(targets, receivers)
