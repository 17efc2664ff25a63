"""The settings of a site: `watchfloor.toml`, read strictly, with all its findings at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from alerts.sampling import SampleTimes
from alerts.settings import HoldPolicy, OutboxSettings, RuleSettings
from api.settings import IngestSettings, LoadSettings, SiteInfo, WebSettings
from collectors.network.snmp.profile import use_site
from collectors.settings import Credential, SchemeSettings, SourceSettings
from feeds.cases.sealing import FILE
from feeds.cases.settings import ApprovalsSettings
from feeds.documents.escalations import EscalationSettings
from feeds.documents.receivers import ReceiverSettings
from feeds.duty.handover import HandoverSettings
from feeds.findings import Finding, InFile
from feeds.history.settings import HistorySettings
from feeds.incidents.passing import Passing
from feeds.incidents.settings import IncidentSettings
from feeds.key_files import JOURNAL_KEY
from maps.places import PlaceLayer
from watchfloor.settings import people, server
from watchfloor.settings import watched as sections
from watchfloor.settings.approvals import approvals as approvals_section
from watchfloor.settings.briefs import briefs
from watchfloor.settings.findings import SettingsError, make
from watchfloor.settings.incidents import REPORTING
from watchfloor.settings.incidents import incidents as incidents_section
from watchfloor.settings.layers import layers
from watchfloor.settings.lines import Lines
from watchfloor.settings.passing import pass_on_rules
from watchfloor.settings.plans import plan_files
from watchfloor.settings.promotions import promotions
from watchfloor.settings.reader import SettingSpec, SettingsReport, SettingsTable
from watchfloor.settings.references import References
from watchfloor.settings.toml_file import document_of, text_of
from watchfloor.settings.units import unit_register

__all__ = ["Draft", "Settings", "SettingsError", "load", "read", "read_text", "setting_specs"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings of a site. Paths are absolute, durations are seconds, and `repr` shows no secrets.

    `text` is the content of the file.
    `references` is the content of the files that it refers to (certificates, keys, `file:` secrets).
    `removal_guard` is in percent, see watchfloor/settings/removal_guard.py.
    """

    path: Path
    text: str = field(default="", repr=False, compare=False)
    references: dict[Path, bytes] = field(default_factory=dict, repr=False, compare=False)
    site: SiteInfo
    data: Path
    inventory: tuple[Path, ...]
    removal_guard: float = 10.0
    redis_url: str = field(default="embedded", repr=False)
    journal_url: str = field(default="embedded", repr=False)
    journal_key: Path | None = None
    history: HistorySettings = field(default_factory=HistorySettings)
    web: WebSettings = field(default_factory=WebSettings)
    ingest: IngestSettings = field(default_factory=IngestSettings)
    load: LoadSettings = field(default_factory=LoadSettings)
    credentials: dict[str, Credential] = field(default_factory=dict)
    schemes: dict[str, SchemeSettings] = field(default_factory=dict)
    reference: tuple[str, ...] = ()
    sources: tuple[SourceSettings, ...] = ()
    rules: tuple[RuleSettings, ...] = ()
    receivers: tuple[ReceiverSettings, ...] = ()
    escalations: tuple[EscalationSettings, ...] = ()
    root_cause: HoldPolicy = field(default_factory=HoldPolicy)
    outbox: OutboxSettings = field(default_factory=OutboxSettings)
    handover: HandoverSettings = field(default_factory=HandoverSettings)
    layers: tuple[PlaceLayer, ...] = field(default=(), repr=False)
    approvals: ApprovalsSettings = field(default_factory=ApprovalsSettings)
    incidents: IncidentSettings = field(default_factory=lambda: IncidentSettings(reporting=REPORTING), repr=False)

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the site's times."""
        return ZoneInfo(self.site.timezone)

    @property
    def uses_approvals(self) -> bool:
        """True for a site with sources of cases or settings about them."""
        return self.approvals != ApprovalsSettings() or any(source.approvals for source in self.sources)

    @property
    def sample(self) -> SampleTimes:
        """The times between two samples of one asset."""
        return sections.sample(self.schemes)

    def scheme(self, name: str) -> SchemeSettings:
        """The settings of the probes of one scheme."""
        return self.schemes.get(name, SchemeSettings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file as far as it could be read. `settings` is None when it is not TOML, and must not be used with errors.

    `unknown` and `unusable`: see watchfloor.settings.references.
    """

    settings: Settings | None
    findings: tuple[Finding[InFile], ...]
    lines: Lines
    unknown: tuple[Path, ...] = ()
    unusable: tuple[Path, ...] = ()


def load(path: Path) -> Settings:
    """The settings in `path`. Raises SettingsError with every finding when one of them is an error."""
    draft = read(path)
    if draft.settings is None or any(finding.error for finding in draft.findings):
        raise SettingsError(draft.findings)
    return draft.settings


def read(path: Path) -> Draft:
    """The settings with all findings; never raises for the content of a file."""
    path = path.absolute()
    try:
        text = text_of(path)
    except SettingsError as error:
        return _unreadable(error.findings[0])
    return read_text(text, path)


def read_text(text: str, path: Path, substitutes: Mapping[Path, Path] | None = None) -> Draft:
    """Like `read()`, from text already loaded. `substitutes` maps files that it refers to onto copies to read."""
    try:
        document = document_of(text, path)
    except SettingsError as error:
        return _unreadable(error.findings[0])
    report = SettingsReport(path=path, lines=Lines(text), references=References(substitutes))
    for fault in use_site(path.parent / PROFILES):
        report.findings.append(make("profile", file=PROFILES, detail=str(fault)))
    settings = _settings(SettingsTable(document, (), report), path)
    findings = tuple(sorted(report.findings, key=lambda finding: finding.where.line))
    return Draft(
        settings=replace(settings, text=text, references=report.references.contents),
        findings=findings,
        lines=report.lines,
        unknown=tuple(report.references.unknown),
        unusable=tuple(report.references.unusable),
    )


PROFILES = "profiles"
"""The folder of the site's own SNMP profiles, beside the settings file."""
T = TypeVar("T")


def _section(top: SettingsTable, name: str, read_table: Callable[[SettingsTable], T]) -> T:
    """The settings of one section of the file."""
    with top.table(name) as table:
        return read_table(table)


def _with_files(
    sources: tuple[SourceSettings, ...], approvals: ApprovalsSettings, data: Path
) -> tuple[SourceSettings, ...]:
    """Sources of cases with this site's files: the key of personal values, and where each keeps its position."""
    key = approvals.key if approvals.key is not None else data / "keys" / FILE
    return tuple(
        source
        if source.approvals is None
        else replace(
            source, approvals=replace(source.approvals, key=key, state=data / "run" / f"source-{source.id}.json")
        )
        for source in sources
    )


def _incidents(top: SettingsTable, site: SiteInfo, receiver_ids: Collection[str]) -> IncidentSettings:
    incidents = _section(top, "incidents", partial(incidents_section, timezone=site.timezone))
    passing = Passing(site=site.name, rules=pass_on_rules(top.tables("pass_on"), receiver_ids))
    units = unit_register(top.tables("unit"))
    plans, findings = plan_files(top.folder, top.references, tuple(units) or None)
    top.remark(findings)
    promoted = promotions(top.tables("promote"))
    incidents = replace(incidents, units=units, plans=plans, briefs=_section(top, "briefs", briefs))
    return replace(incidents, promotions=promoted, passing=passing)


def _settings(top: SettingsTable, path: Path) -> Settings:
    with top.table("site") as table:
        info, data, inventory = server.site(table)
        removal_guard = table.number("removal_guard", 10.0, 0.0, 100.0)
    redis_url = _section(top, "redis", server.redis_url)
    journal_url, journal_key = _section(top, "journal", server.journal)
    history = _section(top, "history", server.history)
    web = _section(top, "web", server.web)
    ingest, targets = _section(top, "ingest", server.ingest), _section(top, "load", server.load)
    credentials = _section(top, "credentials", sections.credentials)
    schemes = _section(top, "defaults", sections.defaults)
    with top.table("collect") as table:
        reference = sections.reference(table, credentials)
    sources = sections.sources(top.tables("source"), credentials, info.region)
    rules = sections.rules(top.tables("rule"), sections.sample(schemes))
    receivers = people.receivers(top.tables("receiver"))
    receiver_ids = [receiver.id for receiver in receivers]
    escalations = people.escalations(top.tables("escalation"), receiver_ids)
    root_cause = _section(top, "root_cause", sections.root_cause)
    outbox, handover = _section(top, "outbox", people.outbox), _section(top, "handover", people.handover)
    places, approvals = layers(top.tables("layer")), _section(top, "approvals", approvals_section)
    incidents = _incidents(top, info, receiver_ids)
    top.done()
    return Settings(
        path=path,
        site=info,
        data=data,
        inventory=inventory,
        removal_guard=removal_guard,
        redis_url=redis_url,
        journal_url=journal_url,
        journal_key=journal_key if journal_key is not None else data / "keys" / JOURNAL_KEY,
        history=history,
        web=web,
        ingest=ingest,
        load=targets,
        credentials=credentials,
        schemes=schemes,
        reference=reference,
        sources=_with_files(sources, approvals, data),
        rules=rules,
        receivers=receivers,
        escalations=escalations,
        root_cause=root_cause,
        outbox=outbox,
        handover=handover,
        layers=places,
        incidents=incidents,
        approvals=approvals,
    )


def setting_specs(text: str) -> list[SettingSpec]:
    """Every setting that the sections read from the text of a file, in their order.

    Tables of an array are included only when the text has one.
    """
    report = SettingsReport(path=Path("watchfloor.toml"), lines=Lines(text), specs={})
    _settings(SettingsTable(document_of(text, report.path), (), report), report.path)
    return list((report.specs or {}).values())


def _unreadable(finding: Finding[InFile]) -> Draft:
    return Draft(settings=None, findings=(finding,), lines=Lines(""))
