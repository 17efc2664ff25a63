"""The command role: the engine of warnings, receipts, incidents and reports due, and its runner."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from feeds.bus import Bus
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.engine import run_engine
from feeds.engine.composite import CompositeDomain
from feeds.engine.inbox import Inbox
from feeds.engine.journaled import JournaledEngine
from feeds.incidents.settings import IncidentSettings
from feeds.isolation.cap import CapReader, Parse, parse_in_thread
from feeds.journal import Intake, Journal
from feeds.model import Asset
from feeds.role_status import RoleStatus
from incidents.briefs.domain import BriefDomain
from incidents.briefs.sources import Around
from incidents.campaigns.domain import CampaignDomain
from incidents.exercises.domain import ExerciseDomain
from incidents.handling.domain import IncidentDomain
from incidents.impact.domain import ImpactDomain
from incidents.log.domain import LogDomain
from incidents.marks.domain import MarkDomain
from incidents.plans.domain import PlanDomain
from incidents.plans.proposals import ProposalDomain
from incidents.plans.surroundings import Surroundings
from incidents.receipts.domain import ReceiptDomain
from incidents.reporting.domain import ObligationDomain
from incidents.reporting.policies import PolicyDomain
from incidents.resources.domain import ResourceDomain
from incidents.tasks.domain import TaskDomain
from incidents.warnings.areas import AreaResolver
from incidents.warnings.domain import NAME, WarningDomain
from incidents.warnings.registry import DEFAULT_LIFE, WarningRegistry
from maps.places import PlaceLayer
from maps.regions import table

"""Maximum delay of a warning's end or of a pushed message, seconds."""
DEFAULTS = IncidentSettings()


class CommandEngine(JournaledEngine[CompositeDomain]):
    """The engine of the command role: one transaction for each batch of input of all its domains.

    `site` is the region code of the site.
    """

    def __init__(
        self,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        layers: Sequence[PlaceLayer] = (),
        site: str = "",
        settings: IncidentSettings = DEFAULTS,
        default_life: float = DEFAULT_LIFE,
        reading: Parse = parse_in_thread,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
    ) -> None:
        inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        self.warnings = WarningDomain(
            assets, layers=layers, default_life=default_life, reading=reading, passes=settings.passing
        )
        self.receipts = ReceiptDomain(site, lambda: self.incidents.incidents.values())
        self.policies = PolicyDomain(site)
        self.obligations = ObligationDomain(settings, self.policies.rows)
        self.tasks = TaskDomain(lambda id: self.incidents.incidents.get(id), site, settings)
        self.incidents = IncidentDomain(self.receipts, self.obligations, self.tasks, site, settings)
        self.log = LogDomain(site, settings)
        self.resources = ResourceDomain(self.incidents, settings)
        self.marks = MarkDomain(self.incidents)
        self.impacts = ImpactDomain(self.warnings, self.incidents, self.resources, self.marks, lambda: self._bus)
        around_incidents = Around(
            impact=lambda incident: self.impacts.impacts.get(incident),
            warnings=lambda: self.registry.shown,
            tasks=self.tasks.of,
            resources=lambda: self.resources.resources,
            marks=self.marks.of,
        )
        self.briefs = BriefDomain(self.incidents, self.obligations, around_incidents, site, settings, assets)
        self.plans = PlanDomain(site, settings)
        around = Surroundings(self.warnings, self.receipts, site)
        self.proposals = ProposalDomain(self.incidents, self.plans, self.tasks, around, site, settings)
        self.exercises = ExerciseDomain(self.incidents, self.receipts)
        self.campaigns = CampaignDomain(lambda id: self.exercises.exercises.get(id), site, settings)
        self.exercises.after_stop.append(self.campaigns.exercise_stopped)
        parts = (
            *(self.warnings, self.receipts, self.incidents, self.policies, self.obligations, self.tasks, self.log),
            *(self.resources, self.marks, self.impacts),
            self.briefs,
            *(self.plans, self.proposals, self.exercises, self.campaigns),
        )
        domain = CompositeDomain(NAME, parts)
        super().__init__(domain, journal, clock=clock, inbox=inbox)

    @property
    def registry(self) -> WarningRegistry:
        return self.warnings.registry


class CommandRole:
    """Runs the command role. `default_life` is the duration, in seconds, of a warning without an end.

    `expects_cap`: the site has a source of CAP messages, so their reader is started with the role.
    """

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        layers: Sequence[PlaceLayer] = (),
        settings: IncidentSettings = DEFAULTS,
        default_life: float = DEFAULT_LIFE,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
        status: RoleStatus | None = None,
        expects_cap: bool = False,
    ) -> None:
        self._expects_cap = expects_cap
        self._bus, self._clock, self._intake, self._status = bus, clock, intake, status
        self._reader = CapReader()
        self.engine = CommandEngine(
            journal,
            assets,
            layers=layers,
            site=bus.site,
            settings=settings,
            default_life=default_life,
            reading=self._reader.parse,
            clock=clock,
            intake=intake,
        )

    async def run(self) -> None:
        """Run until cancelled."""
        starting = asyncio.create_task(self._reader.start(), name="cap-reader") if self._expects_cap else None
        try:
            await run_engine(self.engine, self._bus, self._clock, self._status)
        finally:
            if starting is not None:
                starting.cancel()
                await asyncio.gather(starting, return_exceptions=True)
            await self._reader.close()
            if self._intake is not None:
                await self._intake.close()

    async def reload(
        self, assets: Mapping[str, Asset], layers: Sequence[PlaceLayer] = (), settings: IncidentSettings = DEFAULTS
    ) -> None:
        """Count what lies inside by another inventory and other layers, and owe reports by other settings."""
        self.engine.warnings.passes = settings.passing
        self.engine.obligations.use(settings)
        self.engine.tasks.use(settings)
        self.engine.resources.use(settings)
        self.engine.briefs.use(settings, assets)
        self.engine.plans.use(settings)
        self.engine.proposals.use(settings)
        self.engine.warnings.replace(await asyncio.to_thread(AreaResolver, table(), assets.values(), layers))
