"""The sections of watchfloor.toml that say what is watched and what deserves attention, one function each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from alerts.settings import HoldPolicy, RuleSettings
from collectors import registry
from collectors.errors import Misconfigured
from collectors.settings import Credential, SchemeSettings, SourceSettings
from feeds.kinds import KINDS
from feeds.model import Kind, Severity
from watchfloor.settings.findings import propose
from watchfloor.settings.listeners import listener, title
from watchfloor.settings.reader import Table, spell

_SEVERITIES = tuple(str(severity) for severity in Severity)
# Schemes of the public interface that no collector of this version speaks yet.
_LATER_SCHEMES = ("rtsp", "onvif", "gb28181")
_PASSIVE = "heartbeat"
_PROFILES = ("cn-12379",)
# Per kind, what must be given and what may be.
_CREDENTIALS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "snmpv2c": (("community",), ()),
    "snmpv3": (("user",), ("auth", "auth_key", "priv", "priv_key")),
    "password": (("user", "password"), ("ca",)),
    "token": (("token",), ("ca",)),
    "tls": ((), ("ca", "certificate", "key")),
    "opcua": ((), ("user", "password", "certificate", "key", "policy", "mode", "trust")),
}


def credentials(table: Table) -> dict[str, Credential]:
    """By name; values that are `env:` or `file:` references are resolved."""
    found = {}
    for name in table.raw:
        with table.table(name, secret=True) as one:
            kind = one.choice("kind", None, tuple(_CREDENTIALS))
            if kind != one.raw.get("kind"):
                one.know(one.raw)  # nobody knows what may stand beside an unknown kind
                continue
            required, optional = _CREDENTIALS[kind]
            values = {key: one.secret(key, None) for key in required}
            values |= {key: one.secret(key) for key in optional if one.has(key)}
            # Statements that `sql+…://` probes may ask; they stand with the account that asks them.
            own = tuple(key for key in one.raw if kind == "password" and key.startswith("query."))
            values |= {key: one.secret(key) for key in own}
            one.know((*optional, *own))
        found[name] = Credential(name=name, kind=kind, values=values)
    return found


def defaults(table: Table) -> dict[str, SchemeSettings]:
    """How the probes of every scheme are run: the file's words over the built-in defaults."""
    schemes = {scheme: SchemeSettings() for scheme in registry.known_schemes()}
    for scheme in table.raw:
        if scheme not in schemes and scheme not in _LATER_SCHEMES:
            continue  # `done` of the table reports it, with the nearest scheme
        if scheme not in schemes:
            table.wrong(
                "not_supported",
                scheme,
                error=False,
                instead={
                    "zh-CN": "这一段暂不起作用，可以保留或去掉",
                    "en": "it has no effect for now; keep it or take it out",
                },
            )
        with table.table(scheme) as one:
            schemes[scheme] = _scheme(one)
    table.know(schemes)
    return schemes


def reference(table: Table, known: Mapping[str, Credential]) -> tuple[str, ...]:
    """`[collect] reference`: probes of things that always answer."""
    found = table.texts("reference", [], '["icmp://10.0.0.1"]')
    for uri in found:
        try:
            target = registry.target_of(uri, credentials=known)
            if registry.poller_class(target.scheme).passive:
                raise Misconfigured(f"{uri!r} asks nobody", f"{uri!r} 不主动探测")
        except Misconfigured as no:
            table.wrong("source", "reference", detail={"zh-CN": no.zh, "en": no.en})
            return ()
    return tuple(found)


def _scheme(table: Table) -> SchemeSettings:
    builtin = SchemeSettings()
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


def sources(tables: Iterable[Table], known: Mapping[str, Credential], region: str) -> tuple[SourceSettings, ...]:
    """Every `[[source]]`, checked by its collector; `region` is the site's, for a source that names none."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        if registry.listens(str(table.raw.get("kind"))):
            found.append(listener(table, seen, known, region))
            continue
        builtin = SourceSettings(id="", kind="")
        source = SourceSettings(
            id=table.ident("id", seen),
            kind=table.text("kind", None, '"emergency.cap"'),
            url=table.text("url"),
            interval=table.duration("interval", builtin.interval, "100ms", "1d"),
            timeout=table.duration("timeout", builtin.timeout, "10ms", "5m"),
            heartbeat=table.duration("heartbeat", builtin.heartbeat, "1s", "31d"),
            region=table.region("region", "") or region,
            mode=table.choice("mode", "strict", ("strict", "lenient")),
            profile=table.text("profile"),
            cred=table.text("cred"),
        )
        table.done()
        _check_source(table, source, known)
        found.append(source)
    return tuple(found)


def _check_source(table: Table, source: SourceSettings, known: Mapping[str, Credential]) -> None:
    if source.heartbeat <= source.interval:
        key = "heartbeat" if table.has("heartbeat") else "interval"
        table.wrong("heartbeat_short", key, interval=spell(source.interval), example=spell(source.interval * 5))
    if source.cred and source.cred not in known:
        table.wrong("cred_unknown", "cred", name=source.cred, near=propose(source.cred, known)["near"])
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


def sample(schemes: Mapping[str, SchemeSettings]) -> float:
    """The shortest time, in seconds, between two samples of one asset."""
    return min(settings.interval for scheme, settings in schemes.items() if scheme != _PASSIVE)


def rules(tables: Iterable[Table], shortest: float) -> tuple[RuleSettings, ...]:
    """Every `[[rule]]`. `shortest` is the time between two samples (seconds): nothing may clear within it."""
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        over = table.choice("over", Kind.ASSET, tuple(KINDS.subjects))
        hold = table.duration("for", 0.0, "0s", "31d")
        rule = RuleSettings(
            id=table.ident("id", seen),
            when=table.text("when", None, "\"health == 'down'\""),
            over=over,
            hold=hold,
            recover_for=_recover_for(table, hold, shortest if over == "asset" else 0.0),
            severity=Severity(table.choice("severity", "major", _SEVERITIES)),
            title=title(table),
            text=table.text("text"),
            region=table.region("region", ""),
        )
        table.done()
        found.append(rule)
    return tuple(found)


def root_cause(table: Table) -> HoldPolicy:
    """`[root_cause]`: how long an alert waits for a newer result of what it hangs on."""
    builtin = HoldPolicy()
    longest = table.duration("longest", builtin.longest, "1s", "10m")
    return HoldPolicy(unprobed=table.duration("unprobed", min(builtin.unprobed, longest), "0s", "10m"), longest=longest)


def _recover_for(table: Table, hold: float, shortest: float) -> float:
    """As long as it took to raise it, but at least one sample: one good answer is not yet a recovery."""
    default = max(hold, shortest)
    seconds = table.duration("recover_for", default, "0s", "31d")
    if seconds < shortest:
        table.wrong("recover_short", "recover_for", sample=spell(shortest), default=spell(default))
    return seconds
