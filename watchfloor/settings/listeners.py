"""`[[source]]` of a kind that listens, with its `[[source.rule]]` tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from collectors import registry
from collectors.errors import Misconfigured
from collectors.settings import Credential, ListenerRule, SourceSettings
from feeds.model import Severity
from watchfloor.settings.findings import propose
from watchfloor.settings.reader import LANGUAGES, SettingsTable
from watchfloor.settings.server import check_tls, file

_SEVERITIES = tuple(str(severity) for severity in Severity)


def listener(
    table: SettingsTable, taken_ids: dict[str, int], credentials: Mapping[str, Credential], region: str
) -> SourceSettings:
    """One listener, checked by its collector. `cred` may name several credentials, separated by white space."""
    builtin = SourceSettings(id="", kind="")
    source = SourceSettings(
        id=table.unique_id("id", taken_ids),
        kind=table.text("kind", None),
        url=table.text("url", None, '"udp://0.0.0.0:1514"'),
        region=table.region("region", "") or region,
        parents=tuple(table.texts("parents", [], '["core"]')),
        cred=table.text("cred"),
        tls_cert=file(table, "tls_cert"),
        tls_key=file(table, "tls_key"),
        tls_ca=file(table, "tls_ca"),
        level=table.text("level", builtin.level),
        rule=_rules(table),
    )
    table.done()
    check_tls(table, source.tls_cert, source.tls_key)
    for name in source.cred.split():
        if name not in credentials:
            table.wrong("cred_unknown", "cred", name=name, near=propose(name, credentials)["near"])
            return source
    files = [path for path in (source.tls_cert, source.tls_key, source.tls_ca) if path]
    if not all(Path(path).is_file() for path in files):
        return source  # the finding exists already; opening a FIFO would wait for its writer
    try:
        if source.url:
            registry.check_source(source)
    except Misconfigured as no:
        table.wrong("source", "url", detail={"zh-CN": no.zh, "en": no.en})
    return source


def _rules(table: SettingsTable) -> tuple[ListenerRule, ...]:
    taken_ids: dict[str, int] = {}
    rules = []
    for rule_table in table.tables("rule"):
        rules.append(
            ListenerRule(
                id=rule_table.unique_id("id", taken_ids),
                raises=_several(rule_table, "raise"),
                clears=_several(rule_table, "clear"),
                key=_several(rule_table, "key"),
                level=rule_table.text("level"),
                lasts=rule_table.duration("lasts", 0.0, "1s", "31d"),
                severity=Severity(rule_table.choice("severity", "minor", _SEVERITIES)),
                title=title(rule_table),
                adds=rule_table.flag("adds", False),
            )
        )
        rule_table.done()
    return tuple(rules)


def _several(table: SettingsTable, key: str) -> tuple[str, ...]:
    """The values of a setting that is one text or a list of texts."""
    if isinstance(table.raw.get(key), list):
        return tuple(table.texts(key, [], '["…"]'))
    text = table.text(key)
    return (text,) if text else ()


def title(table: SettingsTable) -> dict[str, str]:
    """The title by language. One text serves both languages; a missing language takes the other's text."""
    if not isinstance(table.raw.get("title"), dict):
        text = table.text("title")
        return dict.fromkeys(LANGUAGES, text) if text else {}
    with table.table("title") as titles_table:
        titles = {language: titles_table.text(language) for language in LANGUAGES}
    fallback = next(filter(None, titles.values()), "")
    return {language: text or fallback for language, text in titles.items()} if fallback else {}
