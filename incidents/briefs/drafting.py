"""Drafting: a new brief with its generated blocks, and generating them anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from feeds.engine.requests import Asking
from feeds.incidents.settings import IncidentSettings
from feeds.model import Asset, Command, Outcome
from feeds.model.briefs import BRIEF_KINDS, BRIEF_STEPS, OUT_STATES, Brief, BriefBlock
from feeds.model.incidents import MODES, Incident
from feeds.regions import covers
from feeds.texts.catalogue import text
from incidents.briefs import sources
from incidents.briefs.blocks import (
    CHINESE,
    IncidentPicture,
    about_incident,
    figures_said,
    of_people,
    regenerated,
    with_words,
)
from incidents.briefs.daily import DailyPicture, daily
from incidents.briefs.floor import floor
from incidents.briefs.orders import changed
from incidents.handling.domain import IncidentDomain
from incidents.lookups import find_incident
from incidents.refusals import OrderRefused

DAY = 86_400.0


class Drafting:
    """Makes briefs from what the journal and the incidents in memory say."""

    def __init__(
        self,
        incidents: IncidentDomain,
        around: sources.Around,
        site: str,
        settings: IncidentSettings,
        assets: Mapping[str, Asset],
    ) -> None:
        self._incidents, self._around, self._incident_settings = incidents, around, settings
        self._zone, self._settings = settings.zone, settings.briefs
        self._site, self._assets = site, assets

    def drafted(self, command: Command, site: str, others: Sequence[Brief], now: float) -> Asking[Brief]:
        """A new brief without its id. `others` are those that there are. Raises OrderRefused."""
        args = command.args
        kind, step = str(args.get("kind", "")), str(args.get("step") or "")
        if kind not in BRIEF_KINDS:
            raise OrderRefused("unknown_kind")
        if kind == "special" and (step not in BRIEF_STEPS or not args.get("incident")):
            raise OrderRefused("missing:step" if args.get("incident") else "missing:incident")
        incident = yield from self._about(command)
        mode = incident.mode if incident is not None else str(args.get("mode") or "real")
        if mode not in MODES:
            raise OrderRefused("mode")
        end = float(args.get("period_end") or now)
        brief = Brief(
            id="",
            mode=mode,
            kind=kind,
            step=step if kind == "special" else "",
            incident=incident.id if incident is not None else "",
            region=incident.region if incident is not None else command.actor_region or site,
            title="",
            to=tuple(map(str, args.get("to") or self._settings.to)),
            cc=tuple(map(str, args.get("cc") or ())),
            created_by=command.actor,
            created_at=now,
            changed_at=now,
            period_start=float(args.get("period_start") or end - DAY) if kind == "daily" else None,
            period_end=end if kind == "daily" else None,
        )
        brief = replace(brief, ordinal=_ordinal(brief, others))
        brief = replace(brief, title=str(args.get("title") or self._title(brief, incident)))
        blocks = with_words((yield from self._blocks(brief, others, now)), _latest_blocks(brief, others))
        return replace(brief, blocks=blocks, basis=(yield from sources.head()))

    def _about(self, command: Command) -> Asking[Incident | None]:
        id = str(command.args.get("incident") or "")
        if not id:
            return None
        incident = yield from find_incident(id, self._incidents.incidents)
        if not covers(command.actor_region, incident.region):
            raise OrderRefused("region", Outcome.FORBIDDEN)
        return incident

    def generated(self, brief: Brief, others: Sequence[Brief], now: float) -> Asking[Brief]:
        """The brief with its generated blocks made anew. The words of people stay.

        A daily brief of a day that was not over then reaches to the end of its day, or to now.
        """
        if brief.kind == "daily" and brief.period_start is not None and brief.period_end is not None:
            end = min(brief.period_start + DAY, now)
            brief = replace(brief, period_end=max(brief.period_end, end))
        fresh = yield from self._blocks(brief, others, now)
        blocks, basis = regenerated(brief.blocks, fresh), (yield from sources.head())
        return changed(brief, "", now, blocks=blocks, basis=basis)

    def _blocks(self, brief: Brief, others: Sequence[Brief], now: float) -> Asking[tuple[BriefBlock, ...]]:
        if brief.kind == "daily":
            return (yield from self._daily(brief))
        if not brief.incident:
            return of_people(brief.kind)
        incident = yield from find_incident(brief.incident, self._incidents.incidents)
        before = figures_said(_latest_blocks(brief, others))
        picture = IncidentPicture(
            incident=incident,
            evidence=(yield from sources.evidence_of(incident)),
            receipts=(yield from sources.receipts_of(incident)),
            before=before,
            handled=(yield from sources.handled_of(incident, self._around, before, self._incident_settings, now)),
            person=(yield from sources.person_names()),
            zone=self._zone,
            now=now,
        )
        return about_incident(picture, brief.kind)

    def _daily(self, brief: Brief) -> Asking[tuple[BriefBlock, ...]]:
        start, end = brief.period_start or 0.0, brief.period_end or 0.0
        concerned = [
            incident
            for incident in self._incidents.incidents.values()
            if incident.mode == brief.mode
            and covers(brief.region, incident.region)
            and incident.received_at < end
            and (incident.open or incident.phase_at >= start)
        ]
        concerned.sort(key=lambda incident: (incident.received_at, incident.id))
        incidents = []
        for incident in concerned:
            incidents.append((incident, (yield from sources.evidence_of(incident))))
        reports = yield from sources.reports_of(concerned, start, end)
        about_incidents = daily(DailyPicture(incidents=incidents, reports=reports, start=start, end=end))
        if brief.mode != "real":
            return about_incidents
        *others, attention = about_incidents
        return (*others, *floor((yield from sources.floor_of(brief, self._site, self._assets, self._zone))), attention)

    def _title(self, brief: Brief, incident: Incident | None) -> str:
        if brief.kind == "daily":
            day = datetime.fromtimestamp(brief.period_start or 0.0, self._zone)
            return text("briefs.title.daily", CHINESE, date=f"{day.year}年{day.month}月{day.day}日")
        about = incident.title if incident is not None else ""
        if brief.kind == "bulletin":
            return (
                text("briefs.title.bulletin", CHINESE, about=about) if about else text("briefs.kind.bulletin", CHINESE)
            )
        step = text(f"incidents.step.{brief.step}", CHINESE)
        ordinal = text("briefs.ordinal", CHINESE, n=brief.ordinal) if brief.step == "follow-up" else ""
        return text("briefs.title.special", CHINESE, about=about, step=f"{step}{ordinal}")


def _ordinal(brief: Brief, others: Sequence[Brief]) -> int:
    """Which follow-up report of its incident a brief is, from 1; 0 for another step."""
    if brief.step != "follow-up":
        return 0
    return 1 + sum(
        other.incident == brief.incident and other.step == brief.step and other.state in OUT_STATES for other in others
    )


def _latest_blocks(brief: Brief, others: Sequence[Brief]) -> tuple[BriefBlock, ...]:
    """The blocks of the last signed brief of the same kind about the same incident, () without one."""
    earlier = [
        other
        for other in others
        if brief.incident
        and other.id != brief.id
        and (other.incident, other.kind) == (brief.incident, brief.kind)
        and other.state in OUT_STATES
    ]
    latest = max(earlier, key=lambda other: (other.signatures[0].at, other.id), default=None)
    return latest.blocks if latest is not None else ()
