"""The sections `[credentials]`, `[defaults]`, `[collect]`, `[[source]]`, `[[rule]]` and `[root_cause]`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.sampling import SampleTimes
from alerts.settings import HoldPolicy, RuleSettings, SeverityGrade, graded
from collectors import registry
from collectors.errors import Misconfigured
from collectors.settings import Credential, SchemeSettings, SourceSettings
from feeds.kinds import KINDS
from feeds.model import Kind, Severity
from watchfloor.settings.case_sources import case_source
from watchfloor.settings.findings import propose
from watchfloor.settings.listeners import listener, title
from watchfloor.settings.mapped import mapped_source
from watchfloor.settings.reader import SettingsTable, spell

_SEVERITIES = tuple(str(severity) for severity in Severity)
_PASSIVE = "heartbeat"
_PROFILES = ("cn-12379",)
# By kind: required values, optional values.
_CREDENTIALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "snmpv2c": (("community",), ()),
    "snmpv3": (("user",), ("auth", "auth_key", "priv", "priv_key")),
    "password": (("user", "password"), ("ca",)),
    "token": (("token",), ("ca",)),
    "header": (("header", "value"), ("ca",)),
    "tls": ((), ("ca", "certificate", "key")),
    "opcua": ((), ("user", "password", "certificate", "key", "policy", "mode", "trust")),
}


def credentials(table: SettingsTable) -> dict[str, Credential]:
    """Credentials by name. Values that are `env:` or `file:` references are resolved."""
    credentials = {}
    for name in table.raw:
        with table.table(name, secret=True) as credential:
            kind = credential.choice("kind", None, tuple(_CREDENTIALS))
            if kind != credential.raw.get("kind"):
                credential.allow(credential.raw)  # the keys of an unknown kind cannot be checked
                continue
            required, optional = _CREDENTIALS[kind]
            values = {key: credential.secret(key, None) for key in required}
            values |= {key: credential.secret(key) for key in optional if credential.has(key)}
            # Statements of `sql+…://` probes are part of the account that runs them.
            own = tuple(key for key in credential.raw if kind == "password" and key.startswith("query."))
            values |= {key: credential.secret(key) for key in own}
            credential.allow((*optional, *own))
        credentials[name] = Credential(name=name, kind=kind, values=values)
    return credentials


def defaults(table: SettingsTable) -> dict[str, SchemeSettings]:
    """Settings of the probes of every scheme: those of the file over the built-in defaults."""
    schemes = {scheme: registry.defaults(scheme) for scheme in registry.known_schemes()}
    for scheme in table.raw:
        if scheme not in schemes:
            continue  # `done` of the table reports it, with the nearest scheme
        with table.table(scheme) as scheme_table:
            schemes[scheme] = _scheme(scheme_table, schemes[scheme])
    table.allow(schemes)
    return schemes


def reference(table: SettingsTable, credentials: Mapping[str, Credential]) -> tuple[str, ...]:
    """`[collect] reference`: probes of targets that always answer."""
    probes = table.texts("reference", [], '["icmp://10.0.0.1"]')
    for uri in probes:
        try:
            target = registry.target_of(uri, credentials=credentials)
            if registry.poller_class(target.scheme).passive:
                raise Misconfigured(f"{uri!r} asks nobody", f"{uri!r} 不主动探测")
        except Misconfigured as no:
            table.wrong("source", "reference", detail={"zh-CN": no.zh, "en": no.en})
            return ()
    return tuple(probes)


def _scheme(table: SettingsTable, builtin: SchemeSettings) -> SchemeSettings:
    attempts = table.whole("attempts", builtin.attempts, 1, 10)
    retries = table.whole("retries", attempts - 1, 0, 9)
    if table.has("attempts") and table.has("retries"):
        table.wrong("retries_twice", "attempts")
    return SchemeSettings(
        interval=table.duration("interval", builtin.interval, "100ms", "1d"),
        timeout=table.duration("timeout", builtin.timeout, "10ms", "5m"),
        attempts=retries + 1,
        concurrency=table.whole("concurrency", builtin.concurrency, 1, 10_000),
    )


def sources(
    tables: Iterable[SettingsTable], credentials: Mapping[str, Credential], region: str
) -> tuple[SourceSettings, ...]:
    """Every `[[source]]`, checked by its collector. `region` is the site's and the default of a source."""
    taken_ids: dict[str, int] = {}
    sources = []
    for table in tables:
        if registry.listens(str(table.raw.get("kind"))):
            sources.append(listener(table, taken_ids, credentials, region))
            continue
        builtin = SourceSettings(id="", kind="")
        source = SourceSettings(
            id=table.unique_id("id", taken_ids),
            kind=table.text("kind", None, '"emergency.cap"'),
            url=table.text("url"),
            interval=table.duration("interval", builtin.interval, "100ms", "1d"),
            timeout=table.duration("timeout", builtin.timeout, "10ms", "5m"),
            heartbeat=table.duration("heartbeat", builtin.heartbeat, "1s", "31d"),
            region=table.region("region", "") or region,
            mode=table.choice("mode", "strict", ("strict", "lenient")),
            profile=table.text("profile"),
            keys=_texts_of_files(table, "keys", '["pki/cma.pem"]'),
            parents=tuple(table.texts("parents", [], '["core"]')),
            cred=table.text("cred"),
            magnitude=table.number("magnitude", builtin.magnitude, -2, 10),
            mapped=mapped_source(table),
            approvals=case_source(table),
        )
        table.done()
        _check_source(table, source, credentials)
        sources.append(source)
    return tuple(sources)


