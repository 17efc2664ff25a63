"""The settings of a site: `watchfloor.toml`, read strictly, with everything that is wrong told at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from alerts.settings import EscalationSettings, HoldPolicy, OutboxSettings, ReceiverSettings, RuleSettings
from api.settings import IngestSettings, LoadSettings, SiteInfo, WebSettings
from collectors.settings import Credential, SchemeSettings, SourceSettings
from feeds.duty.handover import HandoverSettings
from feeds.findings import Finding, InFile
from feeds.history.settings import HistorySettings
from watchfloor.settings import people, server
from watchfloor.settings import watched as sections
from watchfloor.settings.findings import SettingsError
from watchfloor.settings.lines import Lines
from watchfloor.settings.reader import Asked, Report, Table
from watchfloor.settings.references import References
from watchfloor.settings.toml_file import document_of, text_of

__all__ = ["Draft", "Settings", "SettingsError", "asked", "load", "read", "read_text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a site may set. Paths are absolute; durations are seconds; secrets never show in `repr`.

    `text` is the file that said so;
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

    @property
    def sample(self) -> float:
        """The shortest time, in seconds, between two samples of one asset."""
        return sections.sample(self.schemes)

    def scheme(self, name: str) -> SchemeSettings:
        """How probes of one scheme are run."""
        return self.schemes.get(name, SchemeSettings())


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file as far as it could be read. `settings` is None when it is no TOML; with errors it must not be run."""

    settings: Settings | None
    findings: tuple[Finding[InFile], ...]
    lines: Lines


def load(path: Path) -> Settings:
    """The settings in `path`. Raises SettingsError with every finding when one of them is an error."""
    draft = read(path)
    if draft.settings is None or any(finding.error for finding in draft.findings):
        raise SettingsError(draft.findings)
    return draft.settings


def read(path: Path) -> Draft:
    """The settings with all findings; never raises for what a file can hold."""
    path = path.absolute()
    try:
        text = text_of(path)
    except SettingsError as error:
        return _nothing(error.findings[0])
    return read_text(text, path)


def read_text(text: str, path: Path, substitutes: Mapping[Path, Path] | None = None) -> Draft:
    """Like `read()`, from text already loaded; `substitutes` are copies to read instead of files it refers to."""
    try:
        document = document_of(text, path)
    except SettingsError as error:
        return _nothing(error.findings[0])
    report = Report(path=path, lines=Lines(text), references=References(substitutes or {}))
    settings = _settings(Table(document, (), report), path)
    findings = tuple(sorted(report.findings, key=lambda finding: finding.where.line))
    return Draft(
        settings=replace(settings, text=text, references=report.references.contents),
        findings=findings,
        lines=report.lines,
    )


def _settings(top: Table, path: Path) -> Settings:
    with top.table("site") as table:
        info, data, inventory = server.site(table)
        removal_guard = table.number("removal_guard", 10.0, 0.0, 100.0)
    with top.table("redis") as table:
        redis_url = server.redis_url(table)
    with top.table("journal") as table:
        journal_url = server.journal_url(table)
    with top.table("history") as table:
        history = server.history(table)
    with top.table("web") as table:
        web = server.web(table)
    with top.table("ingest") as table:
        ingest = server.ingest(table)
    with top.table("load") as table:
        targets = server.load(table)
    with top.table("credentials") as table:
        credentials = sections.credentials(table)
    with top.table("defaults") as table:
        schemes = sections.defaults(table)
    with top.table("collect") as table:
        reference = sections.reference(table, credentials)
    sources = sections.sources(top.tables("source"), credentials, info.region)
    rules = sections.rules(top.tables("rule"), sections.sample(schemes))
    receivers = people.receivers(top.tables("receiver"))
    escalations = people.escalations(top.tables("escalation"), [one.id for one in receivers])
    with top.table("root_cause") as table:
        root_cause = sections.root_cause(table)
    with top.table("outbox") as table:
        outbox = people.outbox(table)
    with top.table("handover") as table:
        handover = people.handover(table)
    top.done()
    return Settings(
        path=path,
        site=info,
        data=data,
        inventory=inventory,
        removal_guard=removal_guard,
        redis_url=redis_url,
        journal_url=journal_url,
        history=history,
        web=web,
        ingest=ingest,
        load=targets,
        credentials=credentials,
        schemes=schemes,
        reference=reference,
        sources=sources,
        rules=rules,
        receivers=receivers,
        escalations=escalations,
        root_cause=root_cause,
        outbox=outbox,
        handover=handover,
    )


def asked(text: str) -> list[Asked]:
    """Everything that the sections ask of such a file, in their order; only the arrays that it has are followed."""
    report = Report(path=Path("watchfloor.toml"), lines=Lines(text), asked={})
    _settings(Table(document_of(text, report.path), (), report), report.path)
    return list((report.asked or {}).values())


def _nothing(finding: Finding[InFile]) -> Draft:
    return Draft(settings=None, findings=(finding,), lines=Lines(""))