def _texts_of_files(table: SettingsTable, key: str, example: str) -> tuple[str, ...]:
    """The text of each file that a list of paths names (relative to the settings file)."""
    texts = []
    for name in table.texts(key, [], example):
        try:
            texts.append(table.references.read(table.folder / name).decode("utf-8"))
        except (OSError, UnicodeDecodeError, ValueError) as error:
            table.wrong("reference_file", key, detail=getattr(error, "strerror", None) or type(error).__name__)
    return tuple(texts)


def _check_source(table: SettingsTable, source: SourceSettings, credentials: Mapping[str, Credential]) -> None:
    if source.heartbeat <= source.interval:
        key = "heartbeat" if table.has("heartbeat") else "interval"
        table.wrong("heartbeat_short", key, interval=spell(source.interval), example=spell(source.interval * 5))
    if source.cred and source.cred not in credentials:
        table.wrong("cred_unknown", "cred", name=source.cred, near=propose(source.cred, credentials)["near"])
    if not source.kind:
        return
    if source.kind not in registry.known_source_kinds():
        table.wrong("choice", "kind", **propose(source.kind, registry.known_source_kinds()))
        return
    if source.profile and source.profile not in _PROFILES:
        table.wrong("choice", "profile", **propose(source.profile, _PROFILES))
        return
    try:
        registry.check_source(source)
    except Misconfigured as no:
        table.wrong("source", "url", detail={"zh-CN": no.zh, "en": no.en})


def sample(schemes: Mapping[str, SchemeSettings]) -> SampleTimes:
    """The times between two samples of one asset."""
    intervals = {scheme: settings.interval for scheme, settings in schemes.items() if scheme != _PASSIVE}
    by_family: dict[str, float] = {}
    for scheme, interval in intervals.items():
        family = registry.family_of(scheme)
        by_family[family] = min(interval, by_family.get(family, interval))
    return SampleTimes(shortest=min(intervals.values()), by_family=by_family)


def rules(tables: Iterable[SettingsTable], times: SampleTimes) -> tuple[RuleSettings, ...]:
    """Every `[[rule]]`. `times` bounds its off-delay from below."""
    taken_ids: dict[str, int] = {}
    rules = []
    for table in tables:
        over = table.choice("over", Kind.ASSET, tuple(KINDS.subjects))
        hold = table.duration("for", 0.0, "0s", "31d")
        severity, grades = _severities(table)
        rule_id = table.unique_id("id", taken_ids)
        when, each = table.text("when", None, "\"health == 'down'\""), table.text("each")
        least = times.least(over, (when, *(grade.when for grade in grades)), each)
        rule = RuleSettings(
            id=rule_id,
            when=when,
            over=over,
            each=each,
            hold=hold,
            recover_for=_recover_for(table, hold, least),
            severity=severity,
            grades=grades,
            title=title(table),
            text=table.text("text"),
            region=table.region("region", ""),
        )
        table.done()
        rules.append(rule)
    return tuple(rules)


def _severities(table: SettingsTable) -> tuple[Severity, tuple[SeverityGrade, ...]]:
    """One severity, or a list of `{when, severity}` of which the worst that holds counts."""
    if not isinstance(table.raw.get("severity"), list):
        return Severity(table.choice("severity", "major", _SEVERITIES)), ()
    entries = []
    for entry in table.tables("severity"):
        entries.append((entry.text("when"), Severity(entry.choice("severity", None, _SEVERITIES))))
        entry.done()
    severities = graded(entries)
    if severities is None:
        table.wrong("severity_list", "severity")
        return Severity.MAJOR, ()
    return severities


def root_cause(table: SettingsTable) -> HoldPolicy:
    """`[root_cause]`: how long an alert waits for a newer result of the assets it depends on."""
    builtin = HoldPolicy()
    longest = table.duration("longest", builtin.longest, "1s", "10m")
    return HoldPolicy(unprobed=table.duration("unprobed", min(builtin.unprobed, longest), "0s", "10m"), longest=longest)


def _recover_for(table: SettingsTable, hold: float, shortest: float) -> float:
    """The off-delay in seconds. By default it equals the on-delay, but is at least one sample."""
    default = max(hold, shortest)
    seconds = table.duration("recover_for", default, "0s", "31d")
    if seconds < shortest:
        table.wrong("recover_short", "recover_for", sample=spell(shortest), default=spell(default))
    return seconds
